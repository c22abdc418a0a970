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

_WEIGHTS = {"redirect": Severity.INFO, "preflight": Severity.INFO, "error": Severity.WARN}


def judge(headers: HeaderList, *, profile: str, has_body: bool = True) -> list[Finding]:
    """
    Deviations of one answer; of a redirect or preflight nothing is rendered, of an error nothing of worth, and in an
    error without a body there is nothing to sniff.
    """
    severity = Severity.INFO if profile == "error" and not has_body else _WEIGHTS.get(profile, Severity.FAIL)
    lines = headers.all(NAME)
    if not lines:
        return [Finding(severity, "nosniff-missing", "nosniff", f"no {NAME} on an answer of profile {profile}")]
    values = split(", ".join(lines), ",")
    if values[0].lower() != "nosniff":
        return [Finding(severity, "nosniff-invalid", "nosniff", f"{quote(values[0], 80)}: browsers ignore it")]
    if len(values) > 1:
        return [warn("nosniff-repeated", "nosniff, once", quote(", ".join(lines), 120))]
    return []
