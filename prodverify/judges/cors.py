"""
Pages of other sites read only what they are meant to read.

Fetch standard section 4.9 ("CORS check": an answer is readable where ``Access-Control-Allow-Origin`` is the asking
origin or ``*``, and with cookies only where it is the origin and ``Access-Control-Allow-Credentials`` is exactly
``true``) and section 4.8 (preflights); ASVS 5.0 3.4.2. The absence of these fields is safe and never a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from prodverify.judges.cache_control import directives
from prodverify.judges.members import of
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange, HeaderList

CLAUSE = "Fetch standard section 4.9, ASVS 5.0 3.4.2"
ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
HEADERS = "access-control-allow-headers"
NULL = "null"
"""The origin of sandboxed frames and of files, which anybody can make."""

Reader = Literal["anybody", "browser", "caller"]
"""
Whom an answer is for: anybody; whoever's browser sends a cookie or a password by itself; or a caller alone whose
credential a page would have to know.
"""

_UNCOVERED = frozenset({"authorization"})
"""What ``*`` does not cover (Fetch standard, "CORS non-wildcard request-header name")."""
_SEVERAL = "one origin, or *; browsers refuse more"


@dataclass(frozen=True, slots=True)
class Allowed:
    """
    What one answer says about other sites' pages. ``origins``: every value, ``credentials``: whether cookies count.

    ``told``: what it says in place of the one spelling of ``true`` that counts.
    """

    origins: tuple[str, ...]
    credentials: bool
    told: str

    @property
    def origin(self) -> str:
        """The one origin that is let in; empty where none is, or several, which browsers refuse."""
        return self.origins[0] if len(self.origins) == 1 else ""


def read(headers: HeaderList) -> Allowed:
    """What ``headers`` say; a line of several origins, or several lines, are several."""
    origins = tuple(word for member in of(headers.all(ORIGIN)) for word in member.split())
    said = headers.all(CREDENTIALS)
    return Allowed(origins, [line.strip(" \t") for line in said] == ["true"], ", ".join(said))


def judge_foreign(answer: Exchange, *, origin: str, reader: Reader, anybody: bool = False) -> list[Finding]:
    """
    Deviations of the answer to a page of ``origin``, which may not read what is meant for ``reader``.

    ``anybody``: the service says itself that any page may read it, without cookies.
    """
    if unclear := _unclear(answer, f"an answer to a page of {quote(origin, 80)}"):
        return [unclear]
    allowed = read(answer.headers)
    preflight = answer.method == "OPTIONS"
    if len(allowed.origins) > 1:
        return [warn("cors-origin-several", _SEVERAL, listed(allowed.origins, 160))]
    if allowed.origin == "*":
        return _to_anybody(allowed, reader, anybody, preflight)
    if allowed.origin != origin:
        return []
    asked = "any page in a sandboxed frame" if origin == NULL else f"a page of {quote(origin, 80)}"
    wanted = f"no {ORIGIN} for {quote(origin, 80)}"
    if allowed.credentials:
        rule = "cors-null-with-credentials" if origin == NULL else "cors-echo-with-credentials"
        advice = "Compare the whole origin with a list of those that are meant; declare it in [cors] if it is one."
        return [fail(rule, wanted, f"{asked} reads the answer, with the user's cookies", next_step=advice)]
    mixed_up = [] if preflight else _kept_without_vary(answer)
    if reader == "anybody" or (anybody and reader == "caller"):
        return mixed_up
    return [*mixed_up, warn("cors-echo", wanted, f"{asked} reads the answer, without the user's cookies")]


def judge_allowed(answer: Exchange, *, origin: str, credentials: bool) -> list[Finding]:
    """Deviations of the answer to a page of ``origin``, which may read it; with cookies where ``credentials``."""
    asked = f"a page of {quote(origin, 80)}"
    if unclear := _unclear(answer, f"an answer to {asked}"):
        return [unclear]
    if not 200 <= answer.status < 300:
        return [fail("cors-allowed-refused", f"2xx for {asked}", f"status {answer.status}")]
    return list(_let_in(read(answer.headers), origin, credentials, "cors-allowed-refused"))


def judge_preflight(
    answer: Exchange, *, origin: str, credentials: bool, headers: Sequence[str], needed: bool
) -> list[Finding]:
    """
    Deviations of the answer to a browser's question, sent without a credential, whether a page of ``origin`` may ask.

    ``headers`` are those that the page is going to send. Not ``needed``: browsers may ask without a preflight, so
    that an endpoint which knows none is a warning.
    """
    wanted = f"2xx for a preflight of {quote(origin, 80)}, without a credential"
    if unclear := _unclear(answer, wanted):
        return [unclear]
    observed = f"status {answer.status}"
    if answer.status == 401:
        advice = "Answer OPTIONS before anybody is asked who they are: browsers send no credential with it."
        return [fail("cors-preflight-needs-credential", wanted, observed, next_step=advice)]
    if not 200 <= answer.status < 300:
        severity = Severity.FAIL if needed else Severity.WARN
        return [Finding(severity, "cors-preflight-refused", wanted, observed)]
    allowed = read(answer.headers)
    found = list(_let_in(allowed, origin, credentials, "cors-preflight-refused"))
    return [*found, *_headers(answer.headers, headers, credentials)]


def judge_caching(allowed: Exchange, foreign: Exchange) -> list[Finding]:
    """Deviations of an answer to an allowed page that differs, by origin, from that to a ``foreign`` one."""
    ours, theirs = read(allowed.headers), read(foreign.headers)
    if ours.origins == theirs.origins or not ours.origin or ours.origin == "*":
        return []
    return _kept_without_vary(allowed)


def _kept_without_vary(answer: Exchange) -> list[Finding]:
    """What makes a cache give one site's answer, which changes with the origin, to another."""
    varies = of(answer.headers.all("vary"))
    if {member.lower() for member in varies} & {"origin", "*"}:
        return []
    observed = f"{ORIGIN} changes with the origin; Vary: {listed(varies, 80) or 'none'}"
    if _cacheable(answer):
        return [fail("cors-vary-missing", "Vary: Origin on what caches keep", observed)]
    return [warn("cors-vary-missing", "Vary: Origin where the answer changes with it", observed)]


