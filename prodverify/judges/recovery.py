"""A physical copy is what was taken once it runs again, at the moment that was wanted, and not before."""

from __future__ import annotations

from datetime import datetime

from prodverify.data.recovery.report import RecoveryReport
from prodverify.judges import restore
from prodverify.judges.backups import CLOCKS_APART
from prodverify.record.findings import Finding, fail, inconclusive, info, warn

_WITHIN = "before consistent recovery point"
_SHORT = "before configured recovery target"


def judge_copy(report: RecoveryReport) -> list[Finding]:
    """Every file of the copy is what its manifest says, or its repository; and the copy can be unpacked."""
    expected = f"{report.drill.file} as it was taken"
    if report.drill.damage:
        step = "find out where it was damaged, take a new copy now, and look at the one before"
        return [fail("recovery-copy-damaged", expected, report.drill.damage, next_step=step)]
    if report.kept:
        step = "take a full backup now, and find out what altered the repository"
        return [fail("recovery-repository-invalid", "a repository whose files are valid", report.kept, next_step=step)]
    if report.kept is not None:
        return [info("recovery-repository-valid", expected, "the repository's own verify found nothing")]
    if report.verified is None:
        step = "take copies with their manifest, which pg_basebackup writes unless told otherwise"
        return [warn("recovery-copy-without-manifest", expected, "nothing to compare its files with", next_step=step)]
    return [info("recovery-copy-verified", expected, "every file is what its manifest says")]


def unreadable(why: str) -> list[Finding]:
    """The newest copy cannot even be opened."""
    step = "find out where it was damaged, take a new copy now, and look at the one before"
    return [fail("recovery-copy-damaged", "a physical copy that can be opened", why, next_step=step)]


def judge_recovery(report: RecoveryReport) -> list[Finding]:
    """PostgreSQL brought the copy back to life, and to the moment that was wanted."""
    wanted = f"to {_said(report.wanted)}" if report.wanted else "to the end of its WAL"
    expected = f"{report.drill.file} recovered {wanted}"
    if report.drill.restored is None and report.drill.refusal:
        gone = f"; archived WAL lacks {report.missing}" if report.missing else ""
        step = "look at what archives WAL; take a new physical copy now, as this one cannot be used"
        if _WITHIN in report.drill.refusal:
            later = "recover to a moment after the copy's end, or keep the copy before it too"
            return [inconclusive("recovery-moment-within-copy", expected, report.drill.refusal, next_step=later)]
        if _SHORT in report.drill.refusal:
            step = "look at pg_stat_archiver: no later transaction was archived; let a heartbeat write once a minute"
        return [
            fail("recovery-refused", expected, f"{report.drill.server}: {report.drill.refusal}{gone}", next_step=step)
        ]
    if report.drill.restored is None:
        return [
            inconclusive(
                "recovery-nothing-to-judge", expected, "it was not recovered", next_step="see test_copy_is_whole"
            )
        ]
    findings = [
        info("recovery-point", expected, f"the last transaction that it has is of {_said(report.recoverable_until)}")
    ]
    if report.missing:
        step = "look at what archives WAL: nothing after that file can be recovered from this copy"
        findings.append(
            fail("recovery-wal-missing", "WAL without a gap", f"{report.missing} is missing", next_step=step)
        )
    return findings


def judge_pages(report: RecoveryReport) -> list[Finding]:
    """Every page is sound; where text sorts otherwise here than there, an index out of order says nothing."""
    if report.collations and report.drill.integrity and report.drill.integrity.problems:
        step = "drill on the operating system of the live server; there, run pg_amcheck --heapallindexed"
        expected = "indexes in the order of the server that was copied"
        return [inconclusive("recovery-order-unknown", expected, report.collations, next_step=step)]
    return restore.judge_integrity(report.drill)


def judge_recovery_point(report: RecoveryReport, max_age_seconds: float) -> list[Finding]:
    """
    No more is lost than promised (RPO): the age of the last transaction that can be recovered, as the drill began.

    A database in which nobody writes has an old last transaction; a heartbeat tells it from one whose WAL stays away.
    """
    expected = f"nothing lost that is older than {max_age_seconds:g} s"
    if report.drill.restored is None:
        return [
            inconclusive(
                "recovery-nothing-to-judge", expected, "it was not recovered", next_step="see test_copy_is_whole"
            )
        ]
    age = (report.drill.drilled_at - report.recoverable_until).total_seconds()
    observed = (
        f"the last transaction that can be recovered is of {_said(report.recoverable_until)}, {max(age, 0):.0f} s ago"
    )
    if age < -CLOCKS_APART.total_seconds():
        return [inconclusive("recovery-from-the-future", expected, observed, next_step="compare the clocks")]
    if age > max_age_seconds:
        step = "look at pg_stat_archiver and archive_timeout; where nobody writes, let a heartbeat write once a minute"
        return [fail("recovery-point-old", expected, observed, next_step=step)]
    return [info("recovery-point-fresh", expected, observed)]


def judge_copy_age(taken_at: datetime, max_age_seconds: float, now: datetime) -> list[Finding]:
    """The newest copy is no older than promised: the older it is, the more WAL has to be replayed."""
    age = (now - taken_at).total_seconds()
    expected, observed = (
        f"a physical copy of the last {max_age_seconds:g} s",
        f"taken {_said(taken_at)}, {max(age, 0):.0f} s ago",
    )
    if age < -CLOCKS_APART.total_seconds():
        return [inconclusive("recovery-from-the-future", expected, observed, next_step="compare the clocks")]
    if age > max_age_seconds:
        return [fail("recovery-copy-old", expected, observed, next_step="find out why the schedule took none since")]
    return [info("recovery-copy-age", expected, observed)]


def judge_recovery_time(report: RecoveryReport, seconds: float) -> list[Finding]:
    """From the copy to the first answer it took no longer than a recovery may (RTO)."""
    expected = f"recovered within {seconds:g} s"
    if report.drill.restored is None:
        return [
            inconclusive(
                "recovery-nothing-to-judge", expected, "it was not recovered", next_step="see test_copy_is_whole"
            )
        ]
    ran = report.drill.conditions
    bound = "" if ran.durable else "; a lower bound: fsync off"
    observed = f"took {report.drill.stages}; on {ran.cores} cores{bound}"
    if report.drill.stages.recovery > seconds:
        return [
            fail("recovery-slow", expected, observed, next_step="take copies more often, so that less WAL is replayed")
        ]
    return [info("recovery-duration", expected, observed)]


def _said(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "an unknown moment"
