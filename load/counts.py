"""What one worker counted, as plain numbers that add up exactly over workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from load.asides import Aside
from load.blocks import Ledger, Series, together
from load.histogram import Histogram, bucket_of, rounded
from load.pictures import Picture
from prodverify.objectives.counts import Counts


@dataclass(slots=True)
class Tally:
    """
    What became of the judged arrivals of one name. Verdicts are taken from ``series`` alone.

    ``from_due`` and ``from_send`` tell how long good answers took from when they were due, and from when they were
    sent; for a journey that is the whole of it, and ``last`` is its last request alone. ``strangers`` says what else
    answered in place of the application.
    """

    series: Series
    strangers: dict[str, int] = field(default_factory=dict)
    from_due: Histogram = field(default_factory=Histogram)
    from_send: Histogram = field(default_factory=Histogram)
    last: Histogram = field(default_factory=Histogram)

    def good(self, from_due_ms: float, from_send_ms: float, *, block: int = 0, last_ms: float | None = None) -> int:
        """One answer as promised, with its two durations; gives the bucket of the first of them."""
        self.series.good(block, from_due_ms, from_send_ms)
        bucket = bucket_of(from_due_ms)
        self.from_due.count(bucket)
        self.from_send.record(from_send_ms)
        if last_ms is not None:
            self.last.record(last_ms)
        return bucket

    def error(self, reason: str, *, block: int = 0, credential: int = 0) -> None:
        """One arrival without a good answer, that was asked with ``credential``."""
        self.series.failed(block, reason, credential)

    def refused(self, *, block: int = 0) -> None:
        """One arrival that the rate limiter answered."""
        self.series.limited(block)

    def stranger(self, who: str, *, block: int = 0) -> None:
        """One arrival that something else answered in place of the application."""
        self.series.intercepted(block)
        self.strangers[who] = self.strangers.get(who, 0) + 1

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Milliseconds beyond which answers are counted as late, each apart."""
        return self.series.thresholds

    @property
    def asked(self) -> int:
        """Arrivals that were sent."""
        return self.series.total("asked")

    @property
    def limited(self) -> int:
        """Arrivals that the rate limiter answered; they are evidence about nothing else."""
        return self.series.total("limited")

    @property
    def intercepted(self) -> int:
        """Arrivals that a proxy or firewall answered in place of the application."""
        return self.series.total("intercepted")

    @property
    def failed(self) -> int:
        """Arrivals without a good answer of the application."""
        return self.series.total("failed")

    @property
    def errors(self) -> dict[str, int]:
        """Why they failed, with their number."""
        return self.series.reasons()

    def add(self, other: Tally) -> None:
        """The counts of another worker."""
        self.series.add(other.series)
        for who, count in other.strangers.items():
            self.strangers[who] = self.strangers.get(who, 0) + count
        for name in _HISTOGRAMS:
            getattr(self, name).add(getattr(other, name))

    def as_dict(self, blocks: Iterable[int] | None = None) -> dict[str, Any]:
        """Plain values that cross to the master."""
        histograms = {name: getattr(self, name).as_list() for name in _HISTOGRAMS}
        accepted = sorted(self.series.accepted)
        return {
            "series": self.series.as_list(blocks),
            "accepted": accepted,
            "strangers": dict(self.strangers),
            **histograms,
        }

    def take(self, values: Mapping[str, Any]) -> None:
        """Later values of the same worker replace the earlier ones."""
        self.series.take(values["series"])
        self.series.accepted = set(values["accepted"])
        self.strangers = dict(values["strangers"])
        for name in _HISTOGRAMS:
            setattr(self, name, Histogram.read(values[name]))


_HISTOGRAMS = ("from_due", "from_send", "last")


