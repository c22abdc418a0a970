"""The drill: a backup becomes a database again, in a private server that is gone afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from prodverify.data import binaries as installed
from prodverify.data.archives.dump import DamagedDump, Dump, examine, statements
from prodverify.data.archives.restore import Refused, restore
from prodverify.data.backups.files import BackupFile
from prodverify.data.binaries import Binaries, BinariesMissing
from prodverify.data.catalog.contents import Contents
from prodverify.data.catalog.structure import read_contents
from prodverify.data.cluster import Cluster, ClusterError
from prodverify.data.connection import Connection, read_only, system_identifier
from prodverify.data.drill.report import DrillReport, Stages
from prodverify.data.empty import empty_cluster
from prodverify.data.migrations.history import VERSION_TABLE
from prodverify.record.findings import Unjudged, inconclusive

DEADLINE_SECONDS = 3600.0
_SMALL_BYTES = 4 << 20  # of a compressed dump, which becomes about ten times as much in a server


class _Clock:
    """Seconds by stage, as they pass."""

    def __init__(self) -> None:
        self.stages = Stages()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        before = getattr(self.stages, name)
        started = time.monotonic()
        try:
            yield
        finally:
            self.stages = replace(self.stages, **{name: before + time.monotonic() - started})


def drill(
    backup: BackupFile,
    *,
    configured: str = "",
    live_system_identifier: str = "",
    deadline_seconds: float = DEADLINE_SECONDS,
    version_table: str = VERSION_TABLE,
) -> DrillReport:
    """
    Restore ``backup`` into an ephemeral cluster of an adequate version and read all of it back.

    The file is checked first (sha256 where there is a manifest, gzip, the dump's last line), then what it needs is
    compared with what is installed; ``configured`` names a folder of PostgreSQL's programs. A server that turns out to
    be the live one (``live_system_identifier``) is refused. Nothing is left behind, however the drill ends.

    A backup that is no good is a report with ``damage`` or ``refusal``. Raises ``Unjudged`` where this machine cannot
    tell: a version or an extension that is not installed, an unreadable file, a deadline that passed.
    """
    clock = _Clock()
    began = datetime.now(UTC)
    report = DrillReport(backup.path.name, backup.taken_at, began, backup.manifest, stages=clock.stages)
    try:
        with clock.stage("unpack"):
            dump = examine(backup.path)
    except DamagedDump as damage:
        return replace(report, damage=str(damage), stages=clock.stages)
    except OSError as error:
        raise _unjudged(f"to read {backup.path}", error.strerror or str(error)) from None
    report = replace(report, size_bytes=dump.size_bytes, sha256=dump.sha256, stages=clock.stages)
    if backup.manifest is not None and dump.sha256 != backup.manifest.sha256:
        return replace(report, damage="it is not the file that was taken: its sha256 is not the manifest's")
    try:
        programs = _adequate(dump, configured)
        report = replace(report, server=f"PostgreSQL {programs}")
        with _server(programs, dump, clock) as cluster:
            database = _provided(cluster, dump, live_system_identifier, clock, f"drill_{began:%Y%m%d_%H%M%S_%f}")
            with clock.stage("restore"):
                restore(
                    programs, database, statements(backup.path, dump.script.token), deadline_seconds=deadline_seconds
                )
                _analyze(database)
            with clock.stage("verify"):
                report = replace(report, restored=_read_back(database, version_table, deadline_seconds))
    except (Refused, DamagedDump) as refusal:
        report = replace(report, refusal=str(refusal))
    except (BinariesMissing, ClusterError) as problem:
        raise _unjudged("a PostgreSQL to restore into", str(problem).rstrip(".")) from None
    except psycopg.Error as error:
        raise _unjudged("a private PostgreSQL that answers", str(error).splitlines()[0]) from None
    return replace(report, stages=clock.stages)


def _adequate(dump: Dump, configured: str) -> Binaries:
    script = dump.script
    if script.unsupported:
        raise _unjudged("a plain SQL dump of one database", script.unsupported, "let pg_dump write --format=plain")
    # an older server does not know what a newer pg_dump writes, whatever server was dumped
    return installed.find(configured, at_least=max(script.server_major, script.tool_major))


@contextmanager
def _server(programs: Binaries, dump: Dump, clock: _Clock) -> Iterator[Cluster]:
    with clock.stage("provision"):
        cluster = empty_cluster(programs, name="drill", small=dump.size_bytes < _SMALL_BYTES)
    try:
        yield cluster
    finally:
        with clock.stage("cleanup"):
            cluster.stop()


def _provided(cluster: Cluster, dump: Dump, live_system_identifier: str, clock: _Clock, name: str) -> str:
    with clock.stage("provision"), psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        if live_system_identifier and system_identifier(connection) == live_system_identifier:
            raise _unjudged(
                "a server of our own to restore into",
                "the server says that it is the live one",
                "let nothing hand the live database to a drill",
            )
        available = {str(row[0]) for row in connection.execute("SELECT name FROM pg_catalog.pg_available_extensions")}
        missing = sorted(dump.script.extensions - available)
        if missing:
            raise _unjudged(
                f"the extensions {', '.join(sorted(dump.script.extensions))}",
                f"PostgreSQL {cluster.binaries} lacks {', '.join(missing)}",
                "install them, or name a PostgreSQL that has them as binaries in [backups]",
            )
        present = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")}
        for role in sorted(dump.script.roles - present):
            if not role.startswith("pg_"):  # those are PostgreSQL's to make
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        _create_database(connection, name, dump.script.encoding or "UTF8")
    return cluster.dsn(name)


def _create_database(connection: Connection, name: str, encoding: str) -> None:
    command = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}")
    try:
        connection.execute(command.format(sql.Identifier(name), sql.Literal(encoding)))
    except psycopg.errors.UndefinedObject:  # an encoding that only clients have, such as SJIS
        connection.execute(command.format(sql.Identifier(name), sql.Literal("UTF8")))


def _analyze(database: str) -> None:
    # a recovery is not over before the planner knows the tables
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _read_back(database: str, version_table: str, deadline_seconds: float) -> Contents:
    try:
        with read_only(
            database, statement_timeout_ms=int(deadline_seconds * 1000), idle_timeout_ms=0, purpose="drill"
        ) as connection:
            return read_contents(connection, parallel=True, version_table=version_table)
    except Unjudged as problem:
        raise _unjudged("to read back what was restored", problem.finding.observed) from None


def _unjudged(expected: str, observed: str, next_step: str = "") -> Unjudged:
    step = next_step or "free what the drill needs on this machine and repeat it"
    return Unjudged(inconclusive("restore-not-verified", expected, observed, next_step=step))
