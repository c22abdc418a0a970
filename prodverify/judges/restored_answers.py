"""What a target's own queries to the restored database must answer. No value of a row is told."""

from __future__ import annotations

from prodverify.data.drill.observed import Answer
from prodverify.data.drill.report import DrillReport
from prodverify.judges.quotation import quote
from prodverify.judges.restore import rows, unrestored
from prodverify.record.findings import Finding, fail, inconclusive, info

FUTURE_SECONDS = 300.0
"""How far after the backup a time in it may lie: clocks differ."""


def judge_query(
    report: DrillReport, name: str, *, min_rows: int | None = None, max_age_seconds: float | None = None
) -> list[Finding]:
    """PostgreSQL answers the query ``name``, with what is expected of its first value, its rows and its time."""
    if report.restored is None:
        return unrestored(report)
    answer = report.answer(name)
    if answer is None:
        return [_unasked(f"the query {name}")]
    if answer.refused:
        return [
            fail(
                "restore-query-refused",
                f"an answer to the query {name}",
                quote(answer.refused),
                next_step="run it on the live database: the query is wrong, or what it needs was not restored",
            )
        ]
    findings = []
    if answer.equal is False:
        what = "another value" if answer.rows else "no row"
        findings.append(
            fail("restore-query-differs", f"the value that the query {name} expects", what, next_step=_step(name))
        )
    if min_rows is not None and answer.rows < min_rows:
        findings.append(
            fail(
                "restore-query-few-rows",
                f"at least {rows(min_rows)} from the query {name}",
                rows(answer.rows),
                next_step=_step(name),
            )
        )
    if max_age_seconds is not None:
        findings += _recent(answer, f"the query {name}", max_age_seconds, "restore-query-old")
    return findings


def judge_newest_row(report: DrillReport, name: str, max_age_seconds: float) -> list[Finding]:
    """
    The newest row of a table that is written all the time is from shortly before the backup (RPO, from the data).

    A backup with a new name and old rows is an old backup, whatever its name, header and modification time say.
    """
    if report.restored is None:
        return unrestored(report)
    answer = report.answer(name)
    if answer is None:
        return [_unasked(f"the newest row of {name}")]
    if answer.refused:
        return [
            fail(
                "restore-newest-row-unread",
                f"the newest row by {name}",
                quote(answer.refused),
                next_step="correct table and column in [[backups.newest_rows]], or find out why it was not restored",
            )
        ]
    return _recent(answer, f"the newest row by {name}", max_age_seconds, "restore-newest-row-old")


def _recent(answer: Answer, what: str, limit: float, rule: str) -> list[Finding]:
    expected = f"{what} at most {limit:g} s older than the backup"
    older = answer.older_seconds
    if older is None:
        return [
            inconclusive(
                "restore-time-unknown",
                expected,
                "no time" if answer.rows else "no row",
                next_step="let it select a timestamptz, a timestamp or a date that is not null",
            )
        ]
    if older < -FUTURE_SECONDS:
        return [
            inconclusive(
                "restore-time-unknown",
                expected,
                f"{-older:.0f} s after the backup",
                next_step="compare the clocks, and whether the column is a time at which rows are written",
            )
        ]
    observed = f"{max(older, 0.0):.0f} s older"
    if older > limit:
        step = "find out which database was backed up, or when writing stopped; take a new backup"
        return [fail(rule, expected, observed, next_step=step)]
    return [info("restore-recent", expected, observed)]


def _unasked(what: str) -> Finding:
    return inconclusive("restore-not-asked", what, "it was not asked", next_step="repeat the drill")


def _step(name: str) -> str:
    return f"run the query {name} on the live database, and look for what the backup lost"
