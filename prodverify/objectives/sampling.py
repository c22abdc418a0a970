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
from typing import TYPE_CHECKING, Any

from prodverify.objectives import judging
from prodverify.objectives.counts import Counts
from prodverify.objectives.dispersion import FEWEST_BLOCKS
from prodverify.record.findings import Finding
from prodverify.record.states import State

if TYPE_CHECKING:
    from prodverify.target.slos import Slo

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
    elapsed_ms: Sequence[float], statuses: Sequence[int], slo: Slo, *, promised_status: int | None = None
) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one objective, from the time (milliseconds) and status of each answer in their order.

    Raises ValueError where a latency objective has no threshold.
    """
    watch = Watch(slo, promised_status)
    watch.follow(elapsed_ms, statuses)
    found, facts = watch.told()
    if slo.kind == "latency":
        facts |= percentiles_ms(elapsed_ms, statuses, promised_status)
    return found, facts


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
    """One entry, watched while its sample grows. Raises ValueError where a latency objective has no threshold."""

    def __init__(self, slo: Slo, promised_status: int | None = None) -> None:
        if slo.kind == "latency" and slo.threshold_ms is None:
            raise ValueError(f"the objective {slo.name} is judged on latency and needs threshold_ms")
        self._slo, self._promised, self._heard = slo, promised_status, 0
        self._courses = [_Course(slo, aim) for aim in judging.aims(slo, any_time=slo.max_sample is not None)]

    def hear(self, elapsed_ms: float, status: int) -> None:
        """One more answer: its time in milliseconds and its status."""
        self._heard += 1
        good = succeeded(status, self._promised)
        for course in self._courses:
            course.take(good and (self._slo.kind == "success" or elapsed_ms <= (course.aim.threshold_ms or 0.0)))

    def follow(self, elapsed_ms: Sequence[float], statuses: Sequence[int]) -> None:
        """All answers so far, of which those are heard that were not."""
        for ms, status in zip(elapsed_ms[self._heard :], statuses[self._heard :], strict=True):
            self.hear(ms, status)

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
        verdicts = [judging.judge_aim(course.taken, self._slo, course.aim) for course in self._courses]
        return judging.told(verdicts, self._slo)


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
        return judging.state_of_aim(answers, self._slo, self.aim, counts=Counts(len(answers), self._bad))


def _percentile_ms(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile; None where no answer was that good."""
    if not ordered:
        return None
    value = ordered[max(1, math.ceil(len(ordered) * percent / 100.0)) - 1]
    return value if math.isfinite(value) else None
