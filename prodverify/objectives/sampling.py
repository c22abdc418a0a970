"""
A sample of answers judged against one ``[[slos]]`` entry: findings, and the facts for the evidence.

A sample is looked at once, or twice where the entry has ``max_sample``: after ``sample`` answers, and after
``max_sample`` where the first look could not tell. The doubt that ``confidence_percent`` leaves is divided between the
two looks beforehand, so that both together are wrong no more often than stated (Bonferroni; Pocock and O'Brien-Fleming
divide it otherwise). The first gets nearly all of it: a service without a bad answer is done there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prodverify.objectives import verdict
from prodverify.objectives.counts import Counts
from prodverify.objectives.verdict import Judgement
from prodverify.record import findings
from prodverify.record.findings import Finding
from prodverify.record.states import State

if TYPE_CHECKING:
    from prodverify.target.slos import Slo

_FIRST_ERROR = 400
_FIRST_LOOKS_PART = 0.99


@dataclass(frozen=True, slots=True)
class Look:
    """The sample is judged at ``total`` answers, with ``confidence_percent``."""

    total: int
    confidence_percent: float


def looks(slo: Slo) -> tuple[Look, ...]:
    """When the gate's sample for ``slo`` is judged; nothing where only load runs judge it."""
    if slo.sample is None:
        return ()
    if slo.max_sample is None:
        return (Look(slo.sample, slo.confidence_percent),)
    doubt = 100.0 - slo.confidence_percent
    first = Look(slo.sample, 100.0 - _FIRST_LOOKS_PART * doubt)
    return first, Look(slo.max_sample, 100.0 - (1.0 - _FIRST_LOOKS_PART) * doubt)


def judge_sample(
    elapsed_ms: Sequence[float], statuses: Sequence[int], slo: Slo
) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one objective, from the time (milliseconds) and status of each answer in their order.

    Raises ValueError where a latency objective has no threshold.
    """
    found, facts = _judge(_views(_bad(elapsed_ms, statuses, slo), slo), slo)
    if slo.kind == "latency":
        timed = sorted(ms if succeeded(status) else math.inf for ms, status in zip(elapsed_ms, statuses, strict=True))
        facts |= {f"p{percent}_ms": _percentile_ms(timed, percent) for percent in (50, 95, 99)}
    return found, facts


def judge_counts(counts: Counts, slo: Slo) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one objective and, apart from it, its agreement.

    No finding is a pass. A broken agreement is a finding of its own beside that of the objective.
    """
    return _judge([(counts, slo.confidence_percent)], slo)


def settled(elapsed_ms: Sequence[float], statuses: Sequence[int], slo: Slo) -> bool:
    """Whether no further answer of the planned ones would change the verdict."""
    bad = _bad(elapsed_ms, statuses, slo)
    for look in looks(slo):
        if len(bad) < look.total:
            return hopeless(elapsed_ms, statuses, slo)
        at_look = Counts(look.total, sum(bad[: look.total]))
        states = {_state(at_look, percent, look.confidence_percent) for percent in _aims(slo).values()}
        if State.INCONCLUSIVE not in states:
            return True
    return True


def hopeless(elapsed_ms: Sequence[float], statuses: Sequence[int], slo: Slo) -> bool:
    """
    Whether the objective fails at the next look even if every answer until there is good.

    Asking may end there: the verdict is that of the full sample, so that its confidence is unchanged (curtailed
    sampling, unlike looking at a running percentile).
    """
    bad = _bad(elapsed_ms, statuses, slo)
    ahead = [look for look in looks(slo) if look.total > len(bad)] or looks(slo)[-1:]
    return any(
        _state(Counts(max(look.total, len(bad)), sum(bad)), slo.objective_percent, look.confidence_percent)
        is State.FAIL
        for look in ahead[:1]
    )


def succeeded(status: int) -> bool:
    """Whether ``status`` is an answer without error. A limiter's refusal is neither and is kept out of the sample."""
    return 100 <= status < _FIRST_ERROR


