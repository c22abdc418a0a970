"""
Addresses of the service do not travel to other sites with the browser.

Referrer Policy, "parse a referrer policy from a Referrer-Policy header": all lines joined, unknown tokens skipped, the
last recognised token wins. Without one browsers use strict-origin-when-cross-origin.
"""

from __future__ import annotations

from collections.abc import Mapping

from prodverify.judges.members import of
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, info, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "W3C Referrer Policy section 8.1"
NAME = "referrer-policy"

POLICIES: Mapping[str, Severity | None] = {
    "no-referrer": None,
    "same-origin": None,
    "strict-origin": None,
    "strict-origin-when-cross-origin": None,
    # These tell other sites the origin even where TLS ends, or the whole address.
    "origin": Severity.FAIL,
    "origin-when-cross-origin": Severity.FAIL,
    "no-referrer-when-downgrade": Severity.FAIL,
    "unsafe-url": Severity.FAIL,
}
"""Every recognised token, and how much it weighs; None: it is a good one."""

_WANTED = "one of no-referrer, same-origin, strict-origin, strict-origin-when-cross-origin"


def effective(headers: HeaderList, meta: str = "") -> str:
    """The token that browsers follow; empty where none is recognised. ``meta``: what the page itself states."""
    tokens = [token.lower() for token in (*of(headers.all(NAME)), meta.strip())]
    return next((token for token in reversed(tokens) if token in POLICIES), "")


def judge(headers: HeaderList, *, profile: str, meta: str = "") -> list[Finding]:
    """Deviations of one answer. A missing field is a remark, for the browsers' default is good."""
    lines = headers.all(NAME)
    token = effective(headers, meta)
    if token:
        severity = POLICIES[token]
        observed = f"{token} is in force, from {quote(', '.join(filter(None, (*lines, meta))), 120)}"
        return [Finding(severity, "referrer-policy-unsafe", _WANTED, observed)] if severity else []
    if lines:
        observed = f"no token that browsers know: {quote(', '.join(lines), 120)}"
        return [warn("referrer-policy-invalid", _WANTED, observed)]
    return [info("referrer-policy-missing", _WANTED, f"no {NAME} on an answer of profile {profile}")]
