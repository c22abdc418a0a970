"""The counts that an objective of a load run is judged from, while it goes on and at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from load.arrivals import Plan
from load.counts import Book
from prodverify.objectives.counts import Counts
from prodverify.objectives.judging import judge_series, state_of_series
from prodverify.record.findings import Finding
from prodverify.record.states import State
from prodverify.target.slos import Slo


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What is known of one objective: its counts by second, those by the agreement's threshold where that is another
    one, and how many events one cause may spoil.
    """

    slo: Slo
    objective: list[Counts]
    agreement: list[Counts] | None
    burst_events: float

    def judge(self, *, any_time: bool) -> tuple[list[Finding], dict[str, Any]]:
        """Findings and facts. ``any_time`` says that the run may have ended because of what was seen."""
        return judge_series(
            self.objective,
            self.slo,
            agreement=self.agreement,
            any_time=any_time,
            burst_events=self.burst_events,
        )

    def state(self, *, any_time: bool) -> State:
        """The state alone, quickly."""
        return state_of_series(
            self.objective,
            self.slo,
            agreement=self.agreement,
            any_time=any_time,
            burst_events=self.burst_events,
        )


def judged(
    slo: Slo,
    names: Sequence[str],
    book: Book,
    *,
    burst_events: float = 1.0,
    first: int = 0,
    until: int | None = None,
    from_send: bool = False,
    at_best: bool = False,
) -> Judged:
    """
    What ``book`` knows of ``slo`` about ``names``, from the second ``first`` up to but without ``until``. One cause may
    spoil ``burst_events``.
    """
    threshold = slo.threshold_ms if slo.kind == "latency" else None
    other = slo.agreement_threshold_ms if slo.kind == "latency" and slo.agreement_percent is not None else None

    def series(threshold_ms: float | None) -> list[Counts]:
        return book.series(names, threshold_ms, first=first, until=until, from_send=from_send, at_best=at_best)

    return Judged(slo, series(threshold), series(other) if other else None, burst_events)


def burst_events(plan: Plan, names: Sequence[str], burst_seconds: float) -> float:
    """
    What one cause may spoil of the arrivals of ``names``: as many as are due within ``burst_seconds`` at the highest
    rate that ``plan`` has for them until its end, and 1 at the least.
    """
    weights = dict(plan.shares)
    share = sum(weights[name] for name in names) / sum(weights.values())
    highest, began = 0.0, 0.0
    for piece in plan.shape.pieces:
        lasted = min(piece.seconds, plan.duration_seconds - began)
        if lasted > 0.0:
            highest = max(highest, piece.start, piece.start + piece.slope * lasted)
        began += piece.seconds
    return max(1.0, highest * share * burst_seconds)
