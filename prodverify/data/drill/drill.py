"""The drill: a backup becomes a database again, in a private server that is gone afterwards."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from prodverify.data.archives.archive import Archive, DamagedDump, Known, Refused, examine
from prodverify.data.archives.reading import sha256
from prodverify.data.backups import encryption
from prodverify.data.backups.manifest import BackupFile, Manifest
from prodverify.data.binaries import Binaries, BinariesMissing
from prodverify.data.catalog.contents import ALGORITHM, Contents
from prodverify.data.catalog.structure import read_contents
from prodverify.data.cluster import ClusterError
from prodverify.data.connection import read_only
from prodverify.data.drill import amcheck, archived, live, preflight, questions, statistics
from prodverify.data.drill.ahead import Ahead
from prodverify.data.drill.observed import Comparison
from prodverify.data.drill.refusing import connect, said, unjudged
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.stages import Clock, Watcher, unwatched
from prodverify.data.drill.wishes import Reader, Wishes
from prodverify.data.drill.workshop import workshop
from prodverify.record.findings import Unjudged

# what a partition by a range of text says of a row where text has another order, and what a check may say of it
_PARTITION = re.compile(r"no partition of relation .* found for row|violates partition constraint")
_ORDERED = re.compile(rf"{_PARTITION.pattern}|violates check constraint|violates exclusion constraint")

_ANOTHER_FILE = "it is not the file that was taken: its sha256 is not the manifest's"


def drill(
    backup: BackupFile,
    wishes: Wishes | None = None,
    *,
    fetch_seconds: float = 0.0,
    watcher: Watcher = unwatched,
) -> DrillReport:
    """
    Restore ``backup`` into an ephemeral cluster of an adequate version and read all of it back.

    The file is checked first (sha256 where there is a manifest, its codec, the dump's end), then what it needs is
    compared with what is installed. ``fetch_seconds`` is how long it took to bring it here. ``watcher`` is told what is
    being done. Nothing is left behind, however the drill ends.

    A backup that is no good is a report with ``damage`` or ``refusal``. Raises ``Unjudged`` where this machine cannot
    tell: a version or an extension that is not installed, no key, no room, a deadline that passed, or a server that
    turns out to be the live one.
    """
    wishes = wishes or Wishes()
    clock = Clock(watcher, fetch_seconds)
    report = DrillReport(backup.path.name, backup.taken_at, datetime.now(UTC), backup.manifest)
    with ExitStack() as made:
        try:
            ahead = Ahead(backup.manifest, wishes.configured)
            made.callback(ahead.close)
            report = _drilled(report, backup, wishes, _Room(made), ahead, clock)
        except DamagedDump as damage:
            report = replace(report, damage=str(damage))
        except _Told as told:
            report = told.report
        except OSError as error:
            raise unjudged(f"to read {backup.path}", error.strerror or str(error)) from None
        except BinariesMissing as missing:
            step = "install it, or let binaries in [backups] name a PostgreSQL as new as the backup"
            raise unjudged("a PostgreSQL to restore into", str(missing).rstrip("."), step) from None
        except ClusterError as problem:
            raise unjudged("a PostgreSQL to restore into", str(problem).rstrip(".")) from None
        except psycopg.errors.QueryCanceled:
            limit = f"answers of the restored database within {wishes.deadline_seconds:g} s"
            raise unjudged(limit, "one took longer", "allow it more deadline_seconds in [backups.drill]") from None
        except psycopg.Error as error:
            raise unjudged("a private PostgreSQL that answers", said(error)) from None
        with clock.stage("cleanup"):
            made.close()
    return replace(report, stages=clock.stages)


class _Told(Exception):  # noqa: N818 - how a report leaves what was begun
    """The drill ends here, with what was seen so far."""

    def __init__(self, report: DrillReport) -> None:
        super().__init__(report.refusal)
        self.report = report


class _Room:
    """The private folder of one drill, made when it is needed: a backup in a folder, not encrypted, needs none."""

    def __init__(self, made: ExitStack) -> None:
        self._made = made
        self._folder: Path | None = None

    def folder(self) -> Path:
        if self._folder is None:
            self._folder = self._made.enter_context(workshop())
        return self._folder


def _drilled(
    report: DrillReport, backup: BackupFile, wishes: Wishes, room: _Room, ahead: Ahead, clock: Clock
) -> DrillReport:
    try:
        with clock.stage("decrypt"):
            path, stored = _decrypted(backup.path, wishes.identity, room)
        with clock.stage("examine"):
            archive = examine(path, _known(backup.manifest))
    except Unjudged:  # a version or a key that is unknown here may be one that a flipped bit has made
        if backup.manifest is not None and sha256(backup.path) != backup.manifest.sha256:
            return replace(report, damage=_ANOTHER_FILE)
        raise
    facts = preflight.described(archive.facts, backup.manifest.locale if backup.manifest else None)
    stored_sha256, size = stored or (facts.sha256, facts.size_bytes)
    packing = f" + {facts.codec or facts.compression}" if facts.codec or facts.compression else ""
    report = replace(report, size_bytes=size, sha256=stored_sha256, format=facts.format + packing)
    if backup.manifest is not None and stored_sha256 != backup.manifest.sha256:
        return replace(report, damage=_ANOTHER_FILE)
    if stored and backup.manifest is not None and backup.manifest.plain_sha256 not in {"", facts.sha256}:
        return replace(report, damage="what was decrypted is not what was encrypted: its sha256 is not the manifest's")
    programs = preflight.programs(facts, wishes.configured)
    jobs = preflight.jobs(wishes.jobs)
    with clock.stage("provision"):
        cluster = ahead.server(programs, facts.content_bytes)
        conditions = preflight.conditions(cluster, jobs)
        name = f"drill_{report.drilled_at:%Y%m%d_%H%M%S_%f}"
        database, collation = preflight.provide(cluster, facts, wishes.live_system_identifier, name)
    conditions = replace(conditions, collation=collation, collation_told=bool(facts.locale))
    report = replace(report, conditions=conditions)
    try:
        with clock.stage("restore") as progress:
            archive.restore(programs, database, jobs=jobs, deadline_seconds=wishes.deadline_seconds, progress=progress)
    except Refused as refusal:
        if (_ORDERED if collation else _PARTITION).search(str(refusal)) and (collation or not facts.locale):
            raise _unordered(str(refusal), collation) from None
        raise _Told(replace(report, refusal=str(refusal))) from None
    except DamagedDump as damage:  # which only reading it for a restore has shown
        raise _Told(replace(report, damage=str(damage))) from None
    _recovered(database, jobs, wishes.deadline_seconds, clock)
    return _read(report, archive, programs, database, wishes, jobs, clock)


def _known(manifest: Manifest | None) -> Known | None:
    if manifest is None or not manifest.content_bytes:
        return None
    return Known(manifest.plain_sha256 or manifest.sha256, manifest.content_bytes)


def _unordered(refusal: str, collation: str) -> Unjudged:
    return unjudged(
        "a database that orders text as the one that was backed up",
        f"{collation or 'plain SQL does not tell how that did'}, and PostgreSQL refuses: {refusal}",
        "install that locale, or name a PostgreSQL that has it as binaries in [backups]"
        if collation
        else "take the backup with --format=custom or directory, which tell it",
    )


def _decrypted(path: Path, identity: str, room: _Room) -> tuple[Path, tuple[str, int] | None]:
    scheme = encryption.scheme_of(path)
    if not scheme:
        return path, None
    if not identity:
        raise unjudged(
            f"a key to the backup, which is encrypted with {scheme}",
            "none is named",
            "let identity in [backups.drill] name the secret that opens it",
        )
    plain = room.folder() / "decrypted"
    try:
        encryption.decrypt(path, plain, identity)
    except encryption.WrongKey as wrong:
        raise unjudged("the key that opens the backup", str(wrong), "name that key in [backups.drill]") from None
    return plain, (sha256(path), path.stat().st_size)


def _recovered(database: str, jobs: int, deadline_seconds: float, clock: Clock) -> None:
    # a recovery is not over before the planner knows the tables and somebody got an answer
    with clock.stage("analyze"):
        statistics.analyze(database, jobs, deadline_seconds)
    with clock.stage("first_query"), connect(database, deadline_seconds) as connection:
        row = connection.execute(
            "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
            " ORDER BY c.reltuples DESC, 1 LIMIT 1"
        ).fetchone()
        if row is not None:
            connection.execute(f"SELECT FROM ONLY {row[0]} LIMIT 1".encode())


def _read(
    report: DrillReport,
    archive: Archive,
    programs: Binaries,
    database: str,
    wishes: Wishes,
    jobs: int,
    clock: Clock,
) -> DrillReport:
    timeout_ms = int(wishes.deadline_seconds * 1000)
    with clock.stage("contents"):
        report = replace(report, restored=_read_back(database, timeout_ms))
        report = replace(
            report,
            watched={name: _watched(database, reader, timeout_ms) for name, reader in wishes.readers.items()},
        )
    comparisons: list[Comparison] = []
    with clock.stage("compare"):
        if "archive" in wishes.modes or not (wishes.modes or _comparable(report)):
            comparisons.append(archived.compare(archive, programs, database))
        if wishes.live is not None:
            comparisons.append(live.compare(wishes.live, database, report.taken_at, timeout_ms))
    with clock.stage("queries"):
        answers = questions.ask(database, wishes.questions, report.taken_at, wishes.query_timeout_ms)
    report = replace(report, comparisons=tuple(comparisons), answers=answers)
    if wishes.amcheck:  # the last, because it adds an extension
        with clock.stage("integrity"):
            report = replace(report, integrity=amcheck.check(database, jobs, wishes.deadline_seconds))
    return report


def _comparable(report: DrillReport) -> bool:
    manifest, restored = report.manifest, report.restored
    return (
        manifest is not None
        and restored is not None
        and manifest.algorithm == ALGORITHM
        and manifest.contents.server_major == restored.server_major
    )


def _read_back(database: str, timeout_ms: int) -> Contents:
    try:
        with read_only(database, statement_timeout_ms=timeout_ms, idle_timeout_ms=0, purpose="drill") as connection:
            return read_contents(connection, parallel=True)
    except Unjudged as problem:
        raise unjudged("to read back what was restored", problem.finding.observed) from None


def _watched(database: str, reader: Reader, timeout_ms: int) -> object:
    try:
        with read_only(database, statement_timeout_ms=timeout_ms, idle_timeout_ms=0, purpose="drill") as connection:
            return reader(connection)
    except Unjudged as problem:
        return problem
