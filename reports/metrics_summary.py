"""
The metrics summary of a week, in Markdown: requests, objectives, budgets, and what to do (SPEC E2, O8).

It is a telling of the record's facts and holds no verdict of its own; runs that did not ask Prometheus have none. An
objective of which Prometheus told nothing stands in it with a dash: it must not be missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from reports.visible import cut
from reports.wording import MARKS, PRACTICE, WORDS, amount, moment, title

NAME = "metrics-summary.md"
_NONE = "–"
_DUE = (State.FAIL, State.INCONCLUSIVE, State.ERROR, State.WARN, State.WAIVED)
_MOST = 300
_OBJECTIVES = "test_error_budget.py::test_objective_is_met_over_its_window"
_CHECKS = ("test_error_budget.py::", "test_monitoring.py::", "test_metrics.py::")
"""Whose findings are things to do for whoever reads the summary."""
_QUANTILES = ("p50_ms", "p95_ms", "p99_ms")


def render(record: RunRecord) -> str:
    """The summary; empty where no objective was looked at over its window."""
    cases = [case for case in record.checks if _OBJECTIVES in case.id and case.state is not State.NOT_RUN]
    if not cases:
        return ""
    label = f"\n> {PRACTICE}\n" if record.practice else ""
    blocks = (_head(record), label, _week(cases), _budgets(cases), _months(cases), _actions(record))
    return "\n".join(block for block in blocks if block)


def _head(record: RunRecord) -> str:
    where = f"{record.target} {record.environment}".strip()
    run = f"run {_safe(record.run_id)}, which was {_safe(title(record))}: {_safe(record.rule)}"
    return f"# Metrics summary: {_safe(where)}\n\nUntil {moment(record.started_at)}, as Prometheus told {run}.\n"


def _week(cases: list[CaseRecord]) -> str:
    head = ("objective", "requests", "a second", "bad", "p50 / p95 / p99 ms", "compliance")
    rows = []
    for case in cases:
        week = case.facts.get("week")
        if not isinstance(week, Mapping):
            rows.append((_slo(case), _NONE, _NONE, _NONE, _NONE, _NONE))
            continue
        times = " / ".join(amount(week[name]) if name in week else _NONE for name in _QUANTILES)
        share = 100.0 * week["bad"] / week["total"] if week["total"] else 0.0
        bad, rate = f"{week['bad']:,} ({amount(share)} %)", amount(week.get("per_second", _NONE))
        rows.append((_slo(case), f"{week['total']:,}", rate, bad, times, _compliance(week)))
    return "## The last seven days\n\n" + _table(head, rows)


def _budgets(cases: list[CaseRecord]) -> str:
    head = ("objective", "window", "objective kept", "budget spent", "left", "colour")
    rows = []
    for case in cases:
        facts, budget = case.facts, case.facts.get("budget")
        days = f"{facts.get('window_days', _NONE)} days"
        if not isinstance(budget, Mapping):
            rows.append((_slo(case), days, str(case.state), _NONE, _NONE, _NONE))
            continue
        kept = facts.get("objective", {}).get("state", "")
        spent = f"{budget['spent']:,} of {budget['allowed']:,} ({budget['spent_percent']:.1f} %)"
        rows.append((_slo(case), days, str(kept), spent, f"{budget['left']:,}", str(budget["colour"])))
    return "## Error budgets\n\n" + _table(head, rows)


def _months(cases: list[CaseRecord]) -> str:
    head = ("objective", "this month", "last month")
    rows = [
        (_slo(case), *(_compliance(case.facts.get(span)) for span in ("month", "last_month")))
        for case in cases
        if "month" in case.facts or "last_month" in case.facts
    ]
    return "## Months\n\n" + _table(head, rows) if rows else ""


def _actions(record: RunRecord) -> str:
    lines = list(_due(record))
    if not lines:
        return "## To do\n\nNothing: no objective over its window, no alert and no metric asks for it.\n"
    return "## To do\n\n" + "\n".join(lines) + "\n"


def _due(record: RunRecord) -> Iterator[str]:
    cases = [case for case in record.checks if any(check in case.id for check in _CHECKS) and case.state in _DUE]
    for case in sorted(cases, key=lambda case: list(WORDS).index(case.state)):
        for finding in case.findings:
            if finding.severity != "info":
                step = f" **{_safe(finding.next_step)}**" if finding.next_step else ""
                yield f"- {MARKS[case.state]} {_safe(finding.expected)}; {_safe(finding.observed)}.{step}"


def _compliance(span: object) -> str:
    if not isinstance(span, Mapping) or span.get("good_percent") is None:
        return _NONE
    words = "objective met" if span.get("objective_met") else "objective missed"
    if "agreement_met" in span:
        words += ", agreement met" if span["agreement_met"] else ", agreement missed"
    budget = span.get("budget")
    spent = f"; {budget['spent_percent']:.1f} % of its budget, {budget['colour']}" if budget else ""
    part = "" if span.get("whole", True) else "; Prometheus has only a part of it"
    return f"{span['good_percent']:.3f} % good: {words}{spent}{part}"


def _slo(case: CaseRecord) -> str:
    return str(case.facts.get("slo") or case.id.partition("[")[2].removesuffix("]"))


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *(map(_safe, row) for row in rows))]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]]) + "\n"


def _safe(text: object) -> str:
    """One line of a table's cell."""
    return cut(str(text), _MOST).replace("\n", " ").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
