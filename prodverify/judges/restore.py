"""
A backup is what was backed up once it has been restored, and not before.

Every judge but ``judge_restorability`` speaks about the restored database. Where there is none it finds nothing to
compare and says so (inconclusive): a backup that cannot be restored has kept no promise about its content.
"""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.drill.report import PHYSICAL, DrillReport
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn


def judge_restorability(report: DrillReport) -> list[Finding]:
    """The file is whole, and PostgreSQL accepts all of it."""
    if report.damage:
        return [
            fail(
                "backup-damaged",
                f"{report.file} as it was written",
                report.damage,
                next_step="find out where it was damaged, take a new backup now, and look at the one before",
            )
        ]
    if report.refusal:
        return [
            fail(
                "backup-refused",
                f"every statement of {report.file} accepted",
                f"{report.server}: {report.refusal}",
                next_step="take a new backup now, and look at what writes this one",
            )
        ]
    return unrestored(report) or [*_sealed(report), *_collated(report)]


def judge_key_tables(report: DrillReport, names: Iterable[str]) -> list[Finding]:
    """
    Every table without which the service is lost is there, and holds rows if it held any.

    A name without schema is a table in ``public``. An empty key table is a remark where the manifest counted no row
    either, and a warning where there is no manifest.
    """
    if report.restored is None:
        return unrestored(report)
    findings = []
    for name in names:
        table = report.restored.tables.get(name.removeprefix("public."))
        counted = report.content.tables.get(name.removeprefix("public.")) if report.content else None
        if table is None:
            findings.append(
                fail(
                    "restore-key-table-missing",
                    f"table {name}",
                    f"not among the {len(report.restored.tables)} tables that were restored",
                    next_step="check what the backup leaves out: --table, --exclude-table, another schema or database",
                )
            )
        elif table.rows == 0 and counted is not None and counted.rows:
            findings.append(
                fail(
                    "restore-key-table-emptied",
                    f"{rows(counted.rows)} in {name}",
                    "none",
                    next_step="do not restore this backup; find out why the rows of that table are not in it",
                )
            )
        elif table.rows == 0:
            finding = info if counted else warn
            findings.append(finding("restore-key-table-empty", f"rows in {name}", "none; " + _counted(report)))
    return findings


def judge_integrity(report: DrillReport) -> list[Finding]:
    """
    PostgreSQL's own check of its files, amcheck, finds every page sound and every row in each of its indexes.

    https://www.postgresql.org/docs/current/amcheck.html
    """
    if report.restored is None:
        return unrestored(report)
    seen = report.integrity
    if seen is None or seen.unavailable:
        return [
            inconclusive(
                "restore-integrity-unverified",
                "the extension amcheck in the PostgreSQL of the drill",
                seen.unavailable if seen else "it was not asked",
                next_step="install PostgreSQL's contrib modules, or let binaries in [backups] name one that has them",
            )
        ]
    expected = f"{seen.relations} tables and indexes that are sound"
    if seen.problems:
        return [
            fail(
                "restore-corrupt",
                expected,
                f"{len(seen.problems)} are not: {quote('; '.join(seen.problems))}",
                next_step="check the live database with pg_amcheck --heapallindexed; rebuild its index if it is there",
            )
        ]
    if seen.unended:
        observed = f"not looked through within the deadline: {listed(seen.unended)}"
        step = "allow more deadline_seconds, or find out what slows this machine"
        return [inconclusive("restore-integrity-unverified", expected, observed, next_step=step)]
    if seen.unchecked:
        return [info("restore-integrity-partly", expected, f"not looked at: {listed(seen.unchecked)}")]
    return []


def unrestored(report: DrillReport) -> list[Finding]:
    """That there is no restored database to judge; nothing where there is one."""
    if report.restored is not None:
        return []
    return [
        inconclusive(
            "restore-nothing-to-judge",
            "a restored database",
            f"{report.file} was not restored: {report.damage or report.refusal}",
            next_step=f"see {'test_copy_recovers' if report.format == PHYSICAL else 'test_backup_restores'}",
        )
    ]


def rows(count: int) -> str:
    """``1 row``, ``2 rows``."""
    return "1 row" if count == 1 else f"{count} rows"


def _sealed(report: DrillReport) -> list[Finding]:
    if not report.conditions.exposed:
        return []
    wanted = "a drill that can reach no network, whatever the backup's functions do"
    return [info("restore-not-sealed", wanted, report.conditions.exposed)]


def _collated(report: DrillReport) -> list[Finding]:
    wanted = "a database that orders text as the one that was backed up"
    if report.conditions.collation:
        step = "install that locale, or let binaries in [backups] name a PostgreSQL that has it"
        return [inconclusive("restore-collation-other", wanted, report.conditions.collation, next_step=step)]
    if not report.conditions.collation_told:
        untold = "neither plain SQL nor a manifest tells how that did; this one is of C, with every letter of Unicode"
        return [info("restore-collation-untold", wanted, untold)]
    return []


def _counted(report: DrillReport) -> str:
    return "none when it was backed up" if report.content else "there is no manifest that says how many there were"
