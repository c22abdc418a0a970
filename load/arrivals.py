"""When each request of a load run is due, computed before the first one is sent and never changed by an answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

# The golden ratio's fractional part: multiples of it, modulo one, fill the unit interval more evenly than chance
# (the three-distance theorem), so that every stretch of a run holds the declared shares to within a few arrivals.
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


class Arrival(NamedTuple):
    """
    One request, or one journey, that is due ``due_seconds`` after the start, whatever became of those before it.

    ``turn`` counts the arrivals of the same name from 0; it picks the credential. ``judged`` is false in the warm-up.
    """

    due_seconds: float
    name: str
    turn: int
    judged: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Evenly spaced arrivals at ``rate_per_second`` for ``duration_seconds``, of which the first ``warm_up_seconds``
    are not judged. ``shares`` are the endpoints and journeys with their weights; ``seed`` turns their order.
    """

    rate_per_second: float
    duration_seconds: float
    warm_up_seconds: float
    shares: tuple[tuple[str, float], ...]
    seed: int

    @classmethod
    def of(cls, shares: Mapping[str, float], *, rate: float, duration: float, warm_up: float, seed: int) -> Plan:
        """A plan of the values that ``[load]`` declares."""
        return cls(rate, duration, warm_up, tuple(shares.items()), seed)

    @property
    def total(self) -> int:
        """Arrivals of the whole run, all workers together."""
        return math.ceil(self.rate_per_second * self.duration_seconds)

    @property
    def judged(self) -> int:
        """Arrivals after the warm-up."""
        return self.total - self._first_judged

    @property
    def _first_judged(self) -> int:
        return min(self.total, math.ceil(self.rate_per_second * self.warm_up_seconds))

    def arrivals(self, worker: int = 0, workers: int = 1) -> Iterator[Arrival]:
        """
        The arrivals of one worker, by time. All workers walk the same plan and each takes every n-th arrival, so that
        together they send exactly the plan, evenly spaced.
        """
        names = [name for name, _ in self.shares]
        edges = _edges(weight for _, weight in self.shares)
        turns = [0] * len(names)
        first_judged, spacing = self._first_judged, 1.0 / self.rate_per_second
        phase = (self.seed * _GOLDEN) % 1.0
        for index in range(self.total):
            spot = (phase + index * _GOLDEN) % 1.0
            which = 0
            while spot >= edges[which]:
                which += 1
            turn = turns[which]
            turns[which] = turn + 1
            if index % workers == worker:
                yield Arrival(index * spacing, names[which], turn, index >= first_judged)

    def most_within(self, name: str, seconds: float) -> int:
        """An upper bound of how many arrivals of ``name`` fall into any stretch of ``seconds``."""
        weights = dict(self.shares)
        share = weights.get(name, 0.0) / sum(weights.values())
        span = min(seconds, self.duration_seconds)
        return math.ceil(share * self.rate_per_second * span + _unevenness(self.total)) if share else 0


def _unevenness(total: int) -> float:
    """Arrivals by which a stretch of the plan may exceed an exact share: it grows with the logarithm of the plan."""
    return 2.0 + 0.5 * math.log(total + 1)


def _edges(weights: Iterable[float]) -> list[float]:
    """The upper edges of consecutive parts of the unit interval, in proportion to ``weights``."""
    given = list(weights)
    total, edges, so_far = sum(given), [], 0.0
    for weight in given:
        so_far += weight
        edges.append(so_far / total)
    edges[-1] = 1.0
    return edges
