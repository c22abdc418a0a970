"""
Answers that are meant for one caller stay out of shared caches.

RFC 9111 sections 3.5 and 5.2.2, ASVS 5.0 14.3.2. All lines combine; order means nothing; Pragma and Expires are not
asked for.
"""

from __future__ import annotations

from typing import Literal

from prodverify.judges.members import of, unquote
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, warn
from prodverify.wire.exchange import Exchange, HeaderList

CLAUSE = "RFC 9111 section 3.5"
NAME = "cache-control"

Carrier = Literal["authorization", "header", "cookie"]
"""What carried the caller's credential; a shared cache knows only Authorization to be one."""

_HITS = ("x-cache", "cf-cache-status", "x-cache-status")


def directives(headers: HeaderList) -> dict[str, str]:
    """Directive names in lower case with their arguments, the first of a name."""
    found: dict[str, str] = {}
    for member in of(headers.all(NAME)):
        name, _, argument = member.partition("=")
        found.setdefault(name.strip().lower(), unquote(argument.strip()))
    return found


def judge(exchange: Exchange, *, carrier: Carrier) -> list[Finding]:
    """Deviations of one answer to a request with a credential. Caches keep only bodies of 2xx answers to GET."""
    if exchange.method not in ("GET", "HEAD") or not 200 <= exchange.status < 300 or not exchange.body:
        return []
    wanted = "Cache-Control: no-store, or at least private"
    if hit := _from_cache(exchange.headers):
        return [fail("cache-control-hit", "an answer of the service itself", f"a cache answered a caller: {hit}")]
    said = directives(exchange.headers)
    seen = quote(", ".join(exchange.headers.all(NAME)), 120)
    if "no-store" in said:
        return []
    if "public" in said or (whole(said.get("s-maxage", "")) or 0) > 0:
        return [fail("cache-control-shared", wanted, seen)]
    if "private" in said or "no-cache" in said:
        return [warn("cache-control-kept", "Cache-Control: no-store", seen)]
    if (whole(said.get("max-age", "")) or 0) > 0:
        return [fail("cache-control-shared", wanted, seen)]
    severity = Severity.FAIL if carrier == "cookie" else Severity.WARN
    return [Finding(severity, "cache-control-missing", wanted, seen or f"no {NAME}")]


def _from_cache(headers: HeaderList) -> str:
    if (whole(headers.first("age")) or 0) > 0:
        return f"age: {quote(headers.first('age'), 40)}"
    for name in _HITS:
        value = headers.first(name)
        if value.strip().lower().startswith("hit"):
            return f"{name}: {quote(value, 60)}"
    return ""
