"""`python -m prodverify drill` restores a backup of a target into a private server, and says what came of it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from prodverify.record.findings import Finding, Severity, Unjudged, inconclusive
from prodverify.record.states import State, state_of
from prodverify.target.load import Target, load

if TYPE_CHECKING:
    from prodverify.data.drill.history import Entry
    from prodverify.data.drill.report import DrillReport

FAILED, INCONCLUSIVE = 1, 10
_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, and which of its backups."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose [backups] are drilled")
    parser.add_argument("--backup", metavar="NAME", help="name of one backup in its place; by default the newest")
    parser.add_argument(
        "--recovery", action="store_true", help="recover the newest physical copy of [recovery] in its place"
    )
    parser.epilog = (
        "Starts a PostgreSQL of its own and removes it; the live database is read for its identifier, and for old rows "
        "where slices are declared. Needs the permit restores. Exit status: 0 the backup keeps every promise, 1 it "
        "breaks one, 4 wrong target, 10 it cannot be told here, 130 ended by Ctrl-C or SIGTERM and nothing left."
    )


def run(arguments: argparse.Namespace) -> int:
    """Drills the backup and prints a summary; while it runs, stderr says where it is."""
    target = load(arguments.target, root=_ROOT, environ=os.environ)
    backups = target.promises.backups
    if target.promises.embedded:
        return _refuse(target, "the embedded service is drilled by its checks; name a target of your own.")
    if arguments.recovery and (target.promises.recovery is None or arguments.backup):
        return _refuse(target, "--recovery needs [recovery], and no --backup.")
    if backups is None and not arguments.recovery:
        return _refuse(target, "it has no [backups], so there is nothing to drill; add one with its directory.")
    if not target.permits.restores:
        return _refuse(target, "it does not permit a drill; add restores = true to [permits].")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was begun is ended and removed
    judged: Iterable[tuple[str, list[Finding]]]
    try:
        if arguments.recovery:
            from prodverify.cli import recovering

            report, judged = recovering.recovered(target)
        else:
            report, past = _drilled(target, arguments.backup)
            judged = _judged(target, report, past)
            if arguments.backup is None:
                judged = chain(_named(target, report), judged)
    except Unjudged as problem:
        print(f"INCONCLUSIVE: {problem}", file=sys.stderr)
        return INCONCLUSIVE
    return _told(report, judged)


def reports_folder() -> Path:
    """Where the drills before are noted."""
    return Path(os.environ.get("PRODVERIFY_REPORTS") or _ROOT / "reports")


def _drilled(target: Target, name: str | None) -> tuple[DrillReport, tuple[Entry, ...]]:
    from prodverify.data.backups.places import NoBackup, named, newest, open_place  # psycopg costs 0.1 s
    from prodverify.data.cluster import ClusterError
    from prodverify.data.drill import history, targeted
    from prodverify.data.drill.drill import drill
    from prodverify.data.drill.progress import Noted, Teller
    from prodverify.data.drill.refusing import unjudged
    from prodverify.data.drill.workshop import workshop

    backups = target.promises.backups
    assert backups is not None
    notes = history.path_in(reports_folder(), target.name)
    past: tuple[history.Entry, ...] = ()
    with suppress(OSError):
        past = history.read(notes)
    watcher = Noted(usual=past[-1].stages if past else None)
    teller = Teller(watcher.now, sys.stderr).start()
    try:
        place = open_place(backups, target)
        stored = named(place, name) if name else newest(place, target.name)
        with workshop() as folder:
            watcher("fetch")
            began = time.monotonic()
            backup = place.fetch(stored, folder)
            report = drill(backup, targeted.wishes(target), fetch_seconds=time.monotonic() - began, watcher=watcher)
    except NoBackup as none:
        raise Unjudged(none.finding) from None
    except ClusterError as problem:
        raise unjudged("a private folder", str(problem).rstrip(".")) from None
    finally:
        watcher.over()
        teller.stop()
    with suppress(OSError):  # the drill is told here; its history is for the next one
        history.note(notes, report)
    return report, past


def _told(report: DrillReport, judged: Iterable[tuple[str, list[Finding]]]) -> int:
    print(
        f"{report.file}  {report.format or 'unread'}, {report.size_bytes} bytes, {report.age_seconds / 3600:.1f} h old"
    )
    every: list[Finding] = []
    for promise, findings in judged:
        state = state_of(findings)
        every += findings
        print(f"  {state.value:<12} {promise}")
        for finding in findings:
            if finding.severity is not Severity.INFO:
                step = f"; {finding.next_step}" if finding.next_step else ""
                print(f"      {finding.rule}: expected {finding.expected}; observed {finding.observed}{step}")
    ran = report.conditions
    if report.restored is not None:
        sealed = f"not sealed from the network: {ran.exposed}" if ran.exposed else "sealed from the network"
        bound = "" if ran.durable else "; these times are a lower bound: fsync off"
        print(f"  recovered in {report.stages}")
        print(f"  {ran.server}, {ran.jobs} jobs on {ran.cores} cores, {sealed}{bound}")
    state = state_of(every)
    if state is State.FAIL:
        print("The backup breaks a promise.")
        return FAILED
    if state is State.INCONCLUSIVE:
        print("INCONCLUSIVE: whether the backup keeps every promise cannot be told here.")
        return INCONCLUSIVE
    print("The backup keeps every promise.")
    return 0


def _named(target: Target, report: DrillReport) -> Iterator[tuple[str, list[Finding]]]:
    from prodverify.data.backups.names import Naming
    from prodverify.judges.backups import judge_name

    backups = target.promises.backups
    assert backups is not None
    strange = judge_name(Naming(backups.pattern).called(report.file), target.name)
    if strange and not backups.name:
        yield "name", strange


def _judged(target: Target, report: DrillReport, past: tuple[Entry, ...]) -> Iterator[tuple[str, list[Finding]]]:
    from prodverify.data.drill.targeted import newest_row_name
    from prodverify.judges import restore, restore_time, restored_answers, restored_content, restored_structure

    backups = target.promises.backups
    assert backups is not None
    yield "restores", restore.judge_restorability(report)
    if report.restored is None:
        return
    yield "structure", restored_structure.judge(report)
    yield "key tables", restore.judge_key_tables(report, backups.key_tables)
    modes: tuple[restored_content.Wanted, ...] = backups.drill.compare or ("automatic",)
    if not backups.drill.compare and backups.drill.slices:
        modes = (*modes, "live")
    for mode in modes:
        yield f"content, {mode}", restored_content.judge(report, mode)
    if backups.drill.amcheck != "off":
        yield "integrity", restore.judge_integrity(report)
    yield from judged_migrations(target, report)
    for query in backups.drill.queries:
        yield (
            f"query {query.name}",
            restored_answers.judge_query(
                report, query.name, min_rows=query.min_rows, max_age_seconds=query.max_age_seconds
            ),
        )
    for row in backups.newest_rows:
        name = newest_row_name(row)
        yield f"newest row of {name}", restored_answers.judge_newest_row(report, name, row.max_age_seconds)
    yield "RTO", restore_time.judge_rto(report, backups.rto_seconds)
    if backups.drill.slower_percent is not None:
        yield "the drills before", restore_time.judge_past(report, past, backups.drill)


def judged_migrations(target: Target, report: DrillReport) -> Iterator[tuple[str, list[Finding]]]:
    """Of every entry; what the service alone tells of its code is inconclusive, as no service is asked here."""
    from prodverify.data.migrations.source import code_of
    from prodverify.judges import migrations

    for declared in target.promises.migrations:
        promise = f"migrations, {declared.label}"
        side = report.watched[declared.label]
        try:
            if isinstance(side, Unjudged):
                raise side
            code = code_of(declared, side.tool, target.folder)
        except Unjudged as problem:
            yield promise, [problem.finding]
            continue
        if code is None:
            yield promise, [_unasked(declared.code_path)]
        else:
            yield promise, migrations.judge(code, side.recorded, side.tool.manner, code_behind=declared.code_behind)


def _unasked(path: str | None) -> Finding:
    return inconclusive(
        "migrations-revision-unreadable",
        f"the heads of the code, at {path} of the service",
        "no service is asked here",
        next_step="run checks/test_drill.py or checks/test_recovery.py, which ask it; or let folder name the scripts",
    )


def _refuse(target: Target, why: str) -> int:
    print(f"{target.path}: {why}", file=sys.stderr)
    return FAILED
