"""What Prometheus counted for one objective over its window: plain numbers, block by block, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prodverify.objectives.counts import NOTHING, Counts


@dataclass(frozen=True, slots=True)
class Blocks:
    """
    Consecutive blocks of ``seconds`` each, the oldest first, empty ones included.

    ``unseen`` events have a total and no good or bad: the histogram had no such edge then.
    """

    seconds: float
    objective: tuple[Counts, ...]
    agreement: tuple[Counts, ...] | None
    unseen: int = 0

    @property
    def counts(self) -> Counts:
        """All of them."""
        return sum(self.objective, NOTHING)


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Events and bad ones of a span of time, as Prometheus extrapolates them; None where it has no series.

    ``whole`` says that there were series when the span began; unless it was asked, it is taken for granted. ``agreed``
    are events that are bad by the agreement's own threshold.
    """

    total: float | None = None
    bad: float | None = None
    whole: bool = True
    agreed: float | None = None

    @property
    def counts(self) -> Counts | None:
        """Whole events; None where one of the two is not known."""
        if self.total is None or self.bad is None:
            return None
        total = max(0, round(self.total))
        return Counts(total, min(total, max(0, round(self.bad))))

    @property
    def bad_share(self) -> float | None:
        """The share of bad events; None without events."""
        return self.bad / self.total if self.total and self.bad is not None else None


@dataclass(frozen=True, slots=True)
class Window:
    """
    One objective over the window of ``seconds`` that ends at ``ends_at`` (seconds since the epoch, Prometheus' clock).

    ``whole`` and ``agreed`` count it in one piece, by the objective's and the agreement's threshold; ``blocks`` is
    None where that was too much to ask. ``births`` are events that series had at their first value: increase() does
    not see them. ``series`` are there now, ``labelled`` of them with the status, ``copies`` of them scraped once more
    by another Prometheus, ``jobs`` how many they are of where none is stated; ``began`` says that none was there when
    the window began. ``burns`` are pairs by seconds. ``week``, ``month`` and ``last_month`` are pairs,
    ``quantiles_ms`` the week's by percent. ``watched`` is the share of the window of which there are values: of the
    rest nobody knows anything, neither traffic nor its absence; None where that could not be told. ``other_jobs`` have
    series of that metric where the objective has none.
    """

    slo: str
    query: str
    bad_query: str
    seconds: int
    ends_at: float
    whole: Pair
    agreed: Pair | None
    blocks: Blocks | None
    births: Pair
    series: int
    began: bool
    resets: int
    labelled: int
    burns: Mapping[int, Pair]
    week: Pair = field(default_factory=Pair)
    month: Pair = field(default_factory=Pair)
    last_month: Pair = field(default_factory=Pair)
    quantiles_ms: Mapping[str, float] = field(default_factory=dict)
    blocks_refused: str = ""
    watched: float | None = None
    other_jobs: tuple[str, ...] = ()
    copies: int = 0
    jobs: int = 1
