"""Laravel's two sides: a folder of scripts with a time in front, and a row with the batch of each that was run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, every_row, script_bytes

_DUMP = "-schema.sql"
_COPIED = re.compile(
    r"^COPY [^\n]*\((?P<columns>[^)\n]*\bmigration\b[^)\n]*)\) FROM stdin;\n(?P<rows>.*?)^\\\.$",
    re.MULTILINE | re.DOTALL,
)


def code(folder: Path) -> History:
    """
    The scripts ``*_*.php`` of ``folder`` by name (Migrator.php, ``getMigrationFiles``).

    Where ``schema`` beside it has a dump by ``schema:dump``, what it says was run is known too: the dump stands for
    all of that whose script is gone, as if it were the first migration. ``folder`` may be the one above both, as it
    has to be where it is read from git. There are no checksums because Laravel records none.
    """
    if (folder / "migrations").is_dir():
        folder = folder / "migrations"
    names = sorted(
        path.name.replace(".php", "")
        for path in folder.glob("*_*.php")
        if path.is_file() and not path.name.startswith(".")
    )
    squashed = [
        Revision(dump.name, replaces=tuple(name for name in _dumped(dump) if name not in names))
        for dump in sorted((folder.parent / "schema").glob(f"*{_DUMP}"))
    ]
    return History.chain([*(each for each in squashed if each.replaces), *map(Revision, names)])


def _dumped(dump: Path) -> tuple[str, ...]:
    """The names in the rows of the table of migrations, which pg_dump put at the end (PostgresSchemaState.php)."""
    found: dict[str, None] = {}
    for copied in _COPIED.finditer(script_bytes(dump).decode("utf-8", "replace")):
        columns = [column.strip().strip('"') for column in copied["columns"].split(",")]
        if {"migration", "batch"} <= set(columns):
            place = columns.index("migration")
            lines = [line.split("\t") for line in copied["rows"].splitlines()]
            found |= dict.fromkeys(line[place] for line in lines if len(line) == len(columns))
    return tuple(found)


def _key(name: str) -> tuple[Any, ...]:
    return (0 if name.endswith(_DUMP) else 1, name)


def read(connection: Connection, table: TableName) -> Recorded:
    """The names by batch and name (DatabaseMigrationRepository.php, ``getRan``); a failed one has no row."""
    return every_row(connection, table, "migration", "batch", "migration")


def settle(code: History, recorded: Recorded) -> Recorded:
    """
    The rows without those that are older than the newest script and have none.

    Packages bring migrations of their own, whose scripts lie elsewhere, and a row without script is no error to
    Laravel. Only what is newer than everything in the folder says that the database is ahead of it.
    """
    newest = max(map(_key, code.known), default=None)
    kept = code.known | code.stood_for()
    return replace(
        recorded,
        applied=frozenset(name for name in recorded.applied if name in kept or newest is None or _key(name) > newest),
    )


TOOL = Tool(
    name="laravel",
    tables=("migrations",),
    columns=frozenset({"migration", "batch"}),  # old versions made no id
    read=read,
    code=code,
    manner=Manner(
        title="Laravel",
        means="all",
        scripts="the folder database/migrations, or database",
        upgrade="php artisan migrate",
        look="php artisan migrate:status",
        key=_key,
        settle=settle,
    ),
)
