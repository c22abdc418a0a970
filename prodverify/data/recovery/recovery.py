"""A physical copy and its archived WAL, made into a running server to a named moment, and read back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import psycopg

from prodverify.data import binaries
from prodverify.data.binaries import BinariesMissing
from prodverify.data.catalog.structure import read_contents
from prodverify.data.cluster import ClusterError
from prodverify.data.connection import read_only
from prodverify.data.drill import amcheck, preflight, questions
from prodverify.data.drill.observed import Conditions
from prodverify.data.drill.refusing import connect, said, unjudged
from prodverify.data.drill.report import PHYSICAL, DrillReport
from prodverify.data.drill.stages import Clock, Watcher, unwatched
from prodverify.data.drill.wishes import DEADLINE_SECONDS, QUERY_TIMEOUT_MS, Question, Reader
from prodverify.data.recovery import wal as archived
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.report import RecoveryReport
from prodverify.data.recovery.server import Recovering, RecoveryRefused
from prodverify.data.recovery.source import Source
from prodverify.record.findings import Unjudged

ORDER = (
    "provision",
    "fetch",
    "compare",
    "examine",
    "restore",
    "first_query",
    "contents",
    "queries",
    "integrity",
    "cleanup",
)
"""The stages of a recovery as they come: a copy is brought into a folder that is there before."""
_MORE_TIME = "allow it more deadline_seconds in [recovery]"
_SMALL_BYTES = 100 << 20
_OLDEST_MAJOR = 12  # before it, recovery was told its wishes in another way
_COLLATIONS_SINCE = 150000
_OTHER_COLLATIONS = """
SELECT 'the database' FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
   AND datcollversion <> pg_catalog.pg_database_collation_actual_version(oid)
