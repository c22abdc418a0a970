"""
A series of counts, block by block, judged against one ``[[slos]]`` entry: findings, and the facts for the evidence.

Dependent events tell less than independent ones. So many of them count as one as ``burst_events`` states or as
``dispersion`` measures over the blocks, whichever is more, and 1 at the least. What was measured alone would not do:
of a burst that did not come nothing is seen. Wrong verdicts stay below 1 - confidence where one cause spoils no more
than ``burst_events`` events; where causes spoil more, wrong fails stay below it, and wrong passes as soon as enough
such bursts were seen to measure them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prodverify.objectives import dispersion, verdict
from prodverify.objectives.counts import NOTHING, Counts
from prodverify.objectives.methods import ANY_TIME, EXACT, Method, ProbabilityRatio
from prodverify.objectives.sprt import Zone
from prodverify.objectives.verdict import Judgement
from prodverify.record import findings
from prodverify.record.findings import Finding
from prodverify.record.states import State

if TYPE_CHECKING:
    from prodverify.target.slos import Slo

_WORST_FIRST = (State.FAIL, State.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Aim:
    """What an entry aims at, the objective, or owes, the agreement: a share of good events, and when one is in time."""

    name: str
    percent: float
    threshold_ms: float | None
    method: Method


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a series says of one aim. ``dispersion`` is what was measured, whatever was stated."""

    aim: Aim
    counts: Counts
    dispersion: float
    judgement: Judgement


def aims(slo: Slo, *, any_time: bool = False) -> tuple[Aim, ...]:
    """The objective and, where it is stated, the agreement; an indifference zone lies about the objective alone."""
    usual: Method = ANY_TIME if any_time else EXACT
    zone = slo.indifference_percent if any_time else None
    method = ProbabilityRatio(_zone(zone)) if zone else usual
    objective = Aim("objective", slo.objective_percent, slo.threshold_ms, method)
    if slo.agreement_percent is None:
        return (objective,)
    return objective, Aim("agreement", slo.agreement_percent, slo.agreement_threshold_ms or slo.threshold_ms, usual)


def judge_series(
    objective: Sequence[Counts],
    slo: Slo,
    *,
    agreement: Sequence[Counts] | None = None,
    any_time: bool = False,
    burst_events: float = 1.0,
) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one objective and, apart from it, its agreement.

    ``objective`` are consecutive blocks, empty ones included; ``agreement`` are the same blocks counted by the
    agreement's threshold, absent where that is the objective's. ``any_time`` says that the run may have ended because
    of what was seen. ``burst_events`` is how many events one cause may spoil. No finding is a pass.
    """
    series = {"objective": objective, "agreement": objective if agreement is None else agreement}
    verdicts = [judge_aim(series[aim.name], slo, aim, burst_events) for aim in aims(slo, any_time=any_time)]
    return told(verdicts, slo, burst_events)


def state_of_series(
    objective: Sequence[Counts],
    slo: Slo,
    *,
    agreement: Sequence[Counts] | None = None,
    any_time: bool = False,
    burst_events: float = 1.0,
) -> State:
    """
    The state of that judgement alone, quick enough for a look each second: the worse of objective and agreement.

    At any time nothing is decided before there are so many blocks with events that their dispersion can be told: the
    first burst of a run would else be its verdict.
    """
    if any_time and sum(1 for block in objective if block.total) < dispersion.FEWEST_BLOCKS:
        return State.INCONCLUSIVE
    series = {"objective": objective, "agreement": objective if agreement is None else agreement}
    found = {state_of_aim(series[aim.name], slo, aim, burst_events) for aim in aims(slo, any_time=any_time)}
    return next((state for state in _WORST_FIRST if state in found), State.PASS)


def judge_aim(blocks: Sequence[Counts], slo: Slo, aim: Aim, burst_events: float = 1.0) -> Verdict:
    """What ``blocks`` say of one aim."""
    counts = sum(blocks, NOTHING)
    spread = dispersion.measured(blocks, slo.confidence_percent / 100.0)
    judgement = verdict.judge(
        counts,
        objective_percent=aim.percent,
        confidence_percent=slo.confidence_percent,
        method=aim.method,
        dispersion=max(spread, burst_events, 1.0),
    )
    return Verdict(aim, counts, spread, judgement)


def state_of_aim(
    blocks: Sequence[Counts], slo: Slo, aim: Aim, burst_events: float = 1.0, counts: Counts | None = None
) -> State:
    """
    The state of that verdict alone; ``counts`` are the sum of ``blocks`` for whoever has it.

    Dispersion is measured only where something would be decided without.
    """
    if counts is None:
        counts = Counts(sum(block.total for block in blocks), sum(block.bad for block in blocks))
    seen = counts

    def state(spread: float) -> State:
        return verdict.state_of(
            seen,
            objective_percent=aim.percent,
            confidence_percent=slo.confidence_percent,
            method=aim.method,
            dispersion=spread,
        )

    if state(max(burst_events, 1.0)) is State.INCONCLUSIVE:
        return State.INCONCLUSIVE
    return state(max(dispersion.measured(blocks, slo.confidence_percent / 100.0), burst_events, 1.0))


def told(verdicts: Sequence[Verdict], slo: Slo, burst_events: float = 1.0) -> tuple[list[Finding], dict[str, Any]]:
    """Verdicts, the objective's first, as findings and facts; percentages of the facts are 0 to 100."""
    first = verdicts[0]
    facts: dict[str, Any] = {
        "slo": slo.name,
        "kind": slo.kind,
        "threshold_ms": slo.threshold_ms,
        "confidence_percent": slo.confidence_percent,
        "total": first.counts.total,
        "bad": first.counts.bad,
        "method": first.aim.method.name,
        "dispersion": round(first.dispersion, 3),
        "burst_events": burst_events,
        "assumption": assumption(burst_events),
    }
    facts |= {each.aim.name: _facts(each) for each in verdicts}
    return [finding for each in verdicts for finding in _findings(each, slo)], facts


