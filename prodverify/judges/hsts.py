"""
Once a browser has seen the service over HTTPS, it stays on HTTPS.

RFC 6797 sections 6.1 and 8.1. Half a year is counted as the 15,552,000 seconds (180 days) that Mozilla's observatory
counts; a year, 31,536,000, is what ASVS 5.0 3.4.1 and the browsers' preload list ask for. Browsers ignore the field for
IP addresses, for this machine, and behind certificates that do not verify, which are not asked at all. What the preload
list demands besides is on hstspreload.org; of the host www, which it looks up too, nothing is known here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prodverify.judges.https_redirect import MOST_HOPS
from prodverify.judges.members import split, unquote
from prodverify.judges.numeral import whole
from prodverify.judges.observatory_page import host
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.wire.exchange import Exchange, HeaderList
from prodverify.wire.hops import Hops

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

    @property
    def listable(self) -> bool:
        """Whether it says all that the browsers' preload list asks for."""
        return self.preload and self.include_subdomains and self.max_age >= A_YEAR


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


def listable(headers: HeaderList) -> bool:
    """Whether the browsers' preload list takes a host for what its answer says."""
    found = parse(headers.first(NAME))
    return isinstance(found, Hsts) and found.listable


def judge(headers: HeaderList, *, profile: str, https: bool, hops: Hops | None = None) -> list[Finding]:
    """
    Deviations of one answer, whatever its ``profile``: the field belongs on every answer over HTTPS.

    ``https`` is also true for plain HTTP that stands behind a TLS terminator. The first line counts (section 8.1), but
    whoever joins lines on the way makes one of them that no browser understands. ``hops``: where plain HTTP leads, upon
    which preload depends; None where that is not known.
    """
    lines = headers.all(NAME)
    if not https:
        return [_over_http(lines)]
    if not lines:
        return [fail("hsts-missing", f"max-age >= {HALF_A_YEAR} on every answer over HTTPS", f"no {NAME}, {profile}")]
    found = parse(lines[0])
    if isinstance(found, str):
        return [fail("hsts-invalid", "a field that browsers understand", f"{found}: {quote(lines[0], 120)}")]
    return [
        *_more_lines(lines),
        *_strength(found, lines[0]),
        *(_preload(found, lines[0], hops) if found.preload else []),
    ]


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


def _preload(found: Hsts, line: str, hops: Hops | None) -> Iterator[Finding]:
    if not found.listable:
        seen = f"max-age = {found.max_age}; {quote(line, 120)}"
        yield warn("hsts-preload-ineligible", f"preload beside max-age >= {A_YEAR} and includeSubDomains", seen)
    elif hops and (wrong := _astray(hops)):
        wanted = f"plain HTTP leads to https on its own host, which says preload too; {MOST_HOPS} redirects at most"
        yield warn("hsts-preload-ineligible", wanted, wrong)


def _astray(hops: Hops) -> str:
    """What the preload list has against the way from plain HTTP; empty where nothing, or where it is not clear."""
    ways = [answer.url for answer in hops.answers]
    if not ways:
        return ""
    if hops.end in ("elsewhere", "untrusted", "nothing"):
        ways.append(hops.leads)
    if len(ways) < 2:
        stays = hops.end in ("answered", "nowhere") and not _transient(hops.answers[0])
        return f"{quote(ways[0], 80)} leads nowhere: status {hops.answers[0].status}" if stays else ""
    if not _secure(ways[1]) or host(ways[1]) != host(ways[0]):
        return f"{quote(ways[0], 80)} leads to {quote(ways[1], 80)}"
    if len(hops.answers) > 1 and not _transient(hops.answers[1]) and not listable(hops.answers[1].headers):
        return f"{quote(ways[1], 80)} says {quote(hops.answers[1].headers.first(NAME), 80) or f'no {NAME}'}"
    if plain := next((way for way in ways[1:] if not _secure(way)), ""):
        return f"the way leads over {quote(plain, 80)}"
    return f"{len(ways) - 1} redirects" if len(ways) - 1 > MOST_HOPS else ""


def _secure(url: str) -> bool:
    return url.lower().startswith("https:")


def _transient(answer: Exchange) -> bool:
    return answer.status == 429 or answer.status >= 500
