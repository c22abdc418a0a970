"""node-pg-migrate's two sides: a folder of scripts with numbers in front, and a row for each that was run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.script_files import script_files
from prodverify.data.migrations.tool import TableName, Tool, every_row

_SUFFIXES = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".sql")


def code(folder: Path) -> History:
    """
    The scripts of ``folder`` without their endings, in order of their numbers (migration.js, ``basename`` without
    ``extname``, and utils/comparators.js).

    Of a pair ``name.up.sql`` and ``name.down.sql`` the name is one migration, as its loader of SQL takes it
    (migrationLoader.js, ``sqlGroupId``). There are no checksums because none are recorded.
    """
    names = {_name(path) for path in script_files(folder, _SUFFIXES) if not path.name.endswith(".down.sql")}
    return History.chain(Revision(name) for name in sorted(names, key=_key))


def _name(path: Path) -> str:
    return path.stem.removesuffix(".up") if path.suffix == ".sql" else path.stem


def _key(name: str) -> tuple[Any, ...]:
    """
    By number, then by name: 17 digits are a time in UTC, anything else in front is the number that it spells.

    Among equal numbers node-pg-migrate compares by the rules of a language; here it is text.
    """
    found = re.match(r"[0-9]{1,40}", name)
    if found is None:
        return (-1, name)
    digits = found[0]
    if len(digits) == 17:
        try:
            moment = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            return (int(moment.timestamp()) * 1000 + int(digits[14:]), name)
        except ValueError:
            pass  # no moment, so only a number
    return (int(digits), name)


def read(connection: Connection, table: TableName) -> Recorded:
    """The names in the order in which they were run (runner.js, ``getRunMigrations``); a failed one has no row."""
    return every_row(connection, table, "name", "run_on", "id")


TOOL = Tool(
    name="node-pg-migrate",
    tables=("pgmigrations",),
    columns=frozenset({"id", "name", "run_on"}),
    read=read,
    code=code,
    manner=Manner(
        title="node-pg-migrate",
        means="all",
        scripts="a folder of node-pg-migrate migrations",
        upgrade="node-pg-migrate up",
        look="SELECT name FROM pgmigrations",
        late="refuses",
        key=_key,
    ),
)
