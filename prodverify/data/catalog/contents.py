"""What a database holds, as counts, checksums and names that can be compared. Pure: nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass

ALGORITHM = "sum(hashtextextended(row::text, 0))"
"""How a checksum is made. PostgreSQL does not promise equal values from one major version to another."""

LARGE_OBJECTS, COMMENTS, PARTITION_INDEXES = BESIDE = ("large objects:", "comments:", "indexes of partitions:")
"""How the lines begin that are about all of a kind: what a restore brings back, and is no part of a schema."""


@dataclass(frozen=True, slots=True)
class Digest:
    """All rows of one table: how many, and a sum that depends on every value and on no order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its digest, and its columns as ``name type``, with ``not null`` or ``generated`` where it is so."""

    rows: int
    checksum: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """
    What holds the tables together.

    ``objects`` has the lines of ``catalog.snapshot``, one for each table, column, constraint, index, view, sequence,
    function, trigger, type, policy, extension, owner and grant, with its definition
    (``column users.email text not null``), and those of ``BESIDE``, with checksums. ``broken`` has one line for each of
    them that does not do its work: a constraint that is not validated, an index that is not valid, a sequence that is
    behind its column, a view that is not populated.
    """

    objects: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that is compared between a database, its backup and what was restored from it."""

    tables: dict[str, Table]
    structure: Structure
    server_version_num: int
    migration_heads: tuple[str, ...] | None

    @property
    def server_major(self) -> int:
        """The server's major version, such as 18."""
        return self.server_version_num // 10000
