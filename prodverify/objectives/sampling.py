"""A sample of answers judged against one ``[[slos]]`` entry: findings, and the facts for the evidence."""

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
    from prodverify.target.data import Slo

_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class LatencySample:
    """Answer times in milliseconds, in any order; ``math.inf`` stands for a request without a good answer."""

    elapsed_ms: tuple[float, ...]

    def counts(self, threshold_ms: float) -> Counts:
        """How many there are, and how many took longer than ``threshold_ms``."""
        return Counts(len(self.elapsed_ms), sum(1 for value in self.elapsed_ms if not value <= threshold_ms))

    def percentile_ms(self, percent: float) -> float | None:
        """The nearest-rank percentile, for information and never for a verdict; None without samples."""
        if not self.elapsed_ms:
            return None
        rank = max(1, math.ceil(len(self.elapsed_ms) * percent / 100.0))
        return sorted(self.elapsed_ms)[rank - 1]


def judge_latency(elapsed_ms: Sequence[float], slo: Slo) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about a latency objective, from the answer times of its sample.

    ``math.inf`` counts as not in time. Raises ValueError where ``slo`` has no threshold.
    """
    if slo.threshold_ms is None:
        raise ValueError(f"the objective {slo.name} is judged on latency and needs threshold_ms")
    sample = LatencySample(tuple(elapsed_ms))
    found, facts = judge_counts(sample.counts(slo.threshold_ms), slo)
    shown = {f"p{percent}_ms": _finite(sample.percentile_ms(percent)) for percent in (50, 95, 99)}
    return found, {**facts, **shown}


def judge_success(succeeded: Sequence[bool], slo: Slo) -> tuple[list[Finding], dict[str, Any]]:
    """Findings and facts about a success objective; each entry says whether one request was answered without error."""
    return judge_counts(Counts(len(succeeded), sum(1 for good in succeeded if not good)), slo)


def judge_sample(
    elapsed_ms: Sequence[float], statuses: Sequence[int], slo: Slo
) -> tuple[list[Finding], dict[str, Any]]:
    """Findings and facts about either kind of objective; an answer with an error counts as not in time."""
    good = [succeeded(status) for status in statuses]
    if slo.kind == "success":
        return judge_success(good, slo)
    timed = zip(elapsed_ms, good, strict=True)
    return judge_latency([elapsed if succeeds else math.inf for elapsed, succeeds in timed], slo)


def judge_counts(counts: Counts, slo: Slo) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one objective and, apart from it, its agreement.

    No finding is a pass. A broken agreement is a finding of its own beside that of the objective.
    """
    aims = {"objective": slo.objective_percent}
    if slo.agreement_percent is not None:
        aims["agreement"] = slo.agreement_percent
    found: list[Finding] = []
    facts: dict[str, Any] = {
        "slo": slo.name,
        "kind": slo.kind,
        "threshold_ms": slo.threshold_ms,
        "confidence_percent": slo.confidence_percent,
        "total": counts.total,
        "bad": counts.bad,
    }
    for aim, percent in aims.items():
        judgement = verdict.judge(counts, objective_percent=percent, confidence_percent=slo.confidence_percent)
        facts[aim] = _facts(judgement, percent)
        found.extend(_findings(judgement, slo, aim, percent))
    return found, facts


def succeeded(status: int) -> bool:
    """Whether ``status`` is an answer without error. A limiter's refusal is neither and is kept out of the sample."""
    return 100 <= status < _FIRST_ERROR


def hopeless(elapsed_ms: Sequence[float], statuses: Sequence[int], wanted: int, slo: Slo) -> bool:
    """
    Whether the objective fails at ``wanted`` answers even if every one that is still missing is good.

    Asking may end there: the verdict is that of the full sample, so that its confidence is unchanged (curtailed
    sampling, unlike looking at a running percentile).
    """
    if slo.kind == "latency" and slo.threshold_ms is not None:
        bad = LatencySample(tuple(elapsed_ms)).counts(slo.threshold_ms).bad
    else:
        bad = sum(1 for status in statuses if not succeeded(status))
    seen = Counts(max(wanted, len(elapsed_ms), bad), bad)
    judgement = verdict.judge(seen, objective_percent=slo.objective_percent, confidence_percent=slo.confidence_percent)
    return judgement.state is State.FAIL


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


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
