"""
A candidate against a baseline, asked turn by turn: is its share of good answers worse by more than a margin?

The margin comes from the ``[[slos]]`` entry, good is what the entry says, and the baseline may be as bad as it likes:
it is not judged. Only where none of its answers is what its file promises there is nothing to compare with. Both are
asked in the order A B, B A, A B ..., so that what changes on the way meets both alike.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prodverify.objectives import contrast, dispersion, paired
from prodverify.objectives.counts import NOTHING, Counts
from prodverify.objectives.judging import assumption, promised
from prodverify.objectives.paired import Turns
from prodverify.objectives.sampling import MOMENT, excused, percentiles_ms, succeeded, tellable
from prodverify.record import findings
from prodverify.record.findings import Finding
from prodverify.record.states import State

if TYPE_CHECKING:
    from prodverify.target.slos import Slo

METHOD = "paired betting"
MOST_NEEDED = 1_000_000
"""Further turns beyond which more of them are no practical answer."""


@dataclass(frozen=True, slots=True)
class Answers:
    """
    Time to answer in milliseconds and status of each answer of one service, in order.

    ``promised_status`` is what its target promises to the role that asked, None where it promises nothing.
    """

    elapsed_ms: Sequence[float]
    statuses: Sequence[int]
    promised_status: int | None = None


def margin_of(slo: Slo) -> float:
    """The points of the share of good answers that a candidate may lose; half of what the objective lets be bad."""
    return slo.margin_percent if slo.margin_percent is not None else (100.0 - slo.objective_percent) / 2.0


class Contest:
    """One entry, watched while turns are taken. Raises ValueError where a latency objective has no threshold."""

    def __init__(self, slo: Slo) -> None:
        if slo.kind == "latency" and slo.threshold_ms is None:
            raise ValueError(f"the objective {slo.name} is judged on latency and needs threshold_ms")
        self._slo, self._margin, self._confidence = slo, margin_of(slo) / 100.0, slo.confidence_percent / 100.0
        self._most = slo.max_sample or slo.sample or math.inf
        self._candidate: list[Counts] = []
        self._baseline: list[Counts] = []
        self._worse = self._better = 0
        self.decided: State | None = None

    def follow(self, candidate: Answers, baseline: Answers) -> None:
        """All turns so far, of which those are heard that were not. Raises ValueError unless each has two answers."""
        heard = len(self._candidate)
        ours, theirs = self._bad(candidate, heard), self._bad(baseline, heard)
        for worse, better in zip(ours, theirs, strict=True):
            if self.settled:
                return
            self._candidate.append(Counts(1, worse))
            self._baseline.append(Counts(1, better))
            self._worse += worse and not better
            self._better += better and not worse
            self._look()

    @property
    def settled(self) -> bool:
        """Whether no further turn would change the verdict."""
        return self.decided is not None or len(self._candidate) >= self._most

    def told(self) -> tuple[list[Finding], dict[str, Any]]:
        """Findings and facts; differences are in points, of the share of good answers that the candidate lacks."""
        slo, turns, spread = self._slo, self._turns, self._spread()
        low = paired.lower(turns, self._confidence, spread) * 100.0
        high = paired.upper(turns, self._confidence, spread) * 100.0
        state = self.decided or State.INCONCLUSIVE
        more = self._more_needed(spread) if state is State.INCONCLUSIVE else 0
        ours, theirs = sum(self._candidate, NOTHING), sum(self._baseline, NOTHING)
        facts = {
            "slo": slo.name,
            "kind": slo.kind,
            "threshold_ms": slo.threshold_ms,
            "confidence_percent": slo.confidence_percent,
            "method": METHOD,
            "dispersion": round(spread, 3),
            "assumption": f"{assumption(float(slo.burst_requests))} {MOMENT}",
            "state": str(state),
            "margin_points": self._margin * 100.0,
            "turns": turns.total,
            "candidate": {"total": ours.total, "bad": ours.bad},
            "baseline": {"total": theirs.total, "bad": theirs.bad},
            "worse_by_points": turns.difference * 100.0,
            "worse_by_at_least_points": low,
            "worse_by_at_most_points": high,
            "more_needed": more,
            "fisher_p": contrast.fisher(ours, theirs),
        }
        return self._findings(state, _seen(ours, theirs), low, high, more), facts

    @property
    def _turns(self) -> Turns:
        return Turns(len(self._candidate), self._worse, self._better)

    def _bad(self, answers: Answers, heard: int) -> list[bool]:
        limit = self._slo.threshold_ms if self._slo.kind == "latency" and self._slo.threshold_ms else math.inf
        timed = zip(answers.elapsed_ms[heard:], answers.statuses[heard:], strict=True)
        return [not (succeeded(status, answers.promised_status) and ms <= limit) for ms, status in timed]

    def _spread(self) -> float:
        measured = (dispersion.measured(each, self._confidence) for each in (self._candidate, self._baseline))
        return max(float(self._slo.burst_requests), *measured)

    def _look(self) -> None:
        if tellable(len(self._candidate), self._worse, self._most):
            state = self._state(self._turns, float(self._slo.burst_requests))
            if state is not State.INCONCLUSIVE and self._state(self._turns, self._spread()) is state:
                self.decided = state

    def _state(self, turns: Turns, spread: float) -> State:
        if paired.shows_at_most(turns, self._margin, self._confidence, spread):
            return State.PASS
        shown = paired.shows_more(turns, self._margin, self._confidence, spread)
        return State.FAIL if shown else State.INCONCLUSIVE

    def _more_needed(self, spread: float) -> int:
        """Further turns until a verdict, if both go on as observed; ``MOST_NEEDED`` where that is not enough."""
        seen = self._turns

        def decided(total: int) -> bool:
            scale = total / seen.total if seen.total else 1.0
            turns = Turns(total, round(seen.worse * scale), round(seen.better * scale))
            return self._state(turns, spread) is not State.INCONCLUSIVE

        low, high = seen.total, max(seen.total, 1)
        while high < MOST_NEEDED and not decided(high):
            low, high = high, high * 2
        if high >= MOST_NEEDED:
            return MOST_NEEDED
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if decided(middle) else (middle, high)
        return high - seen.total

    def _findings(self, state: State, seen: str, low: float, high: float, more: int) -> list[Finding]:
        slo, margin = self._slo, self._margin * 100.0
        expected = (
            f"the candidate lacks at most {margin:.3g} points of the baseline's share of"
            f" {promised(slo, slo.objective_percent).partition(' of ')[2]} ({slo.name})"
        )
        sure = f"with {slo.confidence_percent:g} % confidence"
        clause = f"slos.{slo.name}.margin_percent"
        if state is State.FAIL:
            step = "Compare what was deployed with what the baseline runs, slowest or failed exchanges first."
            observed = f"{seen}: {sure} worse by at least {low:.3g} points"
            return [findings.fail("candidate-worse", expected, observed, clause=clause, next_step=step)]
        if state is State.INCONCLUSIVE:
            needed = f"{more:,} or more" if more >= MOST_NEEDED else f"{more:,}"
            observed = f"{seen}: too few to tell {sure}; {needed} further turns decide it if this goes on"
            step = "Raise max_sample or margin_percent of the objective, or lower confidence_percent knowingly."
            return [findings.inconclusive("candidate-undecided", expected, observed, clause=clause, next_step=step)]
        if low > 0.0:
            return [
                findings.info("candidate-different", expected, f"{seen}: {sure} worse, by at most {high:.3g} points")
            ]
        return []


def judge(
    candidate: Answers, baseline: Answers, slo: Slo, *, set_aside: int = 0, sure: tuple[Answers, Answers] | None = None
) -> tuple[list[Finding], dict[str, Any]]:
    """
    Findings and facts about one entry from the turns of a contest, with what percentiles and ranks say beside.

    ``set_aside`` turns more are none of them, as this machine was too busy. ``sure`` are all turns, the candidate's
    without what it waited for a processor and the baseline's with it: what the candidate is worse by even so may have
    made the machine busy, and breaks the promise too.
    """
    contest = Contest(slo)
    contest.follow(candidate, baseline)
    if set_aside and sure is not None and contest.decided is not State.FAIL:
        surely = Contest(slo)
        surely.follow(*sure)
        contest = surely if surely.decided is State.FAIL else contest
    found, facts = contest.told()
    facts["set_aside"] = set_aside
    found = [excused(each, set_aside, facts["more_needed"]) for each in found]
    if baseline.statuses and not any(succeeded(each, baseline.promised_status) for each in baseline.statuses):
        found, facts["state"] = [_never_good(baseline)], str(State.INCONCLUSIVE)
    if slo.kind == "latency":
        slower, chance = contrast.mann_whitney(candidate.elapsed_ms, baseline.elapsed_ms)
        facts |= {"slower_share": round(slower, 4), "mann_whitney_p": chance}
        for name, answers in (("candidate", candidate), ("baseline", baseline)):
            facts[name] |= percentiles_ms(answers.elapsed_ms, answers.statuses, answers.promised_status)
    return found, facts


def _never_good(baseline: Answers) -> Finding:
    """Nothing is worse than refusals and errors alone: of a wrong credential, or a version without the endpoint."""
    seen = ", ".join(f"{number:,} of status {status}" for status, number in Counter(baseline.statuses).most_common(3))
    promised_status = baseline.promised_status or "a status below 400"
    return findings.inconclusive(
        "baseline-never-good",
        f"a baseline that answers with {promised_status}, as its file promises",
        f"all {len(baseline.statuses):,} answers of the baseline were others: {seen}",
        next_step="mend the baseline's credential, path or promised status in its file, or compare with what has it",
    )


def _seen(ours: Counts, theirs: Counts) -> str:
    both = ((name, counts) for name, counts in (("candidate", ours), ("baseline", theirs)))
    return ", ".join(f"{name} {each.bad:,} of {each.total:,} bad ({each.bad_share * 100:.3g} %)" for name, each in both)
