"""TypeORM's two sides: classes whose names end in a time, and a row with the name of each that was run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.numbering import below
from prodverify.data.migrations.script_files import is_declaration
from prodverify.data.migrations.tool import TableName, Tool, every_row, script_bytes

_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")

_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""", re.DOTALL)

_CLASS = re.compile(r"\b(?:class|function)\s+([A-Za-z_$][\w$]*)")

_OWN_NAME = re.compile(r"""\bname\s*(?::\s*string\s*)?=\s*(["'`])([^"'`]+)\1""")


def code(folder: Path) -> History:
    """
    The migrations in ``folder`` and below, by the rule of MigrationExecutor.ts, ``getMigrations``: the name is the
    property ``name`` if the class sets it, else that of the class, and has to end in 13 digits.

    Read by pattern from source or from what was compiled from it; nothing is run. A script that lies there as source
    and compiled counts once. There are no checksums because TypeORM records none.
    """
    found: dict[str, Path] = {}
    for path in below(folder):
        if path.suffix in _SUFFIXES and path.is_file() and not is_declaration(path):
            for name in _names(path):
                known = found.setdefault(name, path)
                if known.stem != path.stem:
                    raise BrokenHistory(f"{known.name} and {path.name} both are {name}")
    return History.chain(Revision(name) for name in sorted(found, key=_key))


def _names(path: Path) -> Iterator[str]:
    text = _TOKEN.sub(lambda token: token[1] or " ", script_bytes(path).decode("utf-8", "replace"))
    classes = list(_CLASS.finditer(text))
    named = set()
    for number, begun in enumerate(classes):
        end = classes[number + 1].start() if number + 1 < len(classes) else len(text)
        own = _OWN_NAME.search(text, begun.end(), end)
        name = own[2] if own else begun[1]
        if re.search(r"[0-9]{13}\Z", name):
            named.add(name)
    if not named and re.search(r"\bMigrationInterface\b", text) and re.search(r"\bup\s*\(", text):
        raise BrokenHistory(f"{path.name} has a migration whose name does not end in a time of 13 digits")
    yield from sorted(named)


def _key(name: str) -> tuple[Any, ...]:
    digits = name[-13:]
    return (int(digits) if digits.isascii() and digits.isdigit() else 0, name)


def read(connection: Connection, table: TableName) -> Recorded:
    """The names in the order in which they were run (MigrationExecutor.ts); a failed one has no row."""
    return every_row(connection, table, "name", "id")


TOOL = Tool(
    name="typeorm",
    tables=("migrations",),
    columns=frozenset({"id", "timestamp", "name"}),
    read=read,
    code=code,
    manner=Manner(
        title="TypeORM",
        means="all",
        scripts="a folder of TypeORM migrations",
        upgrade="typeorm migration:run",
        look="typeorm migration:show (which creates its table where it is missing)",
        key=_key,
        bears_gaps=True,
    ),
)