UNION ALL SELECT 'collation ' || collname FROM pg_catalog.pg_collation
 WHERE oid IN (SELECT pg_catalog.unnest(indcollation) FROM pg_catalog.pg_index)
   AND collversion <> pg_catalog.pg_collation_actual_version(oid)
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    ``until`` is the moment to reach, ``None`` for the end of the WAL. ``user`` is a superuser of the copy, ``database``
    the one that is read. ``readers`` are those of a drill.
    """

    database: str
    user: str = "postgres"
    until: datetime | None = None
    configured: str = ""
    deadline_seconds: float = DEADLINE_SECONDS
    amcheck: bool = True
    questions: tuple[Question, ...] = ()
    query_timeout_ms: int = QUERY_TIMEOUT_MS
    readers: Mapping[str, Reader] = field(default_factory=dict)


def recover(source: Source, wishes: Wishes, *, watcher: Watcher = unwatched) -> RecoveryReport:
    """
    Copy ``source`` into a private folder, verify it there, replay WAL and read the database back.

    The copy itself is only read. The server has production's own system identifier, so what keeps it apart is that it
    runs on a folder that was made for it, listens on no address and, where the machine allows it, reaches none.

    A copy that is no good is a report with ``drill.damage`` or ``drill.refusal``. Raises ``Unjudged`` where this
    machine cannot tell: no PostgreSQL of that major, tablespaces, no room, a deadline that passed.
    """
    clock = Clock(watcher)
    report = RecoveryReport(
        DrillReport(source.name, source.taken_at, datetime.now(UTC), None, format=PHYSICAL), wanted=wishes.until
    )
    with ExitStack() as made:
        try:
            report = _recovered(report, source, wishes, made, clock)
        except DamagedCopy as damage:
            report = _drilled(report, damage=str(damage))
        except OSError as error:
            raise unjudged(f"to bring {source.name} here", error.strerror or str(error)) from None
        except (BinariesMissing, ClusterError) as problem:
            raise unjudged("a PostgreSQL to recover the copy with", str(problem).rstrip(".")) from None
        except psycopg.errors.QueryCanceled:
            limit = f"answers of the recovered database within {wishes.deadline_seconds:g} s"
            raise unjudged(limit, "one took longer", _MORE_TIME) from None
        except psycopg.Error as error:
            raise unjudged(f"to read database {wishes.database} as {wishes.user}", said(error)) from None
        with clock.stage("cleanup"):
            made.close()
    return _drilled(report, stages=clock.stages)


def _recovered(report: RecoveryReport, source: Source, wishes: Wishes, made: ExitStack, clock: Clock) -> RecoveryReport:
    _possible(source)
    left = _counted_down(wishes.deadline_seconds)
    needed = source.needed_bytes
    with clock.stage("provision"):
        programs = binaries.find(wishes.configured, exactly=source.major)
        here = Recovering.begin(programs, wishes.user, small=needed < _SMALL_BYTES)
        made.callback(here.stop)
    if (free := here.free_bytes()) < needed:
        room = f"at least {needed >> 20} MiB for a copy of it and its WAL"
        seen = f"{free >> 20} MiB are free in {here.server.place.parent}"
        raise unjudged(room, seen, "make room there, or let TMPDIR name a folder on a larger disk")
    with clock.stage("fetch") as told:

        def progress(detail: str) -> None:
            left()
            told(detail)

        report = _drilled(report, size_bytes=source.bring(here.data, progress))
        if (staged := source.bring_wal(here.wal, progress)) is not None:
            report = replace(report, wal=staged, missing=archived.gap(here.wal, source.first_segment))
    spent = wishes.deadline_seconds - left()
    with clock.stage("compare"):  # it reads all that is kept, which nobody waits for
        report = replace(report, kept=source.verify())
    left = _counted_down(wishes.deadline_seconds, spent)
    if source.manifest:
        with clock.stage("examine"):
            wrong = here.verify(left)
        report = replace(report, verified=not wrong)
        if wrong:
            return _drilled(report, damage=f"it is not what its manifest says: {wrong}")
    with clock.stage("restore"):
        here.combine(left)
        try:
            cluster = here.run(wishes.until, left)
        except RecoveryRefused as refusal:
            return _drilled(report, refusal=str(refusal), conditions=Conditions(server=f"PostgreSQL {programs}"))
    report = replace(report, reached=here.reached())
    jobs = preflight.cores()
    report = _drilled(report, conditions=preflight.conditions(cluster, jobs))
    dsn = cluster.dsn(wishes.database)
    with clock.stage("first_query"), connect(dsn, wishes.deadline_seconds) as connection:
        connection.execute("SELECT FROM pg_catalog.pg_class LIMIT 1")
        report = replace(report, collations=_collations(connection))
    return _drilled(report, **_read(dsn, wishes, wishes.until or report.recoverable_until, jobs, clock))


def _counted_down(seconds: float, spent: float = 0.0) -> Callable[[], float]:
    """Says how many of ``seconds`` are left, of which some are ``spent``; raises ``Unjudged`` once none is."""
    ends = time.monotonic() + seconds - spent

    def left() -> float:
        if (remaining := ends - time.monotonic()) <= 0:
            raise unjudged(f"a recovery within {seconds:g} s", "it was still going on", _MORE_TIME)
        return remaining

    return left


def _possible(source: Source) -> None:
    if source.obstacle:
        raise unjudged("a physical copy in one folder", source.obstacle, "recover it by hand: the drill moves none")
    if source.lacking:
        seen = f"it is incremental, and pg_combinebackup needs the copy that begins at {source.lacking}"
        step = "put that copy beside it, or take a whole one"
        raise unjudged("a physical copy with those before it", seen, step)
    if source.major < _OLDEST_MAJOR:
        step = f"recover it by hand, and upgrade: nobody maintains PostgreSQL {source.major}"
        raise unjudged(f"a copy of PostgreSQL {_OLDEST_MAJOR} or newer", f"one of {source.major}", step)


def _collations(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    if connection.info.server_version < _COLLATIONS_SINCE:
        return ""
    try:
        names = [str(row[0]) for row in connection.execute(_OTHER_COLLATIONS)]
    except psycopg.Error as error:
        return f"this machine lacks a locale of the copy: {said(error)}"
    return f"{names[0]} sorts by another version here than where the copy is from" if names else ""


def _read(dsn: str, wishes: Wishes, moment: datetime, jobs: int, clock: Clock) -> dict[str, object]:
    timeout_ms = int(wishes.deadline_seconds * 1000)
    with clock.stage("contents"):
        try:
            restored = _asked(dsn, timeout_ms, lambda connection: read_contents(connection, parallel=True))
        except Unjudged as problem:
            raise unjudged("to read back what was recovered", problem.finding.observed) from None
        watched: dict[str, object] = {}
        for name, reader in wishes.readers.items():
            try:
                watched[name] = _asked(dsn, timeout_ms, reader)
            except Unjudged as problem:
                watched[name] = problem
    with clock.stage("queries"):
        answers = questions.ask(dsn, wishes.questions, moment, wishes.query_timeout_ms)
    found: dict[str, object] = {"restored": restored, "watched": watched, "answers": answers}
    if wishes.amcheck:
        with clock.stage("integrity"):
            found["integrity"] = amcheck.check(dsn, jobs, wishes.deadline_seconds)
    return found


def _asked(dsn: str, timeout_ms: int, reader: Reader) -> object:
    with read_only(dsn, statement_timeout_ms=timeout_ms, idle_timeout_ms=0, purpose="drill") as connection:
        return reader(connection)


def _drilled(report: RecoveryReport, **changes: object) -> RecoveryReport:
    return replace(report, drill=replace(report.drill, **changes))  # type: ignore[arg-type]
