"""Sequelize's and Umzug's two sides: a folder of scripts, and a row with the name of each that was run."""

from __future__ import annotations

from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.script_files import script_files, without_endings
from prodverify.data.migrations.tool import TableName, Tool, every_row

_SUFFIXES = (".cjs", ".js", ".cts", ".ts")
"""What the command line loads (sequelize-cli, core/migrator.js); with Umzug alone it may be anything."""

_TOLD_OTHERWISE = (".mjs", ".mts", ".sql")


def code(folder: Path) -> History:
    """
    The scripts of ``folder`` by file name, with its ending, which is what is recorded (umzug.js, ``getMigrations``).

    A service whose resolver gives other names than these, with or without endings, has to declare heads. There are no
    checksums because none are recorded.
    """
    return History.chain(Revision(path.name) for path in script_files(folder, _SUFFIXES, otherwise=_TOLD_OTHERWISE))


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The names (umzug, storage/sequelize.js: one column, and two times where these are asked for).

    The table does not tell in which order they were run, nor of failures: a failed one has no row.
    """
    return every_row(connection, table, "name")


TOOL = Tool(
    name="sequelize",
    tables=("SequelizeMeta",),
    columns=frozenset({"name"}),
    read=read,
    code=code,
    manner=Manner(
        title="Sequelize",
        means="all",
        scripts="a folder of Sequelize migrations, as deployed",
        upgrade="sequelize db:migrate",
        look="sequelize db:migrate:status",
        key=lambda name: (name,),
        settle=without_endings,
        bears_gaps=True,
    ),
)
