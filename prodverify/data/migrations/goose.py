"""goose: a row for each time that a migration was applied or taken back."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.data.migrations.numbering import named, number
from prodverify.data.migrations.tool import TableName, Tool, rows

_FILE = re.compile(r"([0-9]+)_.*(?<!_test)\.(?:sql|go)")
"""``NumericComponent`` of migrate.go; Go's tests are no migrations."""

_SEED = "0"
"""The version that goose writes when it makes its table (provider_run.go, ``ensureVersionTable``)."""


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The rows of ``goose_db_version(id, version_id, is_applied, tstamp)``, of which the newest one by ``id`` counts for
    each version (internal/dialects/postgres.go, ``ListMigrations``: ``ORDER BY id DESC``).
    """
    statement = sql.SQL("SELECT version_id::text, is_applied FROM {} ORDER BY id").format(table.sql)
    latest: dict[str, bool] = {}
    for version, applied in rows(connection, statement, table):
        latest.pop(number(version), None)  # so that it moves to the end: that is when it was applied last
        latest[number(version)] = bool(applied)
    order = tuple(version for version, applied in latest.items() if applied and version != _SEED)
    return Recorded(frozenset(order), table.source, means="all", order=order)


def code(folder: Path) -> History:
    """The migrations in a folder of ``00001_name.sql`` or ``.go`` files, in the order of their numbers."""
    versions = sorted((number(text) for text, _ in named(folder, _FILE) if number(text) != _SEED), key=numbered)
    return History.chain(Revision(version) for version in versions)


TOOL = Tool(
    name="goose",
    tables=("goose_db_version",),
    columns=frozenset({"id", "version_id", "is_applied", "tstamp"}),
    read=read,
    code=code,
    manner=Manner(
        title="goose",
        means="all",
        scripts="a folder of NUMBER_name.sql files",
        upgrade="goose up",
        look="goose status",
        late="refuses",  # up.go, findMissingMigrations: an error unless --allow-missing
        key=numbered,
        spelling=number,
        bears_gaps=True,
    ),
)