def _to_anybody(allowed: Allowed, reader: Reader, anybody: bool, preflight: bool) -> list[Finding]:
    if allowed.credentials:
        observed = f"{ORIGIN}: * beside {CREDENTIALS}: true, which browsers refuse"
        advice = "Name the origins that may send cookies, or leave the credentials out; severity low."
        return [fail("cors-star-with-credentials", "* without credentials", observed, next_step=advice)]
    if preflight or reader == "anybody" or (anybody and reader == "caller"):
        return []  # a preflight holds nothing that could be read
    wanted = "* on nothing that is for one caller"
    severity = Severity.FAIL if reader == "browser" and not anybody else Severity.WARN
    opened = "what browsers send by themselves opens" if reader == "browser" else "a credential opens"
    observed = f"{ORIGIN}: * on an answer that {opened}"
    advice = "Declare the endpoint in cors.public if any page may read it."
    return [Finding(severity, "cors-star-on-private", wanted, observed, "ASVS 5.0 3.4.2", advice)]


def _let_in(allowed: Allowed, origin: str, credentials: bool, rule: str) -> Iterator[Finding]:
    wanted = f"{ORIGIN}: {quote(origin, 80)}"
    if len(allowed.origins) > 1:
        yield fail("cors-origin-several", _SEVERAL, listed(allowed.origins, 160))
    elif allowed.origin not in (origin, "*"):
        yield fail(rule, wanted, f"{ORIGIN}: {quote(allowed.origin, 80)}" if allowed.origin else f"no {ORIGIN}")
    elif credentials and allowed.origin == "*":
        yield fail("cors-credentials-refused", wanted, "*, which browsers refuse where cookies are sent")
    elif credentials and not allowed.credentials:
        observed = f"{quote(allowed.told, 40)!r}, and browsers know only that one word" if allowed.told else "none"
        yield fail("cors-credentials-refused", f"{CREDENTIALS}: true", observed)
    elif not credentials and allowed.credentials and allowed.origin == "*":
        yield fail("cors-star-with-credentials", "* without credentials", "both, which browsers refuse")
    elif not credentials and allowed.credentials:
        observed = "pages of this origin read what cookies open; cors.credentials does not say so"
        yield warn("cors-credentials-undeclared", f"no {CREDENTIALS}", observed)


def _headers(said: HeaderList, wanted: Sequence[str], credentials: bool) -> Iterator[Finding]:
    listed_there = {member.lower() for member in of(said.all(HEADERS))}
    # With credentials the star is a name like any other (Fetch standard, "CORS-preflight fetch").
    star = "*" in listed_there and not credentials
    for name in wanted:
        if name.lower() in listed_there:
            continue
        if star and name.lower() in _UNCOVERED:
            observed = "*, which does not cover it: browsers warn, and are going to refuse"
            yield info("cors-headers-star", f"{HEADERS} names {quote(name, 40)}", observed)
        elif not star:
            seen = listed(sorted(listed_there), 120) or f"no {HEADERS}"
            yield fail("cors-header-refused", f"{HEADERS} with {quote(name, 40)}", seen)


def _cacheable(answer: Exchange) -> bool:
    """Whether a cache is told to keep it; what says nothing about itself is left out."""
    said = directives(answer.headers)
    if "no-store" in said or not 200 <= answer.status < 300:
        return False
    return "public" in said or any((whole(said.get(name, "")) or 0) > 0 for name in ("max-age", "s-maxage"))


def _unclear(answer: Exchange, wanted: str) -> Finding | None:
    if answer.status == 429:
        return inconclusive("cors-limited", wanted, "429: a limiter answered, which says nothing about other sites")
    if answer.status >= 500 and answer.status not in (501, 505):
        return inconclusive("cors-unanswered", wanted, f"status {answer.status}")
    return None
