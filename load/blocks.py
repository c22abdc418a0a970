"""
Counts by blocks of one second, by when each arrival was due on the plan's own clock.

Workers need no common clock for that: an arrival is due in the same second whoever sends it, so the blocks of all
workers add up exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from load.ours import refused, unasked
from prodverify.objectives.counts import NOTHING, Counts

SECONDS_PER_BLOCK = 1.0

_ASKED, _LIMITED, _INTERCEPTED, _FAILED, _FIRST_LATE = range(5)


@dataclass(slots=True)
class Series:
    """
    What became of the judged arrivals of one name, block by block.

    A row holds how many were asked; of these how many the rate limiter answered, how many something else in place of
    the application, and how many failed; then for each of ``thresholds`` (milliseconds) the good answers that took
    longer, first all from when they were due, then all from when they were sent. ``kinds`` says why they failed, and
    ``refusals`` how often which credential was refused; ``accepted`` are the credentials that got a good answer at
    some time, the warm-up included. Credentials are numbered from 0. Each worker has secrets of its own: of others only
    those refusals are added whose credential that one never saw accepted.
    """

    thresholds: tuple[float, ...]
    rows: dict[int, list[int]] = field(default_factory=dict)
    kinds: dict[int, dict[str, int]] = field(default_factory=dict)
    refusals: dict[int, dict[int, int]] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set, compare=False)

    def row(self, block: int) -> list[int]:
        """The row of ``block``, begun at zero."""
        row = self.rows.get(block)
        if row is None:
            row = self.rows[block] = [0] * (_FIRST_LATE + 2 * len(self.thresholds))
        return row

    def good(self, block: int, from_due_ms: float, from_send_ms: float) -> None:
        """One answer as promised, with its two durations."""
        row = self.row(block)
        row[_ASKED] += 1
        at = _FIRST_LATE
        for threshold in self.thresholds:
            if from_due_ms > threshold:
                row[at] += 1
                if from_send_ms > threshold:
                    row[at + len(self.thresholds)] += 1
            at += 1

    def failed(self, block: int, reason: str, credential: int = 0) -> None:
        """One arrival without a good answer, that was asked with ``credential``."""
        row = self.row(block)
        row[_ASKED] += 1
        row[_FAILED] += 1
        kinds = self.kinds.setdefault(block, {})
        kinds[reason] = kinds.get(reason, 0) + 1
        if refused(reason):
            refusals = self.refusals.setdefault(block, {})
            refusals[credential] = refusals.get(credential, 0) + 1

    def limited(self, block: int) -> None:
        """One arrival that the rate limiter answered."""
        row = self.row(block)
        row[_ASKED] += 1
        row[_LIMITED] += 1

    def intercepted(self, block: int) -> None:
        """One arrival that a proxy or firewall answered in place of the application."""
        row = self.row(block)
        row[_ASKED] += 1
        row[_INTERCEPTED] += 1

    def add_to(self, totals: list[int], bad: list[int], first: int, columns: Sequence[int], *, at_best: bool) -> None:
        """Adds the blocks from ``first`` on, as many as the lists are long; ``columns`` are those of bad answers."""
        for block, row in self.rows.items():
            at = block - first
            if 0 <= at < len(totals):
                totals[at] += row[_ASKED] if at_best else row[_ASKED] - row[_LIMITED] - row[_INTERCEPTED]
                for column in columns:
                    bad[at] += row[column]
                if at_best:
                    bad[at] -= self._ours(block)

    def _ours(self, block: int) -> int:
        """Failures of a block that say nothing about the service: see ``load.ours``."""
        kinds, refusals = self.kinds.get(block, {}), self.refusals.get(block, {})
        never = sum(count for credential, count in refusals.items() if credential not in self.accepted)
        return never + sum(count for reason, count in kinds.items() if unasked(reason))

    def never_accepted(self) -> dict[int, int]:
        """Credentials that were refused and never got a good answer, with the number of refusals."""
        sums: dict[int, int] = {}
        for refusals in self.refusals.values():
            _add(sums, refusals)
        return {credential: count for credential, count in sorted(sums.items()) if credential not in self.accepted}

    def columns(self, threshold_ms: float | None, *, from_send: bool) -> tuple[int, ...]:
        """The columns of bad answers. Raises ValueError for a threshold that was not counted."""
        if not threshold_ms:
            return (_FAILED,)
        later = len(self.thresholds) if from_send else 0
        return _FAILED, _FIRST_LATE + self.thresholds.index(threshold_ms) + later

    def late(self, threshold_ms: float, *, from_send: bool = False) -> int:
        """Good answers of the whole run that took longer than ``threshold_ms``."""
        column = self.columns(threshold_ms, from_send=from_send)[-1]
        return sum(row[column] for row in self.rows.values())

    def total(self, column: str) -> int:
        """The sum over all blocks of ``asked``, ``limited``, ``intercepted`` or ``failed``."""
        return sum(row[_COLUMNS[column]] for row in self.rows.values())

    def reasons(self) -> dict[str, int]:
        """Why arrivals failed, with their number, over all blocks."""
        sums: dict[str, int] = {}
        for kinds in self.kinds.values():
            _add(sums, kinds)
        return sums

    def column(self, name: str, blocks: range, width: int) -> list[int]:
        """``name`` of consecutive stretches of ``width`` blocks, for pictures."""
        at = _COLUMNS[name]
        return summed((self.rows[block][at] if block in self.rows else 0 for block in blocks), width)

    def bad(self, threshold_ms: float, blocks: range, width: int) -> list[int]:
        """What is bad by ``threshold_ms`` in consecutive stretches of ``width`` blocks, for pictures."""
        counted = together([self], threshold_ms, blocks, from_send=False, at_best=False)
        return summed((counts.bad for counts in counted), width)

    def add(self, other: Series) -> None:
        """The counts of another one with the same thresholds."""
        for block, theirs in other.rows.items():
            mine = self.row(block)
            for at, count in enumerate(theirs):
                mine[at] += count
        for block, kinds in other.kinds.items():
            _add(self.kinds.setdefault(block, {}), kinds)
        for block, refusals in other.refusals.items():
            never = {credential: count for credential, count in refusals.items() if credential not in other.accepted}
            _add(self.refusals.setdefault(block, {}), never)

    def as_list(self, blocks: Iterable[int] | None = None) -> list[Any]:
        """Rows with reasons and refusals, of all blocks or of those: plain values that cross to the master."""
        wanted = self.rows if blocks is None else [block for block in blocks if block in self.rows]
        return [
            [block, self.rows[block], self.kinds.get(block, {}), [*self.refusals.get(block, {}).items()]]
            for block in wanted
        ]

    def take(self, values: Sequence[Any]) -> None:
        """Later values of the same generator replace the earlier ones of their blocks."""
        for block, row, kinds, refusals in values:
            self.rows[block] = list(row)
            if kinds:
                self.kinds[block] = dict(kinds)
            if refusals:
                self.refusals[block] = dict(refusals)


def _add(sums: dict[Any, int], more: Mapping[Any, int]) -> None:
    for key, count in more.items():
        sums[key] = sums.get(key, 0) + count


_COLUMNS = {"asked": _ASKED, "limited": _LIMITED, "intercepted": _INTERCEPTED, "failed": _FAILED}


def together(
    series: Sequence[Series], threshold_ms: float | None, blocks: range, *, from_send: bool, at_best: bool
) -> list[Counts]:
    """
    The counts of several names in consecutive blocks, empty ones included: what the application answered of the
    arrivals that were due in a block, and what was bad of it, which is no good answer or, by ``threshold_ms``, a late
    one. Raises ValueError for a threshold that was not counted.

    ``from_send`` takes durations from when an arrival was sent. ``at_best`` takes what something else answered, and
    what failed by a fault of ours, for good answers of the application. It is quick, since a generator asks it while it
    sends.
    """
    totals, bad = [0] * len(blocks), [0] * len(blocks)
    for each in series:
        columns = each.columns(threshold_ms, from_send=from_send)
        each.add_to(totals, bad, blocks.start, columns, at_best=at_best)
    known = {(0, 0): NOTHING}  # most seconds are like the others
    for pair in set(zip(totals, bad, strict=True)):
        known.setdefault(pair, Counts(*pair))
    return [known[pair] for pair in zip(totals, bad, strict=True)]


def summed(numbers: Iterable[int], width: int) -> list[int]:
    """The sums of each ``width`` consecutive numbers, the last of what is left."""
    every = list(numbers)
    return [sum(every[at : at + width]) for at in range(0, len(every), width)]


@dataclass(slots=True)
class Ledger:
    """
    What the generator itself did, by block, all names and the warm-up together.

    A row holds the arrivals that were *sent in* that second; and of those *due in* it how many have their outcome, how
    many of these the limiter answered, and how many got no good answer of whoever.
    """

    rows: dict[int, list[int]] = field(default_factory=dict)

    def row(self, block: int) -> list[int]:
        """The row of ``block``, begun at zero."""
        row = self.rows.get(block)
        if row is None:
            row = self.rows[block] = [0, 0, 0, 0]
        return row

    def sent(self, block: int) -> int:
        """Arrivals that were sent in that second, whenever they were due."""
        row = self.rows.get(block)
        return row[0] if row else 0

    def recorded(self, block: int) -> int:
        """Arrivals due in that second of which the outcome is known."""
        row = self.rows.get(block)
        return row[1] if row else 0

    def failing(self, blocks: range) -> Counts:
        """Arrivals due in ``blocks`` that the limiter did not answer, and of these those without a good answer."""
        rows = [self.rows[block] for block in blocks if block in self.rows]
        return Counts(sum(row[1] - row[2] for row in rows), sum(row[3] for row in rows))

    def add(self, other: Ledger) -> None:
        """The counts of another one."""
        for block, theirs in other.rows.items():
            mine = self.row(block)
            for at, count in enumerate(theirs):
                mine[at] += count

    def as_list(self, blocks: Iterable[int] | None = None) -> list[Any]:
        """All rows, or those of ``blocks``: plain values that cross to the master."""
        wanted = self.rows if blocks is None else [block for block in blocks if block in self.rows]
        return [[block, self.rows[block]] for block in wanted]

    def take(self, values: Sequence[Any]) -> None:
        """Later values of the same generator replace the earlier ones of their blocks."""
        for block, row in values:
            self.rows[block] = list(row)
