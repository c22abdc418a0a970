"""Prisma's two sides: folders with a migration.sql each, and a row for each time that one was run."""

from __future__ import annotations

import hashlib
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations import lock
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, rows, script_bytes

_SCRIPT = "migration.sql"
_PROVIDERS = frozenset({"postgresql", "postgres", "cockroachdb"})


def code(folder: Path) -> History:
    """
    The folders in ``folder`` in order of name, each with its ``migration.sql`` (migrations_directory.rs).

    As Prisma, refuses a folder without that file, and a ``migration_lock.toml`` that names another kind of database.
    """
    provider = _provider(folder / "migration_lock.toml")
    if provider and provider not in _PROVIDERS:
        raise BrokenHistory(f"migrations for {provider}, says migration_lock.toml")
    places = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if [place.name for place in places] == ["migrations"] and not (places[0] / _SCRIPT).exists():
        raise TOOL.unreadable(folder, "only a folder named migrations", f"name {places[0]} instead")
    revisions = []
    for place in places:
        try:
            first, *also = _checksums(script_bytes(place / _SCRIPT))
        except FileNotFoundError:
            raise BrokenHistory(f"{place.name} holds no {_SCRIPT}") from None
        revisions.append(Revision(place.name, checksum=first, also=tuple(also)))
    return History.chain(revisions)


def _provider(file: Path) -> str:
    # read as Prisma does: the first line that begins with the word
    if not file.is_file():
        return ""
    lines = script_bytes(file).decode("utf-8", "replace").splitlines()
    line = next((line for line in lines if line.startswith("provider")), "")
    return line.partition("=")[2].strip().strip('"')


def _checksums(script: bytes) -> tuple[str, ...]:
    """
    What Prisma takes for the checksum of a script (checksum.rs): its sha256, that with either end of lines, and each
    as old versions wrote it, without leading zeros of bytes.
    """
    forms = (script, script.replace(b"\r\n", b"\n"), script.replace(b"\n", b"\r\n"))
    digests = [hashlib.sha256(form).digest() for form in forms]
    written = [digest.hex() for digest in digests]
    return tuple(dict.fromkeys([*written, *("".join(f"{byte:x}" for byte in digest) for digest in digests)]))


def read(connection: Connection, table: TableName) -> Recorded:
    """
    What is finished and not rolled back is applied; several rows of one name are normal (migration_persistence.rs).

    A row that is neither finished nor rolled back has failed where it has logs, and may still be running where it has
    none (``lock.may_go_on``): Prisma writes the row before it runs the script. Safe on a busy primary: a few rows, and
    of the logs only whether there are any.
    """
    statement = sql.SQL(
        "SELECT migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS NOT NULL,"
        " coalesce(logs <> '', false),"
        " coalesce(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - started_at)::float8, 0)"
        " FROM {} ORDER BY started_at, finished_at"
    ).format(table.sql)
    checksums: dict[str, str] = {}
    troubles = []
    for name, checksum, finished, rolled_back, logged, age in rows(connection, statement, table):
        if rolled_back:
            continue
        if finished:
            checksums.pop(str(name), None)
            checksums[str(name)] = str(checksum)
        else:
            troubles.append(_trouble(connection, str(name), bool(logged), float(str(age))))
    order = tuple(checksums)
    return Recorded(
        frozenset(order), table.source, means="all", checksums=checksums, troubles=tuple(troubles), order=order
    )


def _trouble(connection: Connection, name: str, logged: bool, age_seconds: float) -> Trouble:
    if logged:
        return Trouble("failed", name, f"{name} began and failed; its row has logs")
    if lock.may_go_on(connection, age_seconds):
        return Trouble("running", name, f"{name} began {age_seconds:.0f} s ago and has not ended")
    return Trouble("failed", name, f"{name} began {age_seconds / 3600:.0f} h ago and never ended")


TOOL = Tool(
    name="prisma",
    tables=("_prisma_migrations",),
    columns=frozenset({"migration_name", "checksum", "started_at", "finished_at", "rolled_back_at", "logs"}),
    read=read,
    code=code,
    manner=Manner(
        title="Prisma",
        means="all",
        scripts="the folder prisma/migrations",
        upgrade="prisma migrate deploy",
        look="prisma migrate status",
        repair="prisma migrate resolve",
        tells_trouble=True,
        checksums=True,
        key=lambda name: (name,),
    ),
)
