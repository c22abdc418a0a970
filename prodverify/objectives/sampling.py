"""
A sample of answers judged against one ``[[slos]]`` entry, answer by answer: when it is enough, and what it says.

Where ``max_sample`` is stated the verdict may fall after any answer, up to that number: the confidence sequence is
valid at every one of them. What it has decided stays so, whatever another objective still asks for. Where only
``sample`` is stated, that many answers are judged once by exact bounds, which pass sooner; asking ends before only
where no further answer could save the objective (curtailed sampling), which leaves the verdict and its confidence.

Each answer is a block of its own, so that failures which come in a row are seen to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING, Any

from prodverify.objectives import judging
from prodverify.objectives.counts import Counts
from prodverify.objectives.dispersion import FEWEST_BLOCKS
from prodverify.record.findings import Finding, Severity
from prodverify.record.states import State

if TYPE_CHECKING:
    from prodverify.target.slos import Slo

MOMENT = (
    "They were asked one after the other: of failures that come more rarely than the asking took nothing is told;"
    " load runs with burst_seconds and the canary reckon with those."
)
"""What a few seconds of asking take for granted beside ``judging.assumption``, for a person."""
_FIRST_ERROR = 400
_FEWEST_ANSWERS = 8 * FEWEST_BLOCKS
_GOOD, _BAD = Counts(1, 0), Counts(1, 1)


def succeeded(status: int, promised_status: int | None = None) -> bool:
    """
    Whether ``status`` is what the target promises to the role that asked; any answer below 400 where it promises none.

    A limiter's refusal is neither and is kept out of the sample.
    """
    return status == promised_status if promised_status is not None else 100 <= status < _FIRST_ERROR


def tellable(total: int, bad: int, most: float) -> bool:
    """
    Whether it can be told of so many answers whether up to eight bad ones in a row are one burst or as many failures.

    Else the first hiccup would be the verdict. A service of which nothing was good is told of sooner, and a sample of
    ``most`` at its end.
    """
    return total >= min(FEWEST_BLOCKS if bad == total else _FEWEST_ANSWERS, most)


def judge_sample(
    elapsed_ms: Sequence[float],
    statuses: Sequence[int],
    slo: Slo,
    *,
    promised_status: int | None = None,
    busy: Sequence[bool] = (),
    waited_ms: Sequence[float] = (),
) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one objective, from the time (milliseconds) and status of each answer in their order.

    ``busy`` says of each whether this machine was too short of processors for its time to tell anything; absent: of
    none. ``waited_ms`` is how much of its time each waited for one; absent: nobody knows. Raises ValueError where a
    latency objective has no threshold.
    """
    watch = Watch(slo, promised_status)
    watch.follow(elapsed_ms, statuses, busy, waited_ms)
    found, facts = watch.told()
    facts["assumption"] = f"{facts['assumption']} {MOMENT}"
    facts |= {"asking_seconds": round(math.fsum(elapsed_ms) / 1000.0, 3), "set_aside": watch.set_aside}
    # A rule begins with the name of what it is about, the objective or the agreement.
    found = [excused(each, watch.set_aside, facts[each.rule.partition("-")[0]]["more_needed"]) for each in found]
    if slo.kind == "latency":
        calm = [not each for each in busy] or [True] * len(statuses)
        facts |= percentiles_ms([*compress(elapsed_ms, calm)], [*compress(statuses, calm)], promised_status)
    return found, facts


def excused(found: Finding, set_aside: int, more_needed: int) -> Finding:
    """An undecided ``found`` with what was set aside, and with what to do where that would have decided it."""
    if not set_aside or found.severity is not Severity.INCONCLUSIVE:
        return found
    observed = f"{found.observed}; {set_aside:,} more were set aside, as this machine had no processor to spare"
    step = "Ask again from a machine with less to do." if set_aside >= more_needed else found.next_step
    return replace(found, observed=observed, next_step=step)


def percentiles_ms(
    elapsed_ms: Sequence[float], statuses: Sequence[int], promised_status: int | None = None
) -> dict[str, float | None]:
    """
    p50, p95 and p99 of the time to a good answer, by keys like ``p99_ms``: for information and never for a verdict.

    What has no good answer counts as late as can be; a percentile among those is None.
    """
    pairs = zip(elapsed_ms, statuses, strict=True)
    timed = sorted(ms if succeeded(status, promised_status) else math.inf for ms, status in pairs)
    return {f"p{percent}_ms": _percentile_ms(timed, percent) for percent in (50, 95, 99)}


