"""What a database holds, as counts, checksums and names that can be compared. Pure: nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ALGORITHM = "sum(hashtextextended(row::text, 0))"
"""How a checksum is made. PostgreSQL does not promise equal values from one major version to another."""

LARGE_OBJECTS, PARTITION_INDEXES, OTHERS = BESIDE = ("large objects:", "indexes of partitions:", "other objects:")
"""How the lines begin that are about all of a kind: what a restore brings back, and is no part of a schema."""


@dataclass(frozen=True, slots=True)
class Digest:
    """All rows of one table: how many, and a sum that depends on every value and on no order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Table:
    """
    One table: its digest, and its columns as ``name type``, with ``not null`` or ``generated`` where it is so.

    ``extension`` is the name and version of the one that it belongs to, whose own rows are not counted.
    """

    rows: int
    checksum: str
    columns: tuple[str, ...]
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """
    What holds the tables together.

    ``objects`` has the lines of ``catalog.snapshot``, one for each table, column, constraint, index, view, sequence,
    function, trigger, type, policy, extension, owner, grant and comment, with its definition
    (``column users.email text not null``), and those of ``BESIDE``, with checksums. ``broken`` has one line for each of
    them that does not do its work: a constraint that is not validated, an index that is not valid, a sequence that is
    behind its column, a view that is not populated.
    """

    objects: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Locale:
    """
    How a database writes and orders text: its encoding, and what it was created with.

    ``provider`` is ``libc``, ``icu`` or ``builtin``; of the latter two ``locale`` is their own, beside the two of the C
    library.
    """

    encoding: str
    provider: str
    collate: str
    ctype: str
    locale: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sequence is: its last value where that ``is_called``, which was handed out, and its next one if not."""

    last_value: int
    is_called: bool


@dataclass(frozen=True, slots=True)
class Span:
    """
    Where a sequence was while something was read: at ``first`` before it, at ``last`` after it.

    A sequence is of no transaction and no snapshot: whoever reads it sees where it is by then. ``increment`` says which
    way it goes; one that ``cycles`` begins anew at its end. The rest of its definition is in ``Structure.objects``.
    """

    first: Position
    last: Position
    increment: int = 1
    cycles: bool = False

    @property
    def moved(self) -> bool:
        """Whether it went on meanwhile."""
        return self.first != self.last

    @property
    def told(self) -> bool:
        """Whether it can be told where it was meanwhile: not where it was set back, or may have begun anew."""
        return not self.moved or (not self.cycles and self._along(self.first) < self._along(self.last))

    def off(self, position: Position) -> Literal["", "behind", "ahead"]:
        """How ``position`` is none of those that it had, where that is ``told``."""
        if not self.told or self._along(self.first) <= self._along(position) <= self._along(self.last):
            return ""
        return "behind" if self._along(position) < self._along(self.first) else "ahead"

    def _along(self, position: Position) -> tuple[int, bool]:
        return (position.last_value if self.increment > 0 else -position.last_value, position.is_called)


@dataclass(frozen=True, slots=True)
class Contents:
    """
    Everything that is compared between a database, its backup and what was restored from it.

    ``sequences`` is ``None`` where nobody wrote down where they were.
    """

    tables: dict[str, Table]
    structure: Structure
    server_version_num: int
    migration_heads: tuple[str, ...] | None
    sequences: Mapping[str, Span] | None = None

    @property
    def server_major(self) -> int:
        """The server's major version, such as 18."""
        return self.server_version_num // 10000
