"""Dumping a database with pg_dump, and counting what is in it meanwhile, in one snapshot."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from prodverify.data import binaries as installed
from prodverify.data.backups import refusals
from prodverify.data.backups.refusals import BackupFailed, LockedMeanwhile
from prodverify.data.backups.tool import Running, running
from prodverify.data.binaries import Binaries
from prodverify.data.catalog.checksums import TableName, configured_tables, pin, table_names
from prodverify.data.catalog.contents import Contents, Locale, Span
from prodverify.data.catalog.locale import read_locale
from prodverify.data.catalog.sequences import read_sequences, spans
from prodverify.data.catalog.structure import read_contents
from prodverify.data.connection import CONNECT_TIMEOUT_SECONDS, Connection, answering, read_only
from prodverify.data.supervisor import Supervisor
from prodverify.target.taking import Taking

_TRANSACTION_TIMEOUT_MAJOR = 17

_HERE = """
SELECT pg_catalog.pg_export_snapshot(), pg_catalog.clock_timestamp(),
    pg_catalog.pg_database_size(pg_catalog.current_database())
"""

_BYTES = """
SELECT n.nspname, c.relname,
    CASE c.relkind WHEN 'p' THEN (SELECT coalesce(sum(pg_catalog.pg_total_relation_size(part.relid)), 0)
                                  FROM pg_catalog.pg_partition_tree(c.oid) part WHERE part.isleaf)
                   ELSE pg_catalog.pg_total_relation_size(c.oid) END::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The moment that was dumped, by the server's clock and by ours, in UTC and whole milliseconds."""

    server_at: datetime
    here_at: datetime


@dataclass(frozen=True, slots=True)
class Dumped:
    """What is in a dump, counted in its snapshot. Sizes are those of the server's files, in bytes."""

    contents: Contents
    table_bytes: dict[str, int]
    database_bytes: int
    locale: Locale
    snapshot: Snapshot
    server_version: str
    tool_version: str


def dump(dsn: str, draft: Path, taking: Taking, supervisor: Supervisor, programs: Binaries | None = None) -> Dumped:
    """
    Write the database of ``dsn`` to ``draft``, a new file or folder, as ``taking`` says; what is started is
    ``supervisor``'s.

    Safe on a busy primary as pg_dump is: it reads every row once more than pg_dump alone, by one process, and holds
    its snapshot and a lock on each table that stops only ``ALTER``, ``DROP``, ``TRUNCATE`` and ``VACUUM FULL`` until it
    ends. Those locks are taken first: ``TRUNCATE`` is seen by older snapshots, too. Whoever wants to change a table
    just before pg_dump has its locks waits for ours, and pg_dump for them; so after a second ours are given back, the
    change is made, and all begins again, for as long as ``lock_timeout_seconds``. Raises ``BackupFailed``,
    ``Unjudged``, ``BinariesMissing`` and ``OSError``; then nothing runs any more.
    """
    deadline = time.monotonic() + taking.lock_timeout_seconds
    while True:
        try:
            return _attempt(dsn, draft, taking, supervisor, programs)
        except LockedMeanwhile:
            if time.monotonic() > deadline:
                raise
            if draft.is_dir():
                shutil.rmtree(draft)
            else:
                draft.unlink(missing_ok=True)


def _attempt(dsn: str, draft: Path, taking: Taking, supervisor: Supervisor, programs: Binaries | None) -> Dumped:
    patience = min(int(taking.lock_timeout_seconds * 1000), 2**31 - 1)
    with read_only(
        dsn, statement_timeout_ms=0, idle_timeout_ms=0, lock_timeout_ms=patience, purpose="backup"
    ) as connection:
        server_major = connection.info.server_version // 10000
        tools = programs or installed.find_dumping(server_major, taking.binaries)
        if tools.major < server_major:
            raise BackupFailed(
                f"PostgreSQL {server_major} cannot be dumped by pg_dump {tools.version}: "
                f"use one of {server_major} or newer"
            )
        with _told(dsn):
            if server_major >= _TRANSACTION_TIMEOUT_MAJOR:  # which pg_dump lifts for itself
                connection.execute("SELECT pg_catalog.set_config('transaction_timeout', '0', true)")
            name, server_at, database_bytes = _begun(connection)
            here_at = datetime.now(UTC)
            _lock(connection)
            locale, before = read_locale(connection), read_sequences(connection)
        with running(dsn, tools, draft, taking, supervisor, snapshot=name, encoding=locale.encoding) as process:
            with _cancelled_when_it_fails(process, connection), _told(dsn, process):
                contents = read_contents(connection)
                sizes = _table_bytes(connection)
            process.finish()
        with _told(dsn):  # which pg_dump has read by now, and maybe not as they were before
            contents = replace(contents, sequences=spans(before, _sequences_now(dsn, connection, patience)))
        return Dumped(
            contents,
            {table: sizes.get(table, 0) for table in contents.tables},
            database_bytes,
            locale,
            Snapshot(_to_milliseconds(server_at), _to_milliseconds(here_at)),
            connection.info.parameter_status("server_version") or str(connection.info.server_version),
            tools.version,
        )


def _sequences_now(dsn: str, connection: Connection, patience: int) -> dict[str, Span]:
    try:
        with answering(connection, CONNECT_TIMEOUT_SECONDS):
            return read_sequences(connection)
    except psycopg.OperationalError:  # a network may forget a connection that was silent for as long as pg_dump took
        with read_only(dsn, statement_timeout_ms=0, lock_timeout_ms=patience, purpose="backup") as another:
            return read_sequences(another)


def _begun(connection: Connection) -> tuple[str, datetime, int]:
    row = connection.execute(_HERE).fetchone()
    assert row is not None  # a SELECT of functions without FROM has exactly one row
    name, at, size = row
    assert isinstance(at, datetime)
    return str(name), at, int(str(size))


def _to_milliseconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _lock(connection: Connection) -> None:
    pin(connection)
    names = [
        sql.SQL("{} {}").format(sql.SQL("" if table.partitioned else "ONLY"), sql.Identifier(table.schema, table.name))
        for table in (*table_names(connection), *configured_tables(connection))
    ]
    if names:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(names)))


def _table_bytes(connection: Connection) -> dict[str, int]:
    rows = connection.execute(_BYTES, prepare=False).fetchall()
    return {str(TableName(str(schema), str(name))): int(str(size)) for schema, name, size in rows}


@contextmanager
def _told(dsn: str, process: Running | None = None) -> Iterator[None]:
    """What the server refuses, with what to do; where pg_dump has failed, that is what happened first."""
    try:
        yield
    except psycopg.Error as error:
        if process is not None and process.failed():
            process.finish()
        raise refusals.refused(str(error), dsn) from None


@contextmanager
def _cancelled_when_it_fails(process: Running, connection: Connection) -> Iterator[None]:
    """Nobody waits for counts of a dump that has failed, on a full disk for instance."""
    over = threading.Event()

    def cancel(_: object) -> None:
        if process.failed() and not over.is_set():
            with suppress(psycopg.Error):  # the server is gone, and its answer with it
                connection.cancel_safe()

    process.ended.add_done_callback(cancel)
    try:
        yield
    finally:
        over.set()