class Watch:
    """
    One entry, watched while its sample grows. Raises ValueError where a latency objective has no threshold.

    An answer of a busy machine is set aside for latency, be it timely, late or an error: of what is left the shares are
    those of the service. But an error or a late answer may be what made the machine busy. So what is bad even without
    what it waited for a processor may, among all answers, break a latency objective too.
    """

    def __init__(self, slo: Slo, promised_status: int | None = None) -> None:
        if slo.kind == "latency" and slo.threshold_ms is None:
            raise ValueError(f"the objective {slo.name} is judged on latency and needs threshold_ms")
        self._slo, self._promised, self._heard = slo, promised_status, 0
        aims = judging.aims(slo, any_time=slo.max_sample is not None)
        self._courses = [_Course(slo, aim) for aim in aims]
        self._sure = [_Course(slo, aim) for aim in aims]
        self.set_aside = 0

    def hear(self, elapsed_ms: float, status: int, *, busy: bool = False, waited_ms: float = math.inf) -> None:
        """
        One more answer: its time in milliseconds, its status, and whether this machine was busy meanwhile.

        It waited ``waited_ms`` of its time for a processor, at the most.
        """
        self._heard += 1
        good = succeeded(status, self._promised)
        if self._slo.kind == "latency":
            self.set_aside += busy
            self._hear_sure(good, elapsed_ms - waited_ms)
            if busy:
                return
        for course in self._courses:
            course.take(good and (self._slo.kind == "success" or elapsed_ms <= (course.aim.threshold_ms or 0.0)))

    def _hear_sure(self, good: bool, least_ms: float) -> None:
        for number, sure in enumerate(self._sure):
            sure.take(good and least_ms <= (sure.aim.threshold_ms or 0.0))
            if self.set_aside and sure.decided is State.FAIL and self._courses[number].decided is None:
                self._courses[number] = sure

    def follow(
        self,
        elapsed_ms: Sequence[float],
        statuses: Sequence[int],
        busy: Sequence[bool] = (),
        waited_ms: Sequence[float] = (),
    ) -> None:
        """All answers so far; those are heard that were not. ``busy`` and ``waited_ms`` are of none or of each."""
        new = slice(self._heard, None)
        number = len(statuses[new])
        told = zip(busy[new] or [False] * number, waited_ms[new] or [math.inf] * number, strict=True)
        for ms, status, (each, waited) in zip(elapsed_ms[new], statuses[new], told, strict=True):
            self.hear(ms, status, busy=each, waited_ms=waited)

    @property
    def settled(self) -> bool:
        """Whether no further answer of the planned ones would change the verdict."""
        return self.failed or all(course.ended for course in self._courses)

    @property
    def failed(self) -> bool:
        """Whether the objective or its agreement is broken."""
        return any(course.decided is State.FAIL for course in self._courses)

    def told(self) -> tuple[list[Finding], dict[str, Any]]:
        """Findings and facts as ``judging.judge_series`` gives them."""
        slo, burst = self._slo, float(self._slo.burst_requests)
        verdicts = [judging.judge_aim(course.taken, slo, course.aim, burst) for course in self._courses]
        return judging.told(verdicts, slo, burst)


class _Course:
    """One aim's answers up to its verdict."""

    def __init__(self, slo: Slo, aim: judging.Aim) -> None:
        self.aim, self._slo = aim, slo
        self.taken: list[Counts] = []
        self._bad = 0
        self.decided: State | None = None
        self._any_time = slo.max_sample is not None
        self._most: float = slo.max_sample or slo.sample or math.inf

    @property
    def ended(self) -> bool:
        return self.decided is not None or len(self.taken) >= self._most

    def take(self, good: bool) -> None:
        if self.ended:
            return
        self.taken.append(_GOOD if good else _BAD)
        self._bad += not good
        if tellable(len(self.taken), self._bad, self._most):
            state = self._at_any_time() if self._any_time else self._at_the_end(good)
            self.decided = None if state is State.INCONCLUSIVE else state

    def _at_any_time(self) -> State:
        return self._state(self.taken)

    def _at_the_end(self, good: bool) -> State:
        if len(self.taken) >= self._most:
            return self._state(self.taken)
        if good or math.isinf(self._most):
            return State.INCONCLUSIVE
        # If all that are missing were good, and it would still be lost, it is lost.
        saved = [*self.taken, *[_GOOD] * (int(self._most) - len(self.taken))]
        return State.FAIL if self._state(saved) is State.FAIL else State.INCONCLUSIVE

    def _state(self, answers: Sequence[Counts]) -> State:
        counts = Counts(len(answers), self._bad)
        return judging.state_of_aim(answers, self._slo, self.aim, float(self._slo.burst_requests), counts)


def _percentile_ms(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile; None where no answer was that good."""
    if not ordered:
        return None
    value = ordered[max(1, math.ceil(len(ordered) * percent / 100.0)) - 1]
    return value if math.isfinite(value) else None