@dataclass(slots=True)
class Book:
    """
    Everything one worker counted, or all of them together.

    ``sent`` arrivals were sent, the warm-up included; ``warm_up`` of these are judged by nobody. ``unsent`` were due
    and waited for a free connection until the run ended. ``lag`` is what the generator itself lost between an
    arrival's due time and the moment it was taken up; ``lagged`` of them lost more than ``lag_limit_ms``; ``starved``
    waited because every connection was in use. ``generators`` are the worker's own numbers, one for each. ``asides``
    are closed loops beside the arrivals, which nothing above counts.
    """

    thresholds: Mapping[str, tuple[float, ...]]
    lag_limit_ms: float
    sent: int = 0
    warm_up: int = 0
    requests: int = 0
    unsent: int = 0
    lagged: int = 0
    starved: int = 0
    lag: Histogram = field(default_factory=Histogram)
    names: dict[str, Tally] = field(default_factory=dict)
    warm_up_errors: dict[str, int] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    picture: Picture = field(default_factory=Picture)
    own: dict[str, Any] = field(default_factory=dict, compare=False)
    others: list[dict[str, Any]] = field(default_factory=list, compare=False)
    asides: dict[str, Aside] = field(default_factory=dict)
    _touched: set[int] = field(default_factory=set, compare=False)
    _told: set[int] = field(default_factory=set, compare=False)

    def tally(self, name: str) -> Tally:
        """The counts of ``name``, begun at zero."""
        if name not in self.names:
            self.names[name] = Tally(Series(self.thresholds.get(name, ())))
        return self.names[name]

    def took_up(self, lag_ms: float, *, block: int = 0) -> None:
        """One arrival was taken up in second ``block``, ``lag_ms`` after it was due, and is being sent."""
        self.sent += 1
        self.ledger.row(block)[0] += 1
        self._touched.add(block)
        self.lag.record(lag_ms)
        if lag_ms > self.lag_limit_ms:
            self.lagged += 1

    def recorded_one(self, block: int, *, limited: bool, bad: bool) -> None:
        """The outcome of one arrival that was due in ``block`` is known."""
        row = self.ledger.row(block)
        row[1] += 1
        row[2] += limited
        row[3] += bad
        self._touched.add(block)

    def recorded(self, block: int) -> int:
        """Arrivals due in that second of which the outcome is known, the warm-up included."""
        return self.ledger.recorded(block)

    def failing(self, first: int, until: int) -> Counts:
        """Of all arrivals due in these seconds, those not answered by the limiter, and of them those gone wrong."""
        return self.ledger.failing(range(first, until))

    def series(
        self,
        names: Iterable[str],
        threshold_ms: float | None,
        *,
        first: int = 0,
        until: int | None = None,
        from_send: bool = False,
        at_best: bool = False,
    ) -> list[Counts]:
        """
        The judged arrivals of ``names`` by the second that they were due in, from ``first``, empty ones included.

        Without a threshold only errors are bad. ``from_send`` takes durations from when an arrival was sent;
        ``at_best`` takes what something else than the application answered, or a fault of ours, for good answers.
        """
        counted = [self.names[name].series for name in names if name in self.names]
        if until is None:
            until = max((block + 1 for each in counted for block in each.rows), default=first)
        return together(counted, threshold_ms, range(first, until), from_send=from_send, at_best=at_best)

    @property
    def generators(self) -> list[dict[str, Any]]:
        """Each worker's own numbers."""
        return self.others or [self._own()]

    def _own(self) -> dict[str, Any]:
        return {**self.own, "sent": self.sent, "lag_p99_ms": rounded(self.lag.percentile(99.0))}

    def add(self, other: Book) -> None:
        """The counts of another worker."""
        for key in _SUMS:
            setattr(self, key, getattr(self, key) + getattr(other, key))
        self.lag.add(other.lag)
        self.ledger.add(other.ledger)
        self.picture.add(other.picture)
        for name, tally in other.names.items():
            self.tally(name).add(tally)
        for reason, count in other.warm_up_errors.items():
            self.warm_up_errors[reason] = self.warm_up_errors.get(reason, 0) + count
        self.others.extend(other.generators)
        for name, aside in other.asides.items():
            self.asides.setdefault(name, Aside()).add(aside)

    def changes(self) -> dict[str, Any]:
        """
        What a worker tells each second: all of the small numbers, and the blocks that changed since the last but one
        time. Values are absolute, so that the next report makes good for one that was lost, and the last one, which is
        ``as_dict``, for all of them.
        """
        blocks = self._touched | self._told
        rows = {block // self.picture.width for block in blocks} | self.picture.touched
        self._touched, self._told, self.picture.touched = set(), self._touched, set()
        return self._values(blocks, rows)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values that cross to the master."""
        return self._values(None, None)

    def _values(self, blocks: set[int] | None, rows: set[int] | None) -> dict[str, Any]:
        return {
            **{key: getattr(self, key) for key in _SUMS},
            "lag": self.lag.as_list(),
            "names": {name: tally.as_dict(blocks) for name, tally in self.names.items()},
            "warm_up_errors": dict(self.warm_up_errors),
            "ledger": self.ledger.as_list(blocks),
            "picture": self.picture.as_list(rows),
            "generator": self._own(),
            "asides": {name: aside.as_dict() for name, aside in self.asides.items()},
        }

    def take(self, values: Mapping[str, Any]) -> None:
        """Later values of the same worker replace the earlier ones."""
        for key in _SUMS:
            setattr(self, key, values[key])
        self.lag = Histogram.read(values["lag"])
        for name, tally in values["names"].items():
            self.tally(name).take(tally)
        self.warm_up_errors = dict(values["warm_up_errors"])
        self.ledger.take(values["ledger"])
        self.picture.take(values["picture"])
        self.others = [dict(values["generator"])]
        self.asides = {name: Aside.read(aside) for name, aside in values["asides"].items()}


_SUMS = ("sent", "warm_up", "requests", "unsent", "lagged", "starved")


class Gathered:
    """What each worker has reported so far, by its index."""

    def __init__(self, empty: Book) -> None:
        self._empty = empty
        self._parts: dict[int, Book] = {}

    def took(self, worker: int, values: Mapping[str, Any]) -> None:
        """A report of ``worker``: its changes, or everything."""
        if worker not in self._parts:
            self._parts[worker] = Book(self._empty.thresholds, self._empty.lag_limit_ms)
        self._parts[worker].take({**values, "generator": {"index": worker, **values["generator"]}})

    def part(self, worker: int) -> Book | None:
        """What ``worker`` has reported, or None."""
        return self._parts.get(worker)

    def book(self) -> Book:
        """The counts of all of them."""
        whole = Book(self._empty.thresholds, self._empty.lag_limit_ms)
        for _, part in sorted(self._parts.items()):
            whole.add(part)
        return whole


def merged(book: Book, workers: Iterable[Mapping[str, Any]]) -> Book:
    """A new book with the limits of ``book`` and what all ``workers`` told with ``as_dict``."""
    gathered = Gathered(book)
    for number, values in enumerate(workers):
        gathered.took(number, values)
    return gathered.book()
