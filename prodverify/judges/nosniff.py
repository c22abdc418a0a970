"""
Browsers take the media type of an answer as it is stated.

Fetch standard, "determine nosniff": all lines are joined and split at commas; the first value is ``nosniff``, without
regard to case.
"""

from __future__ import annotations

from prodverify.judges.members import split
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "Fetch standard section 3.6 (X-Content-Type-Options)"
NAME = "x-content-type-options"

_WITHOUT_BODY = frozenset({"redirect", "preflight"})


def judge(headers: HeaderList, *, profile: str, required: bool = True) -> list[Finding]:
    """
    Deviations of one answer.

    Not ``required``: an error answer without it is a warning, a redirect or preflight no finding.
    """
    severity = Severity.FAIL
    if not required:
        if profile in _WITHOUT_BODY:
            return []
        severity = Severity.WARN if profile == "error" else Severity.FAIL
    lines = headers.all(NAME)
    if not lines:
        return [Finding(severity, "nosniff-missing", "nosniff", f"no {NAME} on an answer of profile {profile}")]
    values = split(", ".join(lines), ",")
    if values[0].lower() != "nosniff":
        return [Finding(severity, "nosniff-invalid", "nosniff", f"{quote(values[0], 80)}: browsers ignore it")]
    if len(values) > 1:
        return [warn("nosniff-repeated", "nosniff, once", quote(", ".join(lines), 120))]
    return []
