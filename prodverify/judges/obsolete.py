"""
Headers that no browser acts upon any more are gone, with the false comfort that they give.

OWASP Secure Headers Project, deprecated headers. ``X-XSS-Protection: 0`` switches a filter off that did harm, so it is
in order; pins are gone from every browser, and whoever sends them counts upon nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "OWASP Secure Headers Project, deprecated headers"
FILTER = "x-xss-protection"
PINS = ("public-key-pins", "public-key-pins-report-only")
SUCCESSORS = {
    "feature-policy": "Permissions-Policy",
    "expect-ct": "nothing: browsers demand certificate transparency by themselves",
    "x-content-security-policy": "Content-Security-Policy",
    "x-webkit-csp": "Content-Security-Policy",
}
"""Headers that were, and what stands in their place."""


def judge(headers: HeaderList) -> list[Finding]:
    """What one answer still carries."""
    return [*_filter(headers), *_pins(headers), *_gone(headers)]


def _filter(headers: HeaderList) -> Iterator[Finding]:
    switched_on = [line for line in headers.all(FILTER) if line.strip() != "0"]
    if switched_on:
        observed = f"{FILTER}: {quote(switched_on[0], 80)}"
        yield warn("obsolete-filter", "a content security policy in its place, or the value 0", observed)


def _pins(headers: HeaderList) -> Iterator[Finding]:
    for name in PINS:
        if name in headers:
            observed = f"{name}: {quote(headers.first(name), 80)}"
            yield fail("obsolete-pins", "no pins: no browser heeds them", observed)


def _gone(headers: HeaderList) -> Iterator[Finding]:
    for name, successor in SUCCESSORS.items():
        if name in headers:
            yield warn(
                "obsolete-header", f"in place of {name}: {successor}", f"{name}: {quote(headers.first(name), 80)}"
            )
