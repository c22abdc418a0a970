"""Diesel's two sides: folders with an up.sql each, and a row with the version of each that was run."""

from __future__ import annotations

from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, rows


def code(folder: Path) -> History:
    """
    The folders in ``folder``, in order of version: what stands before the first ``_``, without ``-``
    (migrations_internals, ``version_from_string``; file_based_migrations.rs).

    As Diesel, refuses a folder without ``up.sql``. There are no checksums because Diesel records none.
    """
    versions = []
    for place in folder.iterdir():
        if place.is_dir() and not place.name.startswith("."):
            if not (place / "up.sql").is_file():
                raise BrokenHistory(f"{place.name} holds no up.sql")
            versions.append(place.name.partition("_")[0].replace("-", ""))
    return History.chain(Revision(version) for version in sorted(versions))


def read(connection: Connection, table: TableName) -> Recorded:
    """The versions in the order in which they were run (migration_harness.rs); a failed one has no row."""
    statement = sql.SQL("SELECT version FROM {} ORDER BY run_on, version").format(table.sql)
    order = tuple(str(row[0]) for row in rows(connection, statement, table))
    return Recorded(frozenset(order), table.source, means="all", order=order)


TOOL = Tool(
    name="diesel",
    tables=("__diesel_schema_migrations",),
    columns=frozenset({"version", "run_on"}),
    read=read,
    code=code,
    manner=Manner(
        title="Diesel",
        means="all",
        scripts="a folder of Diesel migrations",
        upgrade="diesel migration run",
        look="diesel migration list",
        key=lambda version: (version,),
    ),
)
