"""From numbers to places in a picture: scales with ticks that a person reads, and lines that stay small."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 160
"""The drawing's own units; a page scales it to its column."""
LEFT, BOTTOM, TOP, RIGHT = 56, 20, 10, 12
_MOST_POINTS = 200
"""Columns that a picture of this width can show apart."""

Numbers = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in the drawing's units, and what it says there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Places of values, and the ticks to be written beside them."""

    place: Callable[[float], float]
    ticks: tuple[Tick, ...]


def across(seconds: float) -> Axis:
    """Time from 0 to ``seconds``, left to right."""
    wide = WIDTH - LEFT - RIGHT
    seconds = max(seconds, 1e-9)

    def place(value: float) -> float:
        return _tidy(LEFT + wide * value / seconds)

    step = _round_step(seconds / 6)
    return Axis(place, tuple(Tick(place(at), _seconds(at)) for at in _multiples(step, seconds)))


def upwards(highest: float) -> Axis:
    """Counts from 0 to ``highest``, bottom to top."""
    high, highest = HEIGHT - BOTTOM - TOP, max(highest, 1e-9)
    step = _round_step(highest / 3)

    def place(value: float) -> float:
        return _tidy(HEIGHT - BOTTOM - high * min(value, highest) / highest)

    return Axis(place, tuple(Tick(place(at), f"{at:,.10g}") for at in _multiples(step, highest)))


def by_magnitude(lowest: float, highest: float) -> Axis:
    """Durations in milliseconds, bottom to top, each decade as high as the next: a freeze hides no everyday answer."""
    low = math.floor(math.log10(max(lowest, 0.01)))
    high = max(low + 1, math.ceil(math.log10(max(highest, 0.01))))
    tall = HEIGHT - BOTTOM - TOP

    def place(value: float) -> float:
        inside = min(max(math.log10(max(value, 1e-9)), low), high)
        return _tidy(HEIGHT - BOTTOM - tall * (inside - low) / (high - low))

    return Axis(place, tuple(Tick(place(10.0**power), f"{10.0**power:,g}") for power in range(low, high + 1)))


def line(values: Numbers, seconds_each: float, x: Axis, y: Axis) -> str:
    """The path of ``values``, each in the middle of its stretch of time; it is interrupted where there are none."""
    parts: list[str] = []
    drawing = False
    for index, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        parts.append(f"{'L' if drawing else 'M'}{x.place((index + 0.5) * seconds_each):g} {y.place(value):g}")
        if not drawing and (index + 1 == len(values) or values[index + 1] is None):
            parts.append("h1")  # a value between nothing and nothing is a dot
        drawing = True
    return "".join(parts)


def thinned(values: Numbers, together: int, of: Callable[[Iterable[float]], float] = max) -> list[float | None]:
    """Each ``together`` values as one: the largest of them unless ``of`` says another; None where there are none."""
    groups = (values[start : start + together] for start in range(0, len(values), together))
    seen = ([value for value in group if value is not None] for group in groups)
    return [of(group) if group else None for group in seen]


def columns_together(columns: int) -> int:
    """How many columns become one, so that a picture of ``columns`` has no more points than it can show."""
    return max(1, -(-columns // _MOST_POINTS))


def _multiples(step: float, highest: float) -> list[float]:
    return [step * index for index in range(int(highest / step + 1e-9) + 1)]


def _round_step(about: float) -> float:
    """1, 2 or 5 times a power of ten, at least ``about``."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(times * power for times in (1.0, 2.0, 5.0, 10.0) if times * power >= about * (1 - 1e-9))


def _seconds(at: float) -> str:
    return f"{at:g} s" if at < 300 or at % 60 else f"{at / 60:g} min"


def _tidy(place: float) -> float:
    return round(place, 1)
