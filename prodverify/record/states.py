"""The seven states of a case, and how findings make one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from prodverify.record.findings import Finding, Severity


class State(StrEnum):
    """What became of a case. The record's ``counts`` has exactly these keys."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    WAIVED = "waived"
    NOT_RUN = "not_run"


_STATE_OF_SEVERITY = {
    Severity.FAIL: State.FAIL,
    Severity.INCONCLUSIVE: State.INCONCLUSIVE,
    Severity.WARN: State.WARN,
    Severity.INFO: State.PASS,
}
_WORST_FIRST = (Severity.FAIL, Severity.INCONCLUSIVE, Severity.WARN, Severity.INFO)


def state_of(findings: Iterable[Finding]) -> State:
    """The state of a case whose judges found ``findings``: that of the worst, pass where there is none."""
    severities = {finding.severity for finding in findings}
    for severity in _WORST_FIRST:
        if severity in severities:
            return _STATE_OF_SEVERITY[severity]
    return State.PASS
