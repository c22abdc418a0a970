"""Drizzle's two sides: a journal of scripts, each with its time, and a row with time and hash of each that was run."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.data.migrations.tool import TableName, Tool, rows, script_bytes


def code(folder: Path) -> History:
    """
    The scripts that ``meta/_journal.json`` lists, by their ``when``, with their sha256 (migrator.js,
    ``readMigrationFiles``). Without a journal, as from version 1: folders ``<14 digits>_<name>`` with a
    ``migration.sql``, by their names.

    These are what each records and compares; the hash it records and never compares, so that an edited script is seen
    by us alone.
    """
    journal = folder / "meta" / "_journal.json"
    revisions = _listed(folder, journal) if journal.is_file() else _folders(folder)
    return History.chain(sorted(revisions, key=lambda revision: numbered(revision.identifier)))


def _listed(folder: Path, journal: Path) -> list[Revision]:
    try:
        entries = json.loads(script_bytes(journal))["entries"]
        listed = [(str(entry["tag"]), int(entry["when"])) for entry in entries]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise BrokenHistory("meta/_journal.json is no journal of Drizzle") from None
    revisions = []
    for tag, when in listed:
        if "/" in tag or "\\" in tag or not (folder / f"{tag}.sql").is_file():
            raise BrokenHistory(f"meta/_journal.json lists {tag}, and there is no {tag}.sql")
        revisions.append(Revision(str(when), checksum=_hash(folder / f"{tag}.sql")))
    return revisions


def _folders(folder: Path) -> list[Revision]:
    revisions = []
    for place in sorted(path for path in folder.iterdir() if (path / "migration.sql").is_file()):
        if re.match(r"[0-9]{14}", place.name) is None:
            raise BrokenHistory(f"{place.name} does not begin with a time of 14 digits")
        revisions.append(Revision(place.name, checksum=_hash(place / "migration.sql")))
    return revisions


def _hash(script: Path) -> str:
    # Drizzle hashes the text that it read, in which no byte is other than UTF-8
    text = script_bytes(script).decode("utf-8", "replace")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read(connection: Connection, table: TableName) -> Recorded:
    """
    Every row's time, or name where version 1 made or changed the table, and hash: not the newest alone
    (pg-core/dialect.js, ``migrate``; up-migrations/pg.js). A failed one has no row.
    """
    statement = sql.SQL("SELECT created_at, hash, pg_catalog.to_jsonb(t) ->> 'name' FROM {} AS t ORDER BY id").format(
        table.sql
    )
    found = {
        str(name or (hashed if when is None else when)): str(hashed)
        for when, hashed, name in rows(connection, statement, table)
    }
    return Recorded(frozenset(found), table.source, means="all", checksums=found, order=tuple(found))


def settle(code: History, recorded: Recorded) -> Recorded:
    """
    The rows by name where the scripts are those of version 1 and the table is not yet: by second, or by hash where
    that is not one script's alone, as its first run will name them (up-migrations/pg.js, ``upgradeFunctions``).
    """
    by_second: dict[int, list[str]] = {}
    for name in code.known:
        if not name.isdigit() and (second := _second(name)) is not None:
            by_second.setdefault(second, []).append(name)
    by_hash = {each.checksum: each.identifier for each in code.revisions if not each.identifier.isdigit()}

    def called(row: str) -> str:
        if row in code.known or not (row.isascii() and row.isdigit()):
            return row
        same = by_second.get(int(row) // 1000, [])
        return same[0] if len(same) == 1 else by_hash.get(recorded.checksums.get(row, ""), row)

    return replace(
        recorded,
        applied=frozenset(map(called, recorded.applied)),
        order=tuple(map(called, recorded.order)),
        checksums={called(row): checksum for row, checksum in recorded.checksums.items()},
    )


def _second(name: str) -> int | None:
    try:
        return int(datetime.strptime(name[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _key(identifier: str) -> tuple[Any, ...]:
    # version 1 runs what has no row under its name, however old it is: no name is late, so none has a place
    return numbered(identifier) if identifier.isascii() and identifier.isdigit() else (1,)


TOOL = Tool(
    name="drizzle",
    tables=("__drizzle_migrations",),
    columns=frozenset({"id", "hash", "created_at"}),
    read=read,
    code=code,
    manner=Manner(
        title="Drizzle",
        means="all",
        scripts="the folder that has Drizzle's meta/_journal.json",
        upgrade="drizzle-kit migrate",
        look="SELECT created_at, hash FROM drizzle.__drizzle_migrations",
        late="skips",
        checksums=True,
        key=_key,
        settle=settle,
    ),
)
