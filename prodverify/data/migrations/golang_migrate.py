"""golang-migrate: one row, which is the newest migration and whether it ended well; nothing of those before it."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.data.migrations.numbering import named, number
from prodverify.data.migrations.tool import TableName, Tool, rows

_UP = re.compile(r"([0-9]+)_.*\.up\..*")
_DOWN = re.compile(r"([0-9]+)_.*\.down\..*")
"""``Regex`` of source/parse.go."""


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The one row of ``schema_migrations(version bigint, dirty boolean)`` (database/postgres/postgres.go, ``Version``).

    ``dirty`` is set before a migration runs and cleared after it (``SetVersion``), so that it stays where one failed
    or was killed; then every command but ``force`` refuses. No row is no migration; version -1 is that too.
    """
    statement = sql.SQL("SELECT version, dirty FROM {}").format(table.sql)
    found = rows(connection, statement, table)
    troubles = tuple(
        Trouble("failed", number(version), f"version {version} is marked dirty: its migration did not end")
        for version, dirty in found
        if dirty
    )
    applied = frozenset(number(version) for version, _ in found if str(version) != "-1")
    return Recorded(applied, table.source, means="latest", troubles=troubles)


def code(folder: Path) -> History:
    """The migrations in a folder of ``123_name.up.sql`` and ``123_name.down.sql``, in the order of their numbers."""
    ups = [number(text) for text, _ in named(folder, _UP)]
    downs_alone = {number(text) for text, _ in named(folder, _DOWN)} - {*ups}
    return History.chain(Revision(version) for version in sorted((*ups, *downs_alone), key=numbered))


TOOL = Tool(
    name="golang-migrate",
    tables=("schema_migrations",),
    columns=frozenset({"version", "dirty"}),
    read=read,
    code=code,
    manner=Manner(
        title="golang-migrate",
        means="latest",
        scripts="a folder of NUMBER_name.up.sql files",
        upgrade="migrate -path FOLDER -database DSN up",
        look="migrate -path FOLDER -database DSN version",
        repair="migrate force VERSION, with the last version that is whole",
        late="skips",
        tells_trouble=True,
        key=numbered,
        spelling=number,
    ),
)