def promised(slo: Slo, percent: float, threshold_ms: float | None = None) -> str:
    """What an objective or agreement of ``percent`` says, for a person; without a threshold it is the objective's."""
    limit = threshold_ms or slo.threshold_ms
    if slo.kind == "success" or limit is None:
        return f"{percent:g} % of requests answered without error"
    return f"{percent:g} % of requests answered within {limit:g} ms"


def assumption(burst_events: float) -> str:
    """What the bounds take for granted, for a person: nobody can measure bursts that did not come."""
    most = "one request" if burst_events <= 1.0 else f"{burst_events:.3g} requests"
    return (
        f"One cause spoils {most} at most: longer bursts that were seen widen the bounds, longer ones of which none was"
        " seen are not reckoned with."
    )


def _zone(shares: tuple[float, float]) -> Zone:
    return Zone(passing=(100.0 - max(shares)) / 100.0, failing=(100.0 - min(shares)) / 100.0)


def _findings(told: Verdict, slo: Slo) -> Iterator[Finding]:
    name, judgement = told.aim.name, told.judgement
    expected = f"{name} {slo.name}: {promised(slo, told.aim.percent, told.aim.threshold_ms)}"
    clause = f"slos.{slo.name}.{name}_percent"
    if judgement.state is State.FAIL:
        step = "Look at the slowest exchanges first." if slo.kind == "latency" else "Look at the errors first."
        yield findings.fail(f"{name}-broken", expected, judgement.sentence, clause=clause, next_step=step)
    if judgement.state is State.INCONCLUSIVE:
        step = f"Ask {judgement.more_needed:,} requests more, or lower confidence_percent knowingly."
        if judgement.more_needed >= verdict.MOST_NEEDED:
            step = "No practical number of requests tells: mend what is bad, or state an objective that can be told."
        yield findings.inconclusive(f"{name}-undecided", expected, judgement.sentence, clause=clause, next_step=step)


def _facts(told: Verdict) -> dict[str, Any]:
    judgement = told.judgement
    facts: dict[str, Any] = {
        "percent": told.aim.percent,
        "state": str(judgement.state),
        "observed_percent": judgement.observed_percent,
        "bad_at_least_percent": judgement.lower * 100.0,
        "bad_at_most_percent": judgement.upper * 100.0,
        "more_needed": judgement.more_needed,
        "sentence": judgement.sentence,
    }
    if told.aim.name != "objective":
        facts |= {"threshold_ms": told.aim.threshold_ms, "total": told.counts.total, "bad": told.counts.bad}
        facts |= {"method": told.aim.method.name, "dispersion": round(told.dispersion, 3)}
    return facts
