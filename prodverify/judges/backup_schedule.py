"""Backups are taken when they are promised, kept as long as promised, and no longer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from prodverify.data.backups.stored import Stored
from prodverify.judges.backups import CLOCKS_APART, duration
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.backups import Backups

DAY = timedelta(days=1)
_MOST_DAYS = 36_500
_MEND = "find out why the schedule took none then: its own log, a full disk, an expired credential"


def judge_schedule(found: Sequence[Stored], promised: Backups, now: datetime) -> list[Finding]:
    """
    Every backup of the last ``schedule_days`` that the schedule promises is there; the missing ones are named.

    A place that is younger than that is judged from its first backup, and nothing is expected before its
    ``grace_seconds`` have passed. By ``every_seconds`` no two neighbours are further apart, and the last is no older.
    """
    dated = _dated(found)
    if not dated:
        return [_undated("a schedule that can be read from the backups' names")]
    begin = max(now - timedelta(days=min(promised.schedule_days, _MOST_DAYS)), _start(dated[0]))
    findings = [*_times(dated, promised, begin, now), *_gaps(dated, promised, begin, now)]
    return findings or [info("backup-schedule", "backups as scheduled", f"{len(dated)} since {begin:%Y-%m-%d %H:%M}")]


def judge_retention(found: Sequence[Stored], promised: Backups, now: datetime) -> list[Finding]:
    """
    Backups of the last ``retention_days`` are there, and older ones are not: what is in them is kept too long.

    Days are whole ones in UTC; today is never counted, and the oldest day may be gone already or be there still. The
    newest backup, or as many as ``taking.keep_at_least`` says, may be of any age. Days
    are missed only where ``every_seconds`` or ``schedule`` promises backups, and from the first backup on that is
    there; where they come less often than daily, as many days in a row as lie between two.
    """
    assert promised.retention_days is not None
    dated, today = _dated(found), now.astimezone(UTC).date()
    if not dated:
        return [_undated(f"backups of the last {promised.retention_days} days")]
    oldest = today - timedelta(days=min(promised.retention_days, _MOST_DAYS))
    expected = f"backups since {oldest} and none before"
    findings = []
    # the last good ones stay, however old they are
    spared = promised.taking.keep_at_least if promised.taking else 1
    beyond = [stored.name for stored in dated[:-spared] if _end(stored).date() < oldest]
    if beyond:
        judged = fail if promised.beyond_retention == "fail" else warn
        step = "let the schedule remove them: what was deleted in the database is still in them"
        observed = f"{len(beyond)} of {len(dated)} are older, such as {quote(beyond[0], 120)}"
        findings.append(judged("backups-beyond-retention", expected, observed, next_step=step))
    missing = _missing_days(dated, promised, oldest, today)
    if missing:
        step = "find out what removed them, or why the schedule took none on those days"
        observed = f"none of {len(missing)} days: {listed([str(day) for day in missing[:50]])}"
        findings.append(fail("backup-days-missing", expected, observed, next_step=step))
    return findings or [info("backups-kept", expected, f"{len(dated)} since {_start(dated[0]):%Y-%m-%d}")]


def _times(dated: list[Stored], promised: Backups, begin: datetime, now: datetime) -> Iterator[Finding]:
    """What is missing of the times of day."""
    if not promised.schedule:
        return
    grace, left, missing, due = timedelta(seconds=promised.grace_seconds), list(dated), [], 0
    for moment in _expected(promised.schedule, begin - CLOCKS_APART, now - grace):
        due += 1
        while left and _end(left[0]) < moment - CLOCKS_APART:
            del left[0]  # an earlier one, or one that nobody asked for
        if left and _start(left[0]) <= moment + grace:
            del left[0]  # one backup stands for one time
        else:
            missing.append(f"{moment:%Y-%m-%d %H:%M}")
    expected = f"backups at {listed(promised.schedule)} UTC, at most {duration(promised.grace_seconds)} later"
    if missing:
        observed = f"{len(missing)} of {due} are missing: {listed(missing)}"
        yield fail("backup-gap", expected, observed, next_step=_MEND)
    elif not due:
        step = "repeat the run after the next scheduled backup"
        observed = f"the first backup is of {_start(dated[0]):%Y-%m-%d %H:%M}, and none was due since"
        yield inconclusive("backup-schedule-young", expected, observed, next_step=step)


def _gaps(dated: list[Stored], promised: Backups, begin: datetime, now: datetime) -> Iterator[Finding]:
    """Where two neighbours are too far apart."""
    if promised.every_seconds is None:
        return
    most = promised.every_seconds + promised.grace_seconds
    # what is named after a moment to come leaves no gap before that moment has come
    neighbours = [(earlier, min(_start(later), now)) for earlier, later in pairwise(dated)] + [(dated[-1], now)]
    wrong = [
        f"{_start(earlier):%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}"
        for earlier, until in neighbours
        # where names say no more than the day, the closest reading is believed
        if until > begin and (until - _end(earlier)).total_seconds() > most
    ]
    if wrong:
        expected = (
            f"a backup every {duration(promised.every_seconds)}, at most {duration(promised.grace_seconds)} later"
        )
        yield fail("backup-gap", expected, f"none in {len(wrong)} spans: {listed(wrong)}", next_step=_MEND)


def _expected(schedule: Sequence[str], begin: datetime, end: datetime) -> Iterator[datetime]:
    day = begin.astimezone(UTC).date()
    while day <= end.astimezone(UTC).date():
        for at in sorted(set(schedule)):
            moment = datetime.combine(day, time.fromisoformat(at), UTC)
            if begin <= moment <= end:
                yield moment
        day += DAY


def _missing_days(dated: list[Stored], promised: Backups, oldest: date, today: date) -> list[date]:
    if not promised.schedule and promised.every_seconds is None:
        return []
    between = 1 if promised.schedule else max(1, math.ceil((promised.every_seconds or 0) / DAY.total_seconds()))
    taken = {_start(stored).date() for stored in dated} | {_end(stored).date() for stored in dated}
    day = max(oldest + DAY, _start(dated[0]).date())
    run: list[date] = []
    missing: list[date] = []
    while day < today:
        if day in taken:
            run = []
        else:
            run.append(day)
            if len(run) == between:
                missing += run
            elif len(run) > between:
                missing.append(day)
        day += DAY
    return missing


def _dated(found: Sequence[Stored]) -> list[Stored]:
    """Those whose time is known, the oldest first."""
    return sorted((each for each in found if each.taken_at is not None), key=lambda each: (_start(each), each.name))


def _start(stored: Stored) -> datetime:
    assert stored.taken_at is not None
    return stored.taken_at.astimezone(UTC)


def _end(stored: Stored) -> datetime:
    assert stored.latest is not None
    return stored.latest.astimezone(UTC)


def _undated(expected: str) -> Finding:
    step = "put the time into the names and say so as pattern in [backups], or keep a manifest beside each backup"
    return inconclusive("backup-times-unknown", expected, "no name says when a backup was taken", next_step=step)
