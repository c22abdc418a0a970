"""
Once a browser has seen the service over HTTPS, it stays on HTTPS.

RFC 6797 sections 6.1 and 8.1. Half a year is counted as the 15,552,000 seconds (180 days) that Mozilla's observatory
counts; a year, 31,536,000, is what ASVS 5.0 3.4.1 and the browsers' preload list ask for. Browsers ignore the field for
IP addresses, for this machine, and behind certificates that do not verify, which are not asked at all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prodverify.judges.members import split, unquote
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "RFC 6797 section 6.1"
NAME = "strict-transport-security"

HALF_A_YEAR = 15_552_000
A_YEAR = 31_536_000
TEN_YEARS = 10 * A_YEAR


@dataclass(frozen=True, slots=True)
class Hsts:
    """One field value, understood. ``max_age`` is in seconds."""

    max_age: int
    include_subdomains: bool = False
    preload: bool = False


def parse(line: str) -> Hsts | str:
    """What ``line`` asks for, or what makes a browser ignore it."""
    seen: dict[str, str] = {}
    for directive in filter(None, split(line, ";")):
        name, _, value = directive.partition("=")
        key = name.strip().lower()
        if key in seen:
            return f"{quote(key, 40)} is there twice"
        seen[key] = unquote(value.strip())
    if "max-age" not in seen:
        return "max-age is missing"
    max_age = whole(seen["max-age"])
    if max_age is None:
        return f"max-age is no number: {quote(seen['max-age'], 40)}"
    return Hsts(max_age, "includesubdomains" in seen, "preload" in seen)


def ignored_for(host: str) -> bool:
    """Whether browsers ignore the field for a ``host``: an address is no name (section 8.1.1), nor is this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def judge(headers: HeaderList, *, profile: str, https: bool) -> list[Finding]:
    """
    Deviations of one answer, whatever its ``profile``: the field belongs on every answer over HTTPS.

    ``https`` is also true for plain HTTP that stands behind a TLS terminator. The first line counts (section 8.1), but
    whoever joins lines on the way makes one of them that no browser understands.
    """
    lines = headers.all(NAME)
    if not https:
        return [_over_http(lines)]
    if not lines:
        return [fail("hsts-missing", f"max-age >= {HALF_A_YEAR} on every answer over HTTPS", f"no {NAME}, {profile}")]
    found = parse(lines[0])
    if isinstance(found, str):
        return [fail("hsts-invalid", "a field that browsers understand", f"{found}: {quote(lines[0], 120)}")]
    return [*_more_lines(lines), *_strength(found, lines[0])]


def _over_http(lines: tuple[str, ...]) -> Finding:
    if lines:
        return info("hsts-over-http", "no such field over plain HTTP", f"ignored by browsers: {quote(lines[0], 120)}")
    return info("hsts-not-applicable", "an answer over HTTPS", "asked over plain HTTP, where browsers ignore the field")


def _more_lines(lines: tuple[str, ...]) -> Iterable[Finding]:
    if any(parse(line) != parse(lines[0]) for line in lines[1:]):
        yield fail("hsts-lines-differ", "one line", f"the first of {len(lines)} counts: {quote(lines[0], 120)}")


def _strength(found: Hsts, line: str) -> Iterator[Finding]:
    seen = f"max-age = {found.max_age}; {quote(line, 120)}"
    if found.max_age == 0:
        yield fail("hsts-max-age-zero", f"max-age >= {HALF_A_YEAR}", f"browsers are told to forget us; {seen}")
    elif found.max_age < HALF_A_YEAR:
        yield fail("hsts-max-age-short", f"max-age >= {HALF_A_YEAR}", seen)
    elif found.max_age < A_YEAR:
        yield warn("hsts-max-age-under-a-year", f"max-age >= {A_YEAR}", seen, clause="ASVS 5.0 3.4.1")
    elif found.max_age > TEN_YEARS:
        yield info("hsts-max-age-over-ten-years", f"max-age <= {TEN_YEARS}", seen)
    if not found.include_subdomains:
        yield warn("hsts-subdomains-left-out", "includeSubDomains", seen, clause="ASVS 5.0 3.4.1")
    if found.preload and (found.max_age < A_YEAR or not found.include_subdomains):
        yield warn("hsts-preload-ineligible", f"preload beside max-age >= {A_YEAR} and includeSubDomains", seen)
