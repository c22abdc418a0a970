"""A physical copy and its archived WAL, made into a running server to a named moment, and read back."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg

from prodverify.data import binaries
from prodverify.data.binaries import BinariesMissing
from prodverify.data.catalog.structure import read_contents
from prodverify.data.cluster import ClusterError
from prodverify.data.connection import read_only
from prodverify.data.drill import amcheck, preflight, questions
from prodverify.data.drill.observed import Conditions
from prodverify.data.drill.refusing import said, unjudged
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.stages import Clock, Watcher, unwatched
from prodverify.data.drill.wishes import DEADLINE_SECONDS, QUERY_TIMEOUT_MS, Question
from prodverify.data.recovery import wal as archived
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.report import RecoveryReport
from prodverify.data.recovery.server import Recovering, RecoveryRefused
from prodverify.data.recovery.source import Source

_SMALL_BYTES = 100 << 20


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    ``until`` is the moment to reach, ``None`` for the end of the WAL. ``user`` is a superuser of the copy, ``database``
    the one that is read.
    """

    database: str
    user: str = "postgres"
    until: datetime | None = None
    configured: str = ""
    deadline_seconds: float = DEADLINE_SECONDS
    amcheck: bool = True
    questions: tuple[Question, ...] = ()
    query_timeout_ms: int = QUERY_TIMEOUT_MS


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
        DrillReport(source.name, source.taken_at, datetime.now(UTC), None, format="physical copy"), wanted=wishes.until
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
        except psycopg.Error as error:
            raise unjudged(f"to read database {wishes.database} as {wishes.user}", said(error)) from None
        with clock.stage("cleanup"):
            made.close()
    return _drilled(report, stages=clock.stages)


def _recovered(report: RecoveryReport, source: Source, wishes: Wishes, made: ExitStack, clock: Clock) -> RecoveryReport:
    if source.obstacle:
        raise unjudged("a physical copy in one folder", source.obstacle, "recover it by hand: the drill moves none")
    with clock.stage("provision"):
        programs = binaries.find(wishes.configured, exactly=source.major)
        here = Recovering.begin(programs, wishes.user, small=source.needed_bytes < _SMALL_BYTES)
        made.callback(here.stop)
    if here.free_bytes() < source.needed_bytes:
        room = f"{source.needed_bytes / 2**30:.1f} GiB of room for a copy of it"
        raise unjudged(room, f"{here.free_bytes() / 2**30:.1f} GiB", "free some, or name another TMPDIR")
    with clock.stage("fetch"):
        report = _drilled(report, size_bytes=source.bring(here.data))
        if (staged := source.bring_wal(here.wal)) is not None:
            report = replace(report, wal=staged, missing=archived.gap(here.wal, source.first_segment))
    with clock.stage("examine"):
        report = replace(report, kept=source.verify())
    if source.manifest:
        with clock.stage("examine"):
            wrong = here.verify()
        report = replace(report, verified=not wrong)
        if wrong:
            return _drilled(report, damage=f"it is not what its manifest says: {wrong}")
    with clock.stage("restore"):
        try:
            cluster = here.run(wishes.until, wishes.deadline_seconds)
        except RecoveryRefused as refusal:
            return _drilled(report, refusal=str(refusal), conditions=Conditions(server=f"PostgreSQL {programs}"))
    report = replace(report, reached=here.reached())
    jobs = preflight.cores()
    report = _drilled(report, conditions=preflight.conditions(cluster, jobs))
    return _drilled(report, **_read(cluster.dsn(wishes.database), wishes, source.taken_at, jobs, clock))


def _read(dsn: str, wishes: Wishes, taken_at: datetime, jobs: int, clock: Clock) -> dict[str, object]:
    timeout_ms = int(wishes.deadline_seconds * 1000)
    with clock.stage("first_query"), psycopg.connect(dsn) as connection:
        connection.execute("SELECT FROM pg_catalog.pg_class LIMIT 1")
    with (
        clock.stage("contents"),
        read_only(dsn, statement_timeout_ms=timeout_ms, idle_timeout_ms=0, purpose="drill") as connection,
    ):
        restored = read_contents(connection, parallel=True)
    with clock.stage("queries"):
        answers = questions.ask(dsn, wishes.questions, taken_at, wishes.query_timeout_ms)
    found: dict[str, object] = {"restored": restored, "answers": answers}
    if wishes.amcheck:
        with clock.stage("integrity"):
            found["integrity"] = amcheck.check(dsn, jobs)
    return found


def _drilled(report: RecoveryReport, **changes: object) -> RecoveryReport:
    return replace(report, drill=replace(report.drill, **changes))  # type: ignore[arg-type]
