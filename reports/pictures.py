"""What a load run looked like: latency over time with its limits, due against sent, heat map, errors, generator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

from prodverify.record.run import RunRecord
from reports import axes
from reports.axes import Axis, Numbers, Tick
from reports.wording import amount

_MOST_NAMES, _MOST_REASONS = 8, 20
_HEAT_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a picture: its word in the legend and its path."""

    word: str
    path: str


@dataclass(frozen=True, slots=True)
class Limit:
    """What a line must stay below: its place from the top, and its words."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing. ``warm_up`` is the place from the left up to which nothing is judged; 0 where there is none."""

    title: str
    caption: str
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...]
    across: tuple[Tick, ...]
    upwards: tuple[Tick, ...]
    warm_up: float
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A small table: its heads, its rows."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 0


@dataclass(frozen=True, slots=True)
class LoadView:
    """The pictures and tables of a load run; empty where the record is of another kind."""

    pictures: tuple[Picture, ...] = ()
    tables: tuple[Rows, ...] = ()
    left: int = 0


def load_view(record: RunRecord) -> LoadView:
    """What ``record.load`` lets one draw; a part that it lacks is left out."""
    load = record.load or {}
    series: Mapping[str, Mapping[str, Any]] = load.get("series") or {}
    tables = tuple(table for table in (_errors(load), _generator(load), _previous(load)) if table.rows)
    if not series:
        return LoadView(tables=tables)
    scene = _Scene.of(load, series)
    pictures = [scene.latency(name, of) for name, of in islice(series.items(), _MOST_NAMES)]
    pictures.append(scene.arrivals(load.get("due") or (), load.get("sent") or ()))
    if heat := scene.heat(load.get("heat") or {}):
        pictures.append(heat)
    return LoadView(tuple(pictures), tables, max(0, len(series) - _MOST_NAMES))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all pictures share: the time, how many columns of the record become one, and when the plan ended."""

    seconds: float
    together: int
    x: Axis
    warm_up: float
    ended: float

    @classmethod
    def of(cls, load: Mapping[str, Any], series: Mapping[str, Mapping[str, Any]]) -> _Scene:
        each = float(load.get("seconds_per_block") or 1.0)
        columns = max(len(load.get("due") or ()), *(len(of.get("asked") or ()) for of in series.values()))
        together = axes.columns_together(columns)
        x = axes.across(columns * each)
        warm_up = float(load.get("warm_up_blocks") or 0) * each
        ended = float((load.get("plan") or {}).get("duration_seconds") or columns * each)
        return cls(each * together, together, x, x.place(warm_up) if warm_up else 0.0, ended)

    def latency(self, name: str, of: Mapping[str, Any]) -> Picture:
        thresholds = sorted(float(each) for each in of.get("bad") or ())
        values = {word: _numbers(of.get(f"{word}_ms")) for word in ("max", "p99", "p50")}
        lines = {
            word: axes.thinned(numbers, self.together, median if word == "p50" else max)
            for word, numbers in values.items()
        }
        seen = [value for numbers in lines.values() for value in numbers if value is not None]
        y = axes.by_magnitude(min((*seen, *thresholds), default=1.0), max((*seen, *thresholds), default=10.0))
        asked, errors = sum(of.get("asked") or ()), sum(of.get("errors") or ())
        limited = sum(of.get("limited") or ())
        late = [f"{_later(of, each)} later than {amount(each)} ms" for each in thresholds]
        told = [f"{asked:,} arrivals judged", f"{errors:,} errors", *late]
        if limited:
            told.append(f"{limited:,} refused by the rate limit")
        return Picture(
            title=f"Latency of {name}, ms from when it was due",
            caption=", ".join(told),
            lines=tuple(Line(word, axes.line(numbers, self.seconds, self.x, y)) for word, numbers in lines.items()),
            limits=tuple(Limit(y.place(each), f"{amount(each)} ms") for each in thresholds),
            across=self.x.ticks,
            upwards=y.ticks,
            warm_up=self.warm_up,
        )

    def arrivals(self, due: Sequence[float], sent: Sequence[float]) -> Picture:
        """Arrivals a second; where both lines are one, the generator kept its plan."""
        lines = {word: self._rate(numbers) for word, numbers in (("due", due), ("sent", sent))}
        y = axes.upwards(
            max((value for numbers in lines.values() for value in numbers if value is not None), default=1.0)
        )
        return Picture(
            title="Due against sent, arrivals a second",
            caption=f"{int(sum(sent)):,} of {int(sum(due)):,} arrivals sent",
            lines=tuple(Line(word, axes.line(numbers, self.seconds, self.x, y)) for word, numbers in lines.items()),
            limits=(),
            across=self.x.ticks,
            upwards=y.ticks,
            warm_up=self.warm_up,
        )

    def heat(self, heat: Mapping[str, Any]) -> Picture | None:
        """How many answers took how long, when: the darker, the more; each level is twice the one below."""
        edges, counts = [float(edge) for edge in heat.get("edges_ms") or ()], heat.get("counts") or ()
        if not edges or not counts:
            return None
        merged = [
            [sum(column[row] for column in counts[start : start + self.together]) for row in range(len(edges))]
            for start in range(0, len(counts), self.together)
        ]
        most = max((count for column in merged for count in column), default=0)
        ratio = edges[1] / edges[0] if len(edges) > 1 else 2.0
        y = axes.by_magnitude(edges[0] / ratio, edges[-1])
        paths: list[list[str]] = [[] for _ in range(_HEAT_LEVELS)]
        for index, column in enumerate(merged):
            left, right = self.x.place(index * self.seconds), self.x.place((index + 1) * self.seconds)
            for edge, count in zip(edges, column, strict=True):
                if count:
                    bottom, top = y.place(edge / ratio), y.place(edge)
                    paths[_level(count, most)].append(f"M{left:g} {top:g}H{right:g}V{bottom:g}H{left:g}z")
        return Picture(
            title="How many answers took how long, ms",
            caption=f"at most {most:,} answers in one cell; of good answers alone",
            lines=(),
            limits=(),
            across=self.x.ticks,
            upwards=y.ticks,
            warm_up=self.warm_up,
            cells=tuple("".join(path) for path in paths),
        )

    def _rate(self, counts: Sequence[float]) -> list[float | None]:
        # The plan may end within the last column: half a column is a rate, less than that is none.
        rates: list[float | None] = []
        for index, total in enumerate(axes.thinned(counts, self.together, sum)):
            left = self.ended - index * self.seconds
            seconds = left if 0.0 < left < self.seconds else self.seconds
            rates.append(None if total is None or seconds < self.seconds / 2 else total / seconds)
        return rates


def _later(of: Mapping[str, Any], threshold: float) -> str:
    """Answers beyond ``threshold``, which the record counts together with errors."""
    bad = next(counts for text, counts in of["bad"].items() if float(text) == threshold)
    return f"{max(0, sum(bad) - sum(of.get('errors') or ())):,}"


def _level(count: int, most: int) -> int:
    """0 for the fewest to the highest level; each holds counts up to twice those of the one below."""
    level = _HEAT_LEVELS - 1
    while level and count * 2 <= most:
        count, level = count * 2, level - 1
    return level


def _numbers(values: Any) -> Numbers:
    return list(values or ())


def _errors(load: Mapping[str, Any]) -> Rows:
    found = [
        (str(name), str(reason), f"{count:,}")
        for name, reasons in (load.get("errors") or {}).items()
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1])
    ]
    return Rows(
        "Errors by kind", ("Asked", "Error", "Count"), tuple(found[:_MOST_REASONS]), max(0, len(found) - _MOST_REASONS)
    )


def _generator(load: Mapping[str, Any]) -> Rows:
    workers = (load.get("generator") or {}).get("workers") or ()
    heads = ("Worker", "Sent", "Processor", "Lag p99", "Memory")
    return Rows("Generator", heads, tuple(_worker(worker) for worker in workers))


def _worker(worker: Mapping[str, Any]) -> tuple[str, ...]:
    def told(key: str, unit: str) -> str:
        value = worker.get(key)
        return "" if value is None else f"{amount(value)} {unit}"

    sent = worker.get("sent")
    return (
        str(worker.get("index", "")),
        "" if sent is None else f"{sent:,}",
        told("cpu_percent", "%"),
        told("lag_p99_ms", "ms"),
        told("rss_mib", "MiB"),
    )


def _previous(load: Mapping[str, Any]) -> Rows:
    """The objectives of the runs before, newest first."""
    heads = ("Run", "Verdict", "Objective", "Observed", "n", "p50 / p95 / p99 ms")
    return Rows("The last runs of this target", heads, tuple(_objectives(load.get("previous") or ())))


def _objectives(runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for run in runs:
        for row in run.get("objectives", ()):
            yield (
                str(run.get("started_at", ""))[:16].replace("T", " "),
                str(run.get("verdict", "")),
                str(row.get("name", "")),
                str(row.get("observed", "")),
                f"{int(row.get('n', 0)):,}",
                str(row.get("percentiles", "")),
            )
