"""
Answers that are meant for one caller stay out of shared caches.

RFC 9111 sections 3.5, 4.2.1 and 5.2.2, ASVS 5.0 14.3.2. All lines combine; order means nothing; Pragma and Expires are
not asked for. Caches honour the most restrictive of directives that contradict each other, and few services mean that.
"""

from __future__ import annotations

import re

from prodverify.judges.members import of, split, unquote
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange, HeaderList

CLAUSE = "RFC 9111 section 3.5"
NAME = "cache-control"

_WANTED = "Cache-Control: no-store, or at least private"
_HITS = ("x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "x-vercel-cache", "akamai-cache-status")
_HIT = re.compile(r"(?:tcp_(?:mem_)?)?hit\b", re.IGNORECASE | re.ASCII)


def directives(headers: HeaderList) -> dict[str, str]:
    """Directive names in lower case with their arguments, the first of a name."""
    found: dict[str, str] = {}
    for member in of(headers.all(NAME)):
        name, _, argument = member.partition("=")
        found.setdefault(name.strip().lower(), unquote(argument.strip()))
    return found


def judge(exchange: Exchange, *, carrier: str) -> list[Finding]:
    """
    Deviations of one answer to a request with a credential. Caches keep only bodies of 2xx answers to GET.

    ``carrier``: the header, in lower case, that carried the credential; a shared cache knows only authorization.
    """
    if exchange.method not in ("GET", "HEAD") or not 200 <= exchange.status < 300 or not exchange.body:
        return []
    if hit := _from_cache(exchange.headers):
        return [fail("cache-control-hit", "an answer of the service itself", f"a cache answered a caller: {hit}")]
    said = directives(exchange.headers)
    seen = quote(", ".join(exchange.headers.all(NAME)), 120)
    shared = "public" in said or (whole(said.get("s-maxage", "")) or 0) > 0
    if "no-store" in said:
        return []
    # With names of fields behind it, a directive is about these fields alone.
    if said.get("private") == "":
        wanted = "Cache-Control: no-store, without public and s-maxage"
        if not shared:
            return [warn("cache-control-kept", wanted, seen)]
        # Where the credential selects the answer, a cache that heeds the lifetime gives it to nobody else.
        varies = {member.lower() for member in of(exchange.headers.all("vary"))}
        severity = Severity.WARN if varies & {carrier, "*"} else Severity.FAIL
        return [Finding(severity, "cache-control-contradictory", wanted, seen)]
    if shared:
        return [fail("cache-control-shared", _WANTED, seen)]
    if said.get("no-cache") == "":
        return [warn("cache-control-kept", "Cache-Control: no-store", seen)]
    if (whole(said.get("max-age", "")) or 0) > 0:
        return [fail("cache-control-shared", _WANTED, seen)]
    severity = Severity.FAIL if carrier == "cookie" else Severity.WARN
    return [Finding(severity, "cache-control-missing", _WANTED, seen or f"no {NAME}")]


def judge_stranger(served: Exchange, stranger: Exchange, elsewhere: Exchange | None, refusal: int) -> list[Finding]:
    """
    Deviations of what whoever has no credential gets from the address that a role was ``served`` at a moment before.

    ``elsewhere``: what the same stranger gets at an address that no cache can hold; where that is the declared
    ``refusal``, it was a cache that gave the body away. None where it was not asked.
    """
    wanted = "a stranger gets nothing of what a role was given"
    if not (200 <= served.status < 300 and served.body):
        observed = f"the role got status {served.status} with {len(served.body)} bytes"
        return [inconclusive("cache-unproven", "a role that is served a body", observed)]
    if not handed_on(served, stranger):
        return []
    observed = f"status {stranger.status} with the role's own body, {len(stranger.body)} bytes"
    advice = (
        "Keep what needs a credential out of shared caches: Cache-Control: no-store, and no cache rule for its path."
    )
    if hit := _from_cache(stranger.headers):
        return [fail("cache-serves-strangers", wanted, f"{observed}, {hit}", next_step=advice)]
    if elsewhere is not None and elsewhere.status == refusal:
        observed = f"{observed}; with a query that nobody asked before: {elsewhere.status}"
        return [fail("cache-serves-strangers", wanted, observed, next_step=advice)]
    # The matrix of roles says so, and louder.
    return [info("cache-open-to-strangers", wanted, f"{observed}, and no cache did it: everybody is let in")]


def handed_on(served: Exchange, stranger: Exchange) -> bool:
    """Whether a stranger got the very body that a role was served."""
    return 200 <= stranger.status < 300 and bool(served.body) and stranger.body == served.body


def _from_cache(headers: HeaderList) -> str:
    if (whole(headers.first("age")) or 0) > 0:
        return f"age: {quote(headers.first('age'), 40)}"
    for name in _HITS:
        # Of several caches on the way, each adds what it did.
        if hit := next((member for member in of(headers.all(name)) if _HIT.match(member)), ""):
            return f"{name}: {quote(hit, 60)}"
    stated = next((member for member in of(headers.all("cache-status")) if "hit" in split(member, ";")[1:]), "")
    return f"cache-status: {quote(stated, 60)}" if stated else ""
