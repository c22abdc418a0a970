"""A query of the target's own is answered as soon as promised, judged from counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from prodverify.objectives.sampling import Watch, judge_sample
from prodverify.record.findings import Finding
from prodverify.target.database import QueryObjective
from prodverify.target.slos import Slo

_RULES = {"objective-broken": "query-slow", "objective-undecided": "query-undecided"}


def judge(
    elapsed_ms: Sequence[float], statuses: Sequence[int], objective: QueryObjective
) -> tuple[list[Finding], dict[str, Any]]:
    """Findings and facts, from the time (milliseconds) and status of each answer in their order (SPEC D5)."""
    found, facts = judge_sample(elapsed_ms, statuses, as_slo(objective))
    return [_ours(finding, objective) for finding in found], facts


def enough(objective: QueryObjective) -> Callable[[Sequence[float], Sequence[int]], bool]:
    """Tells of a sample that grows whether no further answer of the planned ones would change the verdict."""
    watch = Watch(as_slo(objective))

    def settled(elapsed_ms: Sequence[float], statuses: Sequence[int]) -> bool:
        watch.follow(elapsed_ms, statuses)
        return watch.settled

    return settled


def as_slo(objective: QueryObjective) -> Slo:
    """The same objective in the words of ``[[slos]]``, whose bounds it shares."""
    return Slo(
        name=objective.name,
        endpoints=("query",),
        role="database",
        threshold_ms=objective.threshold_ms,
        objective_percent=objective.objective_percent,
        confidence_percent=objective.confidence_percent,
        sample=objective.sample,
        max_sample=objective.max_sample,
    )


def _ours(finding: Finding, objective: QueryObjective) -> Finding:
    return replace(
        finding,
        rule=_RULES.get(finding.rule, finding.rule),
        expected=finding.expected.replace("requests", "answers"),
        observed=finding.observed.replace("requests", "answers"),
        clause=f"database.objectives.{objective.name}",
        next_step=finding.next_step
        if finding.rule not in _RULES
        else "EXPLAIN (ANALYZE, BUFFERS) the query; look at what the server does beside it"
        if finding.rule == "objective-broken"
        else "raise sample or max_sample of the objective, or lower confidence_percent knowingly",
    )
