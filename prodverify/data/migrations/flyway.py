"""Flyway's two sides: scripts that are versioned or repeatable, and a row for each thing that was done with one."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.numbering import below
from prodverify.data.migrations.tool import TableName, Tool, rows, script_bytes

_SCRIPT = re.compile(r"(?:([VB])([0-9][0-9._]*?)(?:__(.*))?|(R)__(.*))(\.sql|\.java|\.kt)", re.DOTALL)
_REPEATABLE = "R__"
_BASELINE = "baseline "
_CUMULATIVE = "cumulative"


def code(folder: Path) -> History:
    """
    The scripts in ``folder`` and below with Flyway's own prefixes (ResourceNameParser.java): ``V<version>__<name>``
    by version, then ``R__<name>``; an undo (``U``) is no migration, and other names Flyway passes over too.

    ``B<version>`` stands for all versions up to its own, and is run where nothing has been. The checksum is the CRC32
    of the lines (ChecksumCalculator.java); none is given of Java and Kotlin, of a script that is not UTF-8, and of a
    repeatable one with placeholders, whose checksum is that of their values.
    """
    versioned: dict[str, Revision] = {}
    cumulative: set[str] = set()
    repeatable: dict[str, Revision] = {}
    for path in below(folder):
        named = _SCRIPT.fullmatch(path.name)
        if named is None or not path.is_file():
            continue
        if named[4]:
            name = _REPEATABLE + named[5].replace("_", " ")
            found, group = Revision(name, checksum=_checksum(path, repeatable=True), repeats=True), repeatable
        elif named[1] == "B":
            cumulative.add(_version(named[2]))
            continue
        else:
            name = _version(named[2])
            found, group = Revision(name, checksum=_checksum(path)), versioned
        if name in group:
            raise BrokenHistory(f"two scripts are {name}, one of them {path.name}")
        group[name] = found
    for version in cumulative:
        versioned[version] = replace(versioned.get(version, Revision(version)), labels=(_CUMULATIVE,))
    return History.chain(
        [versioned[v] for v in sorted(versioned, key=_key)] + [repeatable[r] for r in sorted(repeatable)]
    )


def _version(written: str) -> str:
    """A version as Flyway compares it (MigrationVersion.java): numbers, without zeros in front and at the end."""
    parts = [str(int(part)) for part in written.replace("_", ".").split(".") if part.isascii() and part.isdigit()]
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts) or written


def _key(name: str) -> tuple[Any, ...]:
    if name.startswith(_REPEATABLE):
        return (1, (), name)
    numbers = name.removeprefix(_BASELINE).split(".")
    return (0, tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in numbers), name)


def _checksum(script: Path, *, repeatable: bool = False) -> str:
    if script.suffix != ".sql":
        return ""
    try:
        text = script_bytes(script).decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    if repeatable and "${" in text:
        return ""
    # updating a CRC line by line is the CRC of the lines without their ends
    value = zlib.crc32(text.replace("\r", "").replace("\n", "").encode("utf-8"))
    return str(value - (1 << 32) if value >= 1 << 31 else value)


def read(connection: Connection, table: TableName) -> Recorded:
    """
    What the rows add up to in order of rank (JdbcTableSchemaHistory.java): a version is applied unless it was undone
    or deleted later, of a repeatable the newest row counts, a baseline covers every version up to its own, and the
    row for a schema that Flyway made is none of these.

    Safe on a busy primary: one small table, no time and no name of a user.
    """
    statement = sql.SQL("SELECT version, description, type, checksum, success FROM {} ORDER BY installed_rank").format(
        table.sql
    )
    applied: dict[str, str] = {}
    troubles = []
    for version, description, kind, checksum, success in rows(connection, statement, table):
        kind = str(kind).upper()
        if kind == "SCHEMA":
            continue
        name = f"{_REPEATABLE}{description}" if version is None else _version(str(version))
        if not success:
            troubles.append(Trouble("failed", name, f"{name} failed"))
        elif kind.startswith("UNDO") or kind == "DELETE":
            applied.pop(name, None)
        else:
            name = _BASELINE + name if "BASELINE" in kind else name
            applied.pop(name, None)
            applied[name] = "" if checksum is None else str(checksum)
    return Recorded(
        frozenset(applied),
        table.source,
        means="all",
        checksums={name: checksum for name, checksum in applied.items() if checksum and not name.startswith(_BASELINE)},
        troubles=tuple(troubles),
        order=tuple(name for name in applied if not name.startswith((_REPEATABLE, _BASELINE))),
    )


def settle(code: History, recorded: Recorded) -> Recorded:
    """
    The rows as ``flyway info`` takes them (MigrationInfoServiceImpl.java): what is not above a baseline of the
    database is not pending, what a cumulative script of the code stands for is not missing, and a repeatable whose
    script is gone is no error.
    """
    versions = {name for name in code.known if not name.startswith(_REPEATABLE)}
    applied = {name for name in recorded.applied if not name.startswith(_REPEATABLE) or name in code.known}
    baselines = {name for name in applied if name.startswith(_BASELINE)}
    applied -= baselines
    if baselines:
        newest = max(baselines, key=_key)
        covered = {name for name in versions if _number(name) <= _number(newest)}
        # above everything that the code knows, it says that the database is ahead
        applied |= covered if covered != versions or not versions else covered | {newest.removeprefix(_BASELINE)}
    stands = max((_number(each.identifier) for each in code.revisions if _CUMULATIVE in each.labels), default=None)
    if stands is not None:
        applied -= {name for name in applied - code.known if _number(name) <= stands}
    return replace(recorded, applied=frozenset(applied))


def _number(name: str) -> tuple[int, ...]:
    number: tuple[int, ...] = _key(name)[1]
    return number


TOOL = Tool(
    name="flyway",
    tables=("flyway_schema_history", "schema_version"),
    columns=frozenset({"installed_rank", "version", "description", "type", "script", "checksum", "success"}),
    read=read,
    code=code,
    manner=Manner(
        title="Flyway",
        means="all",
        scripts="a folder of Flyway migrations",
        upgrade="flyway migrate",
        look="flyway info",
        repair="flyway repair",
        late="refuses",
        tells_trouble=True,
        checksums=True,
        key=_key,
        spelling=lambda name: name if name.startswith(_REPEATABLE) else _version(name),
        settle=settle,
    ),
)
