"""Diesel's two sides: folders with an up.sql each, and a row with the version of each that was run."""

from __future__ import annotations

from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, every_row


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
            versions.append(_version(place.name))
    return History.chain(Revision(version) for version in sorted(versions))


def _version(name: str) -> str:
    return name.partition("_")[0].replace("-", "")


def read(connection: Connection, table: TableName) -> Recorded:
    """The versions in the order in which they were run (migration_harness.rs); a failed one has no row."""
    return every_row(connection, table, "version", "run_on", "version")


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
        spelling=_version,
        bears_gaps=True,
    ),
)
