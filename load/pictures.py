"""
What the pictures of a load run are drawn from: for each name and stretch of time, how long good answers took.

Stretches are seconds while there are at most ``MOST_ROWS`` of them; then each two become one, so that a run of half an
hour needs no more memory and no larger record than one of ten minutes. No verdict is taken from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from load.histogram import BUCKETS_PER_DOUBLING, edge_of, nearest_rank, rounded

MOST_ROWS = 600
"""As many columns as a picture on a page can show."""
_COARSE = 4
"""Buckets of a histogram that become one here: 2.2 % wide, a quarter of the memory."""
_HEAT_PER_DOUBLING = 2
_HEAT_BUCKETS = BUCKETS_PER_DOUBLING // _HEAT_PER_DOUBLING


@dataclass(slots=True)
class Cell:
    """Good answers of one name in one stretch: coarse buckets with their counts, and the longest of them."""

    buckets: dict[int, int] = field(default_factory=dict)
    longest_ms: float = 0.0

    def add(self, other: Cell) -> None:
        """The answers of another one."""
        for bucket, times in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + times
        self.longest_ms = max(self.longest_ms, other.longest_ms)

    def percentile(self, percent: float) -> float | None:
        """The nearest rank, at most 2.2 % above the truth and never above the longest; None where nothing is."""
        bucket = nearest_rank(self.buckets, percent)
        return None if bucket is None else rounded(min(edge_of(bucket * _COARSE), self.longest_ms))


@dataclass(slots=True)
class Picture:
    """Cells by stretch and name. ``width`` is the length of a stretch in blocks of one second, a power of two."""

    width: int = 1
    rows: dict[int, dict[str, Cell]] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set, compare=False)

    def record(self, block: int, name: str, bucket: int, milliseconds: float) -> None:
        """One more good answer, due in second ``block``; ``bucket`` is its bucket in a histogram."""
        row = block // self.width
        self.touched.add(row)
        cell = self._cell(row, name)
        coarse = -(-bucket // _COARSE)
        cell.buckets[coarse] = cell.buckets.get(coarse, 0) + 1
        if milliseconds > cell.longest_ms:
            cell.longest_ms = milliseconds
        if len(self.rows) > MOST_ROWS:
            self.widen(self.width * 2)

    def _cell(self, row: int, name: str) -> Cell:
        cells = self.rows.get(row)
        if cells is None:
            cells = self.rows[row] = {}
        cell = cells.get(name)
        if cell is None:
            cell = cells[name] = Cell()
        return cell

    def widen(self, width: int) -> None:
        """Makes every stretch ``width`` blocks long; ``width`` is a multiple of today's."""
        times, narrow = width // self.width, self.rows
        self.width, self.rows = width, {}
        for row, cells in narrow.items():
            for name, cell in cells.items():
                self._cell(row // times, name).add(cell)
        self.touched = set(self.rows)

    def add(self, other: Picture) -> None:
        """The answers of another one, whatever the length of its stretches."""
        if self.width < other.width:
            self.widen(other.width)
        for row, cells in other.rows.items():
            for name, cell in cells.items():
                self._cell(row * other.width // self.width, name).add(cell)

    def as_list(self, rows: Iterable[int] | None = None) -> list[Any]:
        """Width, then row, name, longest and buckets of each cell: plain values that cross to the master."""
        return [
            self.width,
            [
                [row, name, cell.longest_ms, [number for pair in cell.buckets.items() for number in pair]]
                for row in (self.rows if rows is None else rows)
                for name, cell in self.rows.get(row, {}).items()
            ],
        ]

    def take(self, values: Sequence[Any]) -> None:
        """Later values of the same generator replace the earlier ones; wider stretches replace all."""
        width, cells = values
        if width != self.width:
            self.width, self.rows = width, {}
        for row, name, longest, numbers in cells:
            buckets = dict(zip(numbers[::2], numbers[1::2], strict=True))
            self.rows.setdefault(row, {})[name] = Cell(buckets, longest)

    def lines(self, name: str, rows: int) -> dict[str, list[float | None]]:
        """p50, p99 and the longest of each of ``rows`` stretches, in milliseconds; None where a stretch has nothing."""
        cells = [self.rows.get(row, {}).get(name) for row in range(rows)]
        return {
            "p50_ms": [cell and cell.percentile(50.0) for cell in cells],
            "p99_ms": [cell and cell.percentile(99.0) for cell in cells],
            "max_ms": [cell and rounded(cell.longest_ms) for cell in cells],
        }

    def heat(self, rows: int) -> dict[str, Any]:
        """Good answers of all names by stretch and by duration; ``edges_ms`` are the upper edges of the durations."""
        counted = [dict(self._durations(row)) for row in range(rows)]
        seen = [bucket for row in counted for bucket in row]
        edges = range(min(seen), max(seen) + 1) if seen else range(0)
        return {
            "edges_ms": [rounded(edge_of(edge * _HEAT_BUCKETS)) for edge in edges],
            "counts": [[row.get(edge, 0) for edge in edges] for row in counted],
        }

    def _durations(self, row: int) -> Iterator[tuple[int, int]]:
        sums: dict[int, int] = {}
        for cell in self.rows.get(row, {}).values():
            for bucket, times in cell.buckets.items():
                wide = -(-bucket * _COARSE // _HEAT_BUCKETS)
                sums[wide] = sums.get(wide, 0) + times
        return iter(sums.items())
