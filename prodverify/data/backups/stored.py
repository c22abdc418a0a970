"""One backup as its place lists it. Pure data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Stored:
    """
    One backup as its place lists it.

    ``name`` is relative to the place, such as ``2026-11-21/shop_backup_20261121_090000.sql.gz``; a backup in the
    directory format is one. ``taken_at`` is in UTC, by its name, or by its manifest where names hold no date; ``None``
    where neither says it. It was taken then or up to ``span_seconds`` later, where a name says no more than the day.
    ``modified_at`` is no earlier than the backup, and new after every copy.
    """

    name: str
    taken_at: datetime | None
    size_bytes: int
    has_manifest: bool
    span_seconds: float = 1.0
    modified_at: datetime | None = None

    @property
    def file_name(self) -> str:
        """The name without its folders."""
        return self.name.rpartition("/")[2]

    @property
    def latest(self) -> datetime | None:
        """The last moment at which it may have been taken."""
        return self.taken_at and self.taken_at + timedelta(seconds=self.span_seconds if self.span_seconds > 1 else 0)


def spread(found: Sequence[Stored]) -> Iterator[Stored]:
    """All of ``found`` in an order whose first few are spread over all of them."""
    given: set[int] = set()
    step = len(found)
    while step:
        for number in range(0, len(found), step):
            if number not in given:
                given.add(number)
                yield found[number]
        step //= 2
