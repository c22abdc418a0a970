"""Knex's two sides: a folder of scripts, a row for each that was run, and a row that is its lock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations import lock
from prodverify.data.migrations.history import History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.script_files import script_files, without_endings
from prodverify.data.migrations.tool import TableName, Tool, every_row, readable, rows

_SUFFIXES = (".co", ".coffee", ".eg", ".iced", ".js", ".cjs", ".litcoffee", ".ls", ".ts")
"""What Knex loads unless told otherwise (common/MigrationsLoader.js, ``DEFAULT_LOAD_EXTENSIONS``)."""

_TOLD_OTHERWISE = (".mjs", ".mts", ".cts", ".sql")


def code(folder: Path) -> History:
    """
    The scripts of ``folder`` by file name, which is what Knex records, with its ending (sources/fs-migrations.js).

    So the same script as ``.ts`` and as ``.js`` are two to Knex: ``folder`` has to be the one that is deployed.
    There are no checksums because Knex records none.
    """
    return History.chain(Revision(path.name) for path in script_files(folder, _SUFFIXES, otherwise=_TOLD_OTHERWISE))


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The names in order of id, and the lock beside them (table-creator.js); Knex's own ``migrate:status`` would create
    both tables and write a row.

    A lock that is held tells no time, so that it counts as left behind unless somebody seems to be migrating.
    Safe on a busy primary: two small tables, and ``lock.migrating`` only where the lock is held.
    """
    return replace(every_row(connection, table, "name", "id"), troubles=_locked(connection, table))


def _locked(connection: Connection, table: TableName) -> tuple[Trouble, ...]:
    place = table.beside(f"{table.name}_lock")
    if not readable(connection, place):
        return ()
    statement = sql.SQL("SELECT 1 FROM {} WHERE is_locked = 1").format(place.sql)
    if not rows(connection, statement, place):
        return ()
    if lock.migrating(connection):
        return (Trouble("running", "", f"is_locked = 1 in {place}, and another session may be changing tables"),)
    return (Trouble("locked", "", f"is_locked = 1 in {place}, and no other session is changing tables"),)


TOOL = Tool(
    name="knex",
    tables=("knex_migrations",),
    columns=frozenset({"id", "name", "batch", "migration_time"}),
    read=read,
    code=code,
    manner=Manner(
        title="Knex",
        means="all",
        scripts="a folder of Knex migrations, as deployed",
        upgrade="knex migrate:latest",
        look="knex migrate:list (which creates its tables where they are missing)",
        repair="knex migrate:unlock",
        tells_trouble=True,
        key=lambda name: (name,),
        settle=without_endings,
    ),
)
