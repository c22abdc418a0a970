"""When each request of a load run is due, computed before the first one is sent and never changed by an answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from load.shapes import Piece, Shape

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


@dataclass(frozen=True)
class Plan:
    """
    Arrivals of one shape: number k is due where the integral of the rate reaches k.

    The first ``warm_up_seconds`` are not judged. ``shares`` are the names that ask with their weights; ``seed`` turns
    their order. What is due at ``until_seconds`` or later is not part of the plan.
    """

    shape: Shape
    warm_up_seconds: float
    shares: tuple[tuple[str, float], ...]
    seed: int
    until_seconds: float = math.inf

    @classmethod
    def of(
        cls,
        shares: Mapping[str, float],
        *,
        rate: float,
        duration: float,
        warm_up: float,
        seed: int,
    ) -> Plan:
        """A plan of evenly spaced arrivals."""
        return cls(Shape.constant(rate, duration), warm_up, tuple(shares.items()), seed)

    @property
    def duration_seconds(self) -> float:
        """Length of the run."""
        return min(self.shape.seconds, self.until_seconds)

    @property
    def rate_per_second(self) -> float:
        """The highest rate of the run."""
        return self.shape.highest

    @property
    def words(self) -> str:
        """The shape as a person reads it."""
        return self.shape.words

    @cached_property
    def total(self) -> int:
        """Arrivals of the whole run, all workers together."""
        return self.shape.before(self.until_seconds) if self.until_seconds < self.shape.seconds else self.shape.total

    @property
    def judged(self) -> int:
        """Arrivals after the warm-up."""
        return self.total - self._first_judged

    @cached_property
    def _first_judged(self) -> int:
        return self.due_before(self.warm_up_seconds)

    def due_before(self, seconds: float) -> int:
        """Arrivals of the run that are due before that moment, without walking through them."""
        return min(self.shape.before(seconds), self.total)

    def due_within(self, first_seconds: float, until_seconds: float) -> int:
        """Arrivals that are due from one moment on, and before another one."""
        return self.due_before(until_seconds) - self.due_before(first_seconds)

    def due_in(self, block: int, seconds_per_block: float = 1.0) -> int:
        """Arrivals that are due in one block, the first one being 0."""
        return self.due_within(block * seconds_per_block, (block + 1) * seconds_per_block)

    @property
    def can_go_on(self) -> bool:
        """Whether it ends at a rate at which it may be lengthened."""
        return self.shape.last > 0

    def lengthened(self, duration_seconds: float) -> Plan:
        """The same arrivals, and then more at the last rate until ``duration_seconds``; never fewer."""
        if not self.can_go_on or duration_seconds <= self.shape.seconds:
            return self
        return replace(self, shape=self.shape.lengthened(duration_seconds), until_seconds=math.inf)

    def lasting(self, duration_seconds: float) -> Plan:
        """The same arrivals until ``duration_seconds``: fewer, or where it can go on more at the last rate."""
        if duration_seconds > self.shape.seconds:
            return self.lengthened(duration_seconds)
        return replace(self, until_seconds=duration_seconds)

    def arrivals(self, worker: int = 0, workers: int = 1, *, open_end: bool = False) -> Iterator[Arrival]:
        """
        The arrivals of one worker, by time. All workers walk the same plan and each takes every n-th arrival, so that
        together they send exactly the plan, evenly spaced.

        With ``open_end`` they go on at the last rate for as long as somebody takes them.
        """
        names = [name for name, _ in self.shares]
        edges = _edges(weight for _, weight in self.shares)
        turns = [0] * len(names)
        first_judged = self._first_judged
        phase = (self.seed * _GOLDEN) % 1.0
        moments = self.shape.moments(open_end=open_end)
        for index, due in enumerate(moments if open_end else islice(moments, self.total)):
            spot = (phase + index * _GOLDEN) % 1.0
            which = 0
            while spot >= edges[which]:
                which += 1
            turn = turns[which]
            turns[which] = turn + 1
            if index % workers == worker:
                yield Arrival(due, names[which], turn, index >= first_judged)

    def most_within(self, name: str, seconds: float) -> int:
        """An upper bound of how many arrivals of ``name`` fall into any stretch of ``seconds``."""
        weights = dict(self.shares)
        share = weights.get(name, 0.0) / sum(weights.values())
        return math.ceil(share * self.shape.most_within(seconds) + _unevenness(self.total)) if share else 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values that cross to another process."""
        return {
            "shape": self.shape.word,
            "pieces": [list(piece) for piece in self.shape.pieces],
            "warm_up_seconds": self.warm_up_seconds,
            "shares": [list(share) for share in self.shares],
            "seed": self.seed,
            "until_seconds": None if self.until_seconds == math.inf else self.until_seconds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """The plan that ``as_dict`` described."""
        return cls(
            Shape(values["shape"], tuple(Piece(*map(float, piece)) for piece in values["pieces"])),
            float(values["warm_up_seconds"]),
            tuple((str(name), float(weight)) for name, weight in values["shares"]),
            int(values["seed"]),
            math.inf if values["until_seconds"] is None else float(values["until_seconds"]),
        )


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