def _bad(elapsed_ms: Sequence[float], statuses: Sequence[int], slo: Slo) -> list[bool]:
    """For each answer, whether it had an error or, for a latency objective, came too late."""
    if slo.kind == "latency" and slo.threshold_ms is None:
        raise ValueError(f"the objective {slo.name} is judged on latency and needs threshold_ms")
    limit = slo.threshold_ms if slo.kind == "latency" and slo.threshold_ms is not None else math.inf
    return [not (succeeded(status) and ms <= limit) for ms, status in zip(elapsed_ms, statuses, strict=True)]


def _views(bad: Sequence[bool], slo: Slo) -> list[tuple[Counts, float]]:
    """What each look at the sample saw, with its confidence: those that were reached, and the one under way."""
    planned = looks(slo) or (Look(len(bad), slo.confidence_percent),)
    begun = [0, *(look.total + 1 for look in planned[:-1])]
    reached = [look for look, first in zip(planned, begun, strict=True) if len(bad) >= first]
    return [(Counts(len(bad[: look.total]), sum(bad[: look.total])), look.confidence_percent) for look in reached]


def _aims(slo: Slo) -> dict[str, float]:
    agreed = {} if slo.agreement_percent is None else {"agreement": slo.agreement_percent}
    return {"objective": slo.objective_percent, **agreed}


def _judge(views: Sequence[tuple[Counts, float]], slo: Slo) -> tuple[list[Finding], dict[str, Any]]:
    """Each aim by the first view that decides it."""
    found: list[Finding] = []
    facts: dict[str, Any] = {
        "slo": slo.name,
        "kind": slo.kind,
        "threshold_ms": slo.threshold_ms,
        "confidence_percent": slo.confidence_percent,
    }
    for aim, percent in _aims(slo).items():
        for counts, confidence_percent in views:
            judgement = verdict.judge(counts, objective_percent=percent, confidence_percent=confidence_percent)
            if judgement.state is not State.INCONCLUSIVE:
                break
        if aim == "objective":
            facts |= {"total": counts.total, "bad": counts.bad}
        facts[aim] = _facts(judgement, percent)
        found.extend(_findings(judgement, slo, aim, percent))
    return found, facts


def _state(counts: Counts, percent: float, confidence_percent: float) -> State:
    return verdict.state_of(counts, objective_percent=percent, confidence_percent=confidence_percent)


def _percentile_ms(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile, for information and never for a verdict; None where no answer was that good."""
    if not ordered:
        return None
    value = ordered[max(1, math.ceil(len(ordered) * percent / 100.0)) - 1]
    return value if math.isfinite(value) else None


def promised(slo: Slo, percent: float) -> str:
    """What an objective or agreement of ``percent`` says, for a person."""
    if slo.kind == "success" or slo.threshold_ms is None:
        return f"{percent:g} % of requests answered without error"
    return f"{percent:g} % of requests answered within {slo.threshold_ms:g} ms"


def _findings(judgement: Judgement, slo: Slo, aim: str, percent: float) -> list[Finding]:
    expected = f"{aim} {slo.name}: {promised(slo, percent)}"
    clause = f"slos.{slo.name}.{aim}_percent"
    if judgement.state is State.FAIL:
        step = "Look at the slowest exchanges first." if slo.kind == "latency" else "Look at the errors first."
        return [findings.fail(f"{aim}-broken", expected, judgement.sentence, clause=clause, next_step=step)]
    if judgement.state is State.INCONCLUSIVE:
        step = f"Ask {judgement.more_needed:,} requests more, or lower confidence_percent knowingly."
        return [findings.inconclusive(f"{aim}-undecided", expected, judgement.sentence, clause=clause, next_step=step)]
    return []


def _facts(judgement: Judgement, percent: float) -> Mapping[str, Any]:
    return {
        "percent": percent,
        "state": str(judgement.state),
        "observed_percent": judgement.observed_percent,
        "bad_at_least_percent": judgement.lower * 100.0,
        "bad_at_most_percent": judgement.upper * 100.0,
        "more_needed": judgement.more_needed,
        "sentence": judgement.sentence,
    }
