"""Ecto: a row for every migration that was applied, told by the number of its file."""

from __future__ import annotations

import re
from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.data.migrations.numbering import named, number
from prodverify.data.migrations.tool import TableName, Tool, every_row

_FILE = re.compile(r"([0-9]+)_.*\.exs")
"""``extract_migration_info`` of ecto/migrator.ex; a file that ends in .ex is warned of and not run."""


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The rows of ``schema_migrations(version bigint, inserted_at)`` (ecto/migration/schema_migration.ex).

    One that is rolled back loses its row. ``inserted_at`` is in seconds, so that it does not tell the order of a run.
    """
    return every_row(connection, table, "version", spelling=number)


def code(folder: Path) -> History:
    """The migrations under ``priv/repo/migrations``, folders inside it included; pending is a difference of sets."""
    versions = sorted((number(text) for text, _ in named(folder, _FILE, deep=True)), key=numbered)
    return History.chain(Revision(version) for version in versions)


TOOL = Tool(
    name="ecto",
    tables=("schema_migrations",),
    columns=frozenset({"version", "inserted_at"}),
    read=read,
    code=code,
    manner=Manner(
        title="Ecto",
        means="all",
        scripts="the folder priv/repo/migrations",
        upgrade="mix ecto.migrate",
        look="mix ecto.migrations",
        late="runs",
        key=numbered,
        spelling=number,
        bears_gaps=True,
    ),
)
