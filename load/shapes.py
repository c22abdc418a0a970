"""
How the rate of a load run goes: constant, a ramp, a spike, stages.

A shape is a row of pieces in each of which the rate changes evenly, so its integral is known in closed form. What has
to agree everywhere (how many arrivals there are, and which piece each belongs to) is computed with fractions of the
numbers as they stand in the target file; when an arrival is due is one division or one root of that, so that nothing
drifts however long a run is.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, count, pairwise
from typing import NamedTuple


class Piece(NamedTuple):
    """``seconds`` in which the rate goes evenly from one number of arrivals a second to another."""

    seconds: float
    start: float
    end: float

    def due(self, done: float) -> float:
        """
        Seconds into the piece at which ``done`` arrivals of it, which need not be whole, have been due.

        The root of ``start t + (end - start) t² / 2 seconds = done``, written so that nothing cancels.
        """
        if self.slope == 0.0:
            return done / self.start
        under = self.start * self.start + 2.0 * self.slope * done
        divisor = self.start + math.sqrt(under) if under > 0.0 else self.start
        return min(2.0 * done / divisor, self.seconds) if divisor else 0.0

    @property
    def slope(self) -> float:
        """Change of the rate in a second."""
        return (self.end - self.start) / self.seconds

    @property
    def area(self) -> Fraction:
        """Arrivals of the whole piece, exactly."""
        return (_exact(self.start) + _exact(self.end)) * _exact(self.seconds) / 2

    def until(self, seconds: Fraction) -> Fraction:
        """Arrivals of its first ``seconds``, exactly."""
        slope = (_exact(self.end) - _exact(self.start)) / _exact(self.seconds)
        return _exact(self.start) * seconds + slope * seconds * seconds / 2


@dataclass(frozen=True)
class Shape:
    """Pieces one after the other, under the ``word`` that the target file has for them."""

    word: str
    pieces: tuple[Piece, ...]

    @classmethod
    def constant(cls, rate: float, seconds: float) -> Shape:
        """Always the same rate."""
        return cls("constant", (Piece(seconds, rate, rate),))

    @classmethod
    def ramp(cls, rate: float, seconds: float) -> Shape:
        """From nothing to ``rate``, evenly."""
        return cls("ramp", (Piece(seconds, 0.0, rate),))

    @classmethod
    def spike(cls, rate: float, spike: float, seconds: float) -> Shape:
        """``spike`` arrivals a second in the middle third, ``rate`` before and after it."""
        third = round(seconds / 3.0, 6)
        rest = float(_exact(seconds) - 2 * _exact(third))
        return cls("spike", (Piece(third, rate, rate), Piece(third, spike, spike), Piece(rest, rate, rate)))

    @classmethod
    def stages(cls, stages: Iterable[tuple[float, float]]) -> Shape:
        """Pairs of seconds and the rate at their end; the first stage has its own rate from the beginning."""
        given = list(stages)
        before = [given[0][1], *(rate for _, rate in given)]
        return cls(
            "stages", tuple(Piece(seconds, start, end) for (seconds, end), start in zip(given, before, strict=False))
        )

    @property
    def seconds(self) -> float:
        """Its length."""
        return float(self._ends[-1])

    @property
    def highest(self) -> float:
        """The highest rate that it reaches."""
        return max(max(piece.start, piece.end) for piece in self.pieces)

    @property
    def last(self) -> float:
        """The rate that it ends with."""
        return self.pieces[-1].end

    @property
    def words(self) -> str:
        """What a person reads, as "a ramp up to 40 arrivals/s"."""
        rate = f"{self.highest:g} arrivals/s"
        if self.word == "ramp":
            return f"a ramp up to {rate}"
        if self.word == "spike":
            return f"{self.pieces[0].start:g} arrivals/s with a spike of {self.pieces[1].start:g}"
        if self.word == "stages":
            lowest = min(min(piece.start, piece.end) for piece in self.pieces)
            return f"stages of {lowest:g} to {rate}"
        return rate

    @cached_property
    def _ends(self) -> tuple[Fraction, ...]:
        return tuple(accumulate(_exact(piece.seconds) for piece in self.pieces))

    @cached_property
    def _sums(self) -> tuple[Fraction, ...]:
        """Arrivals up to the end of each piece."""
        return tuple(accumulate(piece.area for piece in self.pieces))

    @cached_property
    def total(self) -> int:
        """Arrivals of the whole shape: those of which the integral falls short by less than one."""
        return math.ceil(self._sums[-1])

    def moments(self, *, open_end: bool = False) -> Iterator[float]:
        """When each arrival is due, in seconds; with ``open_end`` without end, at the last rate."""
        for piece, began, first, last, before in self._rows:
            offset, start, slope = float(first - before), piece.start, piece.slope
            # What Piece.due says, without a call for each arrival.
            if slope == 0.0:
                for index in range(last - first):
                    yield began + (index + offset) / start
                continue
            square, twice, root = start * start, 2.0 * slope, math.sqrt
            for index in range(last - first):
                done = index + offset
                under = square + twice * done
                divisor = start + root(under) if under > 0.0 else start
                into = 2.0 * done / divisor if divisor else 0.0
                yield began + (into if into < piece.seconds else piece.seconds)
        if open_end and self.last > 0:
            began, rate, offset = float(self._ends[-1]), self.last, float(self.total - self._sums[-1])
            yield from (began + (index + offset) / rate for index in count())

    def due(self, number: int) -> float:
        """When arrival ``number`` of the shape is due, in seconds, as ``moments`` says it."""
        if not 0 <= number < self.total:
            raise IndexError(number)
        piece, began, first, _, before = self._rows[bisect_right(self._lasts, number)]
        return began + piece.due((number - first) + float(first - before))

    @cached_property
    def _rows(self) -> tuple[tuple[Piece, float, int, int, Fraction], ...]:
        """Each piece with arrivals: when it begins, its first arrival, the first one after it, and the integral."""
        rows, began, before = [], 0.0, Fraction(0)
        for piece, end, after in zip(self.pieces, self._ends, self._sums, strict=True):
            first, last = math.ceil(before), math.ceil(after)
            if last > first:
                rows.append((piece, began, first, last, before))
            began, before = float(end), after
        return tuple(rows)

    @cached_property
    def _lasts(self) -> tuple[int, ...]:
        return tuple(row[3] for row in self._rows)

    def integral(self, seconds: float) -> Fraction:
        """Arrivals of its first ``seconds``, exactly; after its end, all of them."""
        moment = _exact(seconds)
        number = bisect_left(self._ends, moment)
        if number == len(self.pieces):
            return self._sums[-1]
        if number == 0:
            return self.pieces[0].until(moment)
        return self._sums[number - 1] + self.pieces[number].until(moment - self._ends[number - 1])

    def before(self, seconds: float) -> int:
        """Arrivals due before ``seconds``, by the very moments that ``moments`` gives: those are rounded, too."""
        if seconds <= 0:
            return 0
        number = min(math.ceil(self.integral(seconds)), self.total)
        while number > 0 and self.due(number - 1) >= seconds:
            number -= 1
        while number < self.total and self.due(number) < seconds:
            number += 1
        return number

    def most_within(self, seconds: float) -> float:
        """
        The largest integral over any stretch of ``seconds``.

        As the stretch moves, its integral is a parabola between the moments at which one of its ends passes from one
        piece to another; so the largest is at one of those, or at the vertex between two of them.
        """
        if seconds >= self.seconds:
            return float(self._sums[-1])
        edges = [0.0, *map(float, self._ends)]
        latest = self.seconds - seconds
        moves = sorted({min(max(at, 0.0), latest) for edge in edges for at in (edge, edge - seconds)})
        most = max(self._within(at, seconds) for at in moves)
        for left, right in pairwise(moves):
            first, middle, last = (self._within(at, seconds) for at in (left, (left + right) / 2.0, right))
            bend = 2.0 * (first - 2.0 * middle + last)
            vertex = (3.0 * first - 4.0 * middle + last) / (2.0 * bend) if bend < 0 else 0.0
            if 0.0 < vertex < 1.0:
                most = max(most, self._within(left + vertex * (right - left), seconds))
        return most

    def _within(self, at: float, seconds: float) -> float:
        return float(self.integral(at + seconds) - self.integral(at))

    def lengthened(self, seconds: float) -> Shape:
        """The same, and then its last rate until ``seconds``."""
        more = float(_exact(seconds) - self._ends[-1])
        return Shape(self.word, (*self.pieces, Piece(more, self.last, self.last)))


def _exact(value: float) -> Fraction:
    """The number that a person wrote: 0.1 is a tenth, which the nearest binary number is not."""
    return Fraction(repr(float(value)))
