"""dbmate: a row for every migration that was applied, told by the number of its file, which is text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.numbering import named
from prodverify.data.migrations.tool import TableName, Tool, every_row

_FILE = re.compile(r"(\d+).*\.sql", re.ASCII)
"""``migrationFileRegexp`` of pkg/dbmate/db.go."""


def _as_text(version: str) -> tuple[Any, ...]:
    return (version,)


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The rows of ``schema_migrations(version varchar primary key)`` (pkg/driver/postgres/postgres.go,
    ``CreateMigrationsTable``). One that is rolled back loses its row, one that fails never gets it.
    """
    return every_row(connection, table, "version")


def code(folder: Path) -> History:
    """
    The migrations in ``db/migrations``, in the order of their files' names (pkg/dbmate/db.go, ``FindMigrations``).

    Everything that is not applied runs, whatever is newer, unless it is told ``--strict``.
    """
    return History.chain(Revision(version) for version, _ in named(folder, _FILE))


TOOL = Tool(
    name="dbmate",
    tables=("schema_migrations",),
    columns=frozenset({"version"}),
    without=frozenset({"dirty", "inserted_at"}),
    alone_from=frozenset({"ar_internal_metadata"}),
    read=read,
    code=code,
    manner=Manner(
        title="dbmate",
        means="all",
        scripts="the folder db/migrations",
        upgrade="dbmate migrate",
        look="dbmate status",
        late="runs",
        key=_as_text,
        bears_gaps=True,
    ),
)
