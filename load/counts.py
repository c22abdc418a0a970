"""What one worker counted, as plain numbers that add up exactly over workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodverify.objectives.counts import Counts

_BUCKETS_PER_DOUBLING = 128
"""Percentiles in the evidence are upper edges of buckets that are 0.54 % wide; no verdict is taken from them."""


@dataclass(slots=True)
class Histogram:
    """Durations in milliseconds, counted in logarithmic buckets. For information, never for a verdict."""

    buckets: dict[int, int] = field(default_factory=dict)

    def record(self, milliseconds: float) -> None:
        """One more duration; nothing is shorter than a microsecond."""
        bucket = math.ceil(math.log2(max(milliseconds, 0.001)) * _BUCKETS_PER_DOUBLING)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def add(self, buckets: Mapping[Any, int]) -> None:
        """The buckets of another one; keys may be texts, as JSON makes them."""
        for bucket, count in buckets.items():
            self.buckets[int(bucket)] = self.buckets.get(int(bucket), 0) + count

    def percentile(self, percent: float) -> float | None:
        """The upper edge of the bucket that holds the nearest rank, in milliseconds; None where nothing was counted."""
        total = sum(self.buckets.values())
        rank, seen = math.ceil(total * percent / 100.0), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                return float(2.0 ** (bucket / _BUCKETS_PER_DOUBLING))
        return None

    def as_dict(self) -> dict[str, float | None]:
        """Three percentiles for the evidence, in milliseconds."""
        return {f"p{percent}_ms": _rounded(self.percentile(percent)) for percent in (50, 95, 99)}


@dataclass(slots=True)
class Tally:
    """
    What became of the judged arrivals of one name.

    ``asked`` were sent; of these ``limited`` were answered by the rate limiter and are evidence about nothing else.
    ``errors`` maps a short reason to its count. ``late`` maps each threshold in milliseconds to the good answers that
    took longer, counted exactly, from when they were due; ``late_from_send`` the same from when they were sent.
    """

    thresholds: tuple[float, ...]
    asked: int = 0
    limited: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    late: dict[float, int] = field(default_factory=dict)
    late_from_send: dict[float, int] = field(default_factory=dict)
    from_due: Histogram = field(default_factory=Histogram)
    from_send: Histogram = field(default_factory=Histogram)

    def good(self, from_due_ms: float, from_send_ms: float) -> None:
        """One answer as promised, with its two durations."""
        self.asked += 1
        self.from_due.record(from_due_ms)
        self.from_send.record(from_send_ms)
        for threshold in self.thresholds:
            if from_due_ms > threshold:
                self.late[threshold] = self.late.get(threshold, 0) + 1
            if from_send_ms > threshold:
                self.late_from_send[threshold] = self.late_from_send.get(threshold, 0) + 1

    def error(self, reason: str) -> None:
        """One arrival without a good answer."""
        self.asked += 1
        self.errors[reason] = self.errors.get(reason, 0) + 1

    def refused(self) -> None:
        """One arrival that the rate limiter answered."""
        self.asked += 1
        self.limited += 1

    @property
    def failed(self) -> int:
        """Arrivals without a good answer, the limiter's refusals left out."""
        return sum(self.errors.values())

    def latency(self, threshold_ms: float) -> Counts:
        """Asked and not refused; bad are those answered late and those without a good answer."""
        return Counts(self.asked - self.limited, self.late.get(threshold_ms, 0) + self.failed)

    def success(self) -> Counts:
        """Asked and not refused; bad are those without a good answer."""
        return Counts(self.asked - self.limited, self.failed)

    def add(self, values: Mapping[str, Any]) -> None:
        """The counts that another worker's ``as_dict`` holds."""
        self.asked += values["asked"]
        self.limited += values["limited"]
        for reason, count in values["errors"].items():
            self.errors[reason] = self.errors.get(reason, 0) + count
        for mine, theirs in ((self.late, values["late"]), (self.late_from_send, values["late_from_send"])):
            for threshold, count in theirs.items():
                mine[float(threshold)] = mine.get(float(threshold), 0) + count
        self.from_due.add(values["from_due"])
        self.from_send.add(values["from_send"])

    def as_dict(self) -> dict[str, Any]:
        """Plain values that cross to the master."""
        return {
            "asked": self.asked,
            "limited": self.limited,
            "errors": dict(self.errors),
            "late": {str(threshold): count for threshold, count in self.late.items()},
            "late_from_send": {str(threshold): count for threshold, count in self.late_from_send.items()},
            "from_due": {str(bucket): count for bucket, count in self.from_due.buckets.items()},
            "from_send": {str(bucket): count for bucket, count in self.from_send.buckets.items()},
        }


@dataclass(slots=True)
class Book:
    """
    Everything one worker counted, or all of them together.

    ``sent`` arrivals were sent, the warm-up included; ``warm_up`` of these are judged by nobody. ``lag`` is what the
    generator itself lost between an arrival's due time and the moment it was taken up; ``lagged`` of them lost more
    than ``lag_limit_ms``.
    """

    thresholds: Mapping[str, tuple[float, ...]]
    lag_limit_ms: float
    sent: int = 0
    warm_up: int = 0
    requests: int = 0
    unsent: int = 0
    lagged: int = 0
    lag: Histogram = field(default_factory=Histogram)
    names: dict[str, Tally] = field(default_factory=dict)
    warm_up_errors: dict[str, int] = field(default_factory=dict)

    def tally(self, name: str) -> Tally:
        """The counts of ``name``, begun at zero."""
        if name not in self.names:
            self.names[name] = Tally(self.thresholds.get(name, ()))
        return self.names[name]

    def took_up(self, lag_ms: float) -> None:
        """One arrival was taken up ``lag_ms`` after it was due."""
        self.sent += 1
        self.lag.record(lag_ms)
        if lag_ms > self.lag_limit_ms:
            self.lagged += 1

    def add(self, values: Mapping[str, Any]) -> None:
        """The counts that another worker's ``as_dict`` holds."""
        for key in _SUMS:
            setattr(self, key, getattr(self, key) + values[key])
        self.lag.add(values["lag"])
        for name, tally in values["names"].items():
            self.tally(name).add(tally)
        for reason, count in values["warm_up_errors"].items():
            self.warm_up_errors[reason] = self.warm_up_errors.get(reason, 0) + count

    def as_dict(self) -> dict[str, Any]:
        """Plain values that cross to the master; always all that was counted since the start, so that none is lost."""
        return {
            **{key: getattr(self, key) for key in _SUMS},
            "lag": {str(bucket): count for bucket, count in self.lag.buckets.items()},
            "names": {name: tally.as_dict() for name, tally in self.names.items()},
            "warm_up_errors": dict(self.warm_up_errors),
        }


_SUMS = ("sent", "warm_up", "requests", "unsent", "lagged")


def merged(book: Book, workers: Iterable[Mapping[str, Any]]) -> Book:
    """A new book with the limits of ``book`` and the counts of all ``workers``."""
    together = Book(book.thresholds, book.lag_limit_ms)
    for values in workers:
        together.add(values)
    return together


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
