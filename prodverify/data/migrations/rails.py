"""Rails' Active Record: a row for every migration that was applied, told by the number of its file."""

from __future__ import annotations

import re
from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.data.migrations.numbering import named, number
from prodverify.data.migrations.tool import TableName, Tool, every_row

_FILE = re.compile(r"([0-9]+)_[_a-z0-9]*\.?[_a-z0-9]*\.rb")
"""``MigrationFilenameRegexp`` of active_record/migration.rb."""


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The rows of ``schema_migrations(version varchar)``, compared as numbers (schema_migration.rb,
    ``integer_versions``). A migration that is rolled back loses its row, one that fails never gets it.
    """
    return every_row(connection, table, "version", spelling=number)


def code(folder: Path) -> History:
    """The migrations under ``db/migrate``, folders inside it included, in the order of their numbers."""
    versions = sorted((number(text) for text, _ in named(folder, _FILE, deep=True)), key=numbered)
    return History.chain(Revision(version) for version in versions)


TOOL = Tool(
    name="rails",
    tables=("schema_migrations",),
    columns=frozenset({"version"}),
    without=frozenset({"dirty", "inserted_at"}),
    beside=frozenset({"ar_internal_metadata"}),
    read=read,
    code=code,
    manner=Manner(
        title="Rails",
        means="all",
        scripts="the folder db/migrate",
        upgrade="bin/rails db:migrate",
        look="bin/rails db:migrate:status",
        late="runs",
        key=numbered,
        spelling=number,
        bears_gaps=True,
    ),
)
