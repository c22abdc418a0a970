"""The physical copy of a target, recovered and judged: what ``python -m prodverify drill --recovery`` tells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from prodverify.cli.drill import judged_migrations, reports_folder
from prodverify.data.drill import history
from prodverify.data.drill.progress import Noted, Teller
from prodverify.data.drill.report import DrillReport
from prodverify.data.recovery import targeted
from prodverify.data.recovery.copies import NoCopy
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.pgbackrest import NoRepositoryCopy
from prodverify.data.recovery.recovery import ORDER, recover
from prodverify.data.recovery.report import RecoveryReport
from prodverify.judges import recovery, restore, restore_time, restored_answers, restored_structure
from prodverify.record.findings import Finding
from prodverify.target.load import Target

Judged = list[tuple[str, list[Finding]]]


def recovered(target: Target) -> tuple[DrillReport, Judged]:
    """What recovering its newest physical copy showed, and what is judged of it. Raises ``Unjudged``."""
    notes = history.path_in(reports_folder(), target.name, history.RECOVERIES)
    past: tuple[history.Entry, ...] = ()
    with suppress(OSError):
        past = history.read(notes)
    watcher = Noted(usual=past[-1].stages if past else None, order=ORDER)
    teller = Teller(watcher.now, sys.stderr).start()
    began = datetime.now(UTC)
    try:
        wishes = targeted.wishes(target)
        report = recover(targeted.source(target, wishes.until), wishes, watcher=watcher)
    except (NoCopy, NoRepositoryCopy) as none:
        return DrillReport("no physical copy", began, began, None), [("physical copy", [none.finding])]
    except DamagedCopy as damage:
        return DrillReport("a physical copy", began, began, None), [("physical copy", recovery.unreadable(str(damage)))]
    finally:
        watcher.over()
        teller.stop()
    with suppress(OSError):  # the recovery is told here; its history is for the next one
        history.note(notes, report.drill)
    return report.drill, list(_judged(target, report, past))


def _judged(
    target: Target, report: RecoveryReport, past: tuple[history.Entry, ...]
) -> Iterator[tuple[str, list[Finding]]]:
    declared, drill = target.promises.recovery, report.drill
    assert declared is not None
    yield "physical copy", recovery.judge_copy(report)
    if declared.max_copy_age_seconds is not None:
        newest = targeted.source(target).taken_at
        yield "age of the copy", recovery.judge_copy_age(newest, declared.max_copy_age_seconds, drill.drilled_at)
    yield "recovery", recovery.judge_recovery(report)
    if drill.restored is None:
        return
    yield "structure", restored_structure.judge(drill)
    yield "key tables", restore.judge_key_tables(drill, declared.key_tables)
    if declared.amcheck:
        yield "integrity", recovery.judge_pages(report)
    if report.wanted is None:  # else it is a database of an earlier code
        yield from judged_migrations(target, drill)
    for query in declared.queries:
        rows, age = query.min_rows, query.max_age_seconds
        yield f"query {query.name}", restored_answers.judge_query(drill, query.name, min_rows=rows, max_age_seconds=age)
    if declared.max_age_seconds is not None:
        yield "RPO", recovery.judge_recovery_point(report, declared.max_age_seconds)
    if declared.rto_seconds is not None:
        yield "RTO", recovery.judge_recovery_time(report, declared.rto_seconds)
    if declared.slower_percent is not None:
        yield "the recoveries before", restore_time.judge_past(drill, past, declared)
