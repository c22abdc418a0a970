"""The schema of a database as sorted lines, one object a line: the same for the same schema on every server."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg import sql

from prodverify.data.catalog import attached, comments, publications, relations, rights, routines
from prodverify.data.catalog.checksums import pin
from prodverify.data.catalog.lines import line
from prodverify.data.connection import Connection
from prodverify.record.findings import Unjudged, inconclusive

LARGEST_BYTES = 64 << 20
"""More than a schema of a hundred thousand objects needs."""
OLDEST_MAJOR = 13
"""The oldest that is read: what partitions have from their parents is told since then."""
_HEAD = "# prodverify snapshot"
_FIRST = re.compile(rf"{_HEAD} (1|2), PostgreSQL (\d{{1,3}})")


class SnapshotError(ValueError):
    """A text that is no snapshot; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    A schema: ``lines`` are sorted and each is about one object, ``server_major`` is the version that described it.

    Two major versions may write the same definition in different words.
    """

    lines: tuple[str, ...]
    server_major: int

    def as_text(self) -> str:
        """The file that a team commits: it changes when the schema does, and never else."""
        return "".join(f"{each}\n" for each in (f"{_HEAD} 2, PostgreSQL {self.server_major}", *self.lines))

    @classmethod
    def from_text(cls, text: str) -> Snapshot:
        """The snapshot that ``as_text`` wrote, in whatever order its lines are by now. Raises ``SnapshotError``."""
        first, *lines = text.split("\n")
        head = _FIRST.fullmatch(first.rstrip("\r"))
        if head is None:
            raise SnapshotError(f"expected '{_HEAD} 2, PostgreSQL ...' as the first line; write it anew")
        if head[1] == "1":  # which had no comments, and of options no checksums
            raise SnapshotError("an older version of this program wrote it; write it anew")
        kept = (each.rstrip("\r") for each in lines)
        return cls(tuple(sorted(each for each in kept if each and not each.startswith("#"))), int(head[2]))


def read_snapshot(connection: Connection) -> Snapshot:
    """
    The schema of the database, within the transaction of ``connection``.

    Safe on a busy primary: a few statements that read nothing but the catalog, and keep no lock when they are done: a
    definition is printed under ACCESS SHARE, for which a migration waits no longer than for any SELECT. A schema of a
    thousand objects needs some 50 ms, one of 100,000 some 2 s.
    """
    pin(connection)
    return Snapshot(schema_lines(connection), connection.info.server_version // 10000)


def schema_lines(connection: Connection) -> tuple[str, ...]:
    """The lines of a snapshot, after ``pin``. Raises ``Unjudged`` for a server that is older than ``OLDEST_MAJOR``."""
    if connection.info.server_version < OLDEST_MAJOR * 10000:
        raise Unjudged(
            inconclusive(
                "schema-not-described",
                f"PostgreSQL {OLDEST_MAJOR} or newer",
                f"PostgreSQL {connection.info.server_version // 10000}, whose catalog has other columns",
                next_step="upgrade the server: it gets no security fixes any more",
            )
        )
    lines = set()
    for statement in (
        *relations.STATEMENTS,
        *attached.STATEMENTS,
        *routines.STATEMENTS,
        *publications.statements(connection.info.server_version // 10000),
        *rights.STATEMENTS,
        *comments.STATEMENTS,
    ):
        # a definition is printed under a lock of what it reads, which ends with the savepoint
        with connection.transaction(force_rollback=True):
            for kind, name, definition, *body in connection.execute(sql.SQL(statement), prepare=False):
                lines.add(line(str(kind), str(name), str(definition or ""), *map(str, body)))
    return tuple(sorted(lines))
