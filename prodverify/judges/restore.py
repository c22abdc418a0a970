"""
A backup is what was backed up once it has been restored, and not before.

Every judge but ``judge_restorability`` speaks about the restored database. Where there is none it finds nothing to
compare and says so (inconclusive): a backup that cannot be restored has kept no promise about its content.
"""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.catalog.contents import ALGORITHM, Contents
from prodverify.data.drill.report import DrillReport
from prodverify.judges.quotation import listed
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
    return _unrestored(report)


def judge_key_tables(report: DrillReport, names: Iterable[str]) -> list[Finding]:
    """
    Every table without which the service is lost is there, and holds rows if it held any.

    A name without schema is a table in ``public``. An empty key table is a remark where the manifest counted no row
    either, and a warning where there is no manifest.
    """
    if report.restored is None:
        return _unrestored(report)
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
        elif table.rows == 0 and (counted is None or counted.rows == 0):
            finding = info if counted else warn
            findings.append(finding("restore-key-table-empty", f"rows in {name}", "none; " + _counted(report)))
    return findings


def judge_content(report: DrillReport) -> list[Finding]:
    """The restored database holds what the manifest says: the same rows, the same content, the same migration."""
    both = _both(report)
    if isinstance(both, list):
        return both
    return [*judge_counts(report), *judge_checksums(report), *judge_migration_heads(report)]


def judge_counts(report: DrillReport) -> list[Finding]:
    """Every table that was backed up has as many rows as were counted in the snapshot that was dumped."""
    both = _both(report)
    if isinstance(both, list):
        return both
    expected, restored = both
    findings = []
    for name, table in expected.tables.items():
        found = restored.tables.get(name)
        if found is None:
            findings.append(fail("restore-table-missing", f"{name} with {_rows(table.rows)}", "no such table"))
        elif found.rows != table.rows:
            findings.append(fail("restore-rows-differ", f"{_rows(table.rows)} in {name}", _rows(found.rows)))
    extra = sorted(restored.tables.keys() - expected.tables.keys())
    if extra:
        findings.append(fail("restore-table-unknown", "only tables that were backed up", listed(extra)))
    return findings


def judge_checksums(report: DrillReport) -> list[Finding]:
    """
    Every table has the content that it had, whatever its order of rows; another count is for ``judge_counts``.

    Between two major versions of PostgreSQL equal checksums mean equal content, and different ones mean nothing;
    those that another way of hashing made are not looked at.
    """
    both = _both(report)
    if isinstance(both, list):
        return both
    expected, restored = both
    if report.manifest is not None and report.manifest.algorithm != ALGORITHM:
        return [
            inconclusive(
                "restore-content-not-comparable",
                f"checksums in the manifest made by {ALGORITHM}",
                f"made by {report.manifest.algorithm}",
                next_step="take a backup with this version: python -m prodverify backup",
            )
        ]
    comparable = expected.server_major == restored.server_major
    findings = []
    for name, table in expected.tables.items():
        found = restored.tables.get(name)
        if found is None or found.rows != table.rows or found.checksum == table.checksum:
            continue
        if comparable:
            findings.append(
                fail(
                    "restore-content-differs",
                    f"the content of {name} that was backed up, checksum {table.checksum}",
                    f"{_rows(found.rows)}, as many as were backed up, with checksum {found.checksum}",
                    next_step="do not restore this backup; compare it with the one before and find what altered it",
                )
            )
        else:
            findings.append(
                inconclusive(
                    "restore-content-not-comparable",
                    f"{name} hashed by PostgreSQL {expected.server_major}, as when it was backed up",
                    f"hashed by {restored.server_major}, with another result",
                    next_step=f"let binaries in [backups] name a PostgreSQL {expected.server_major}",
                )
            )
    return findings


def judge_structure(report: DrillReport) -> list[Finding]:
    """
    Columns, constraints, indexes, sequences and all else are there and do their work.

    What the manifest says was broken in the live database already is a warning; without manifest it is a failure.
    """
    if report.restored is None:
        return _unrestored(report)
    found, expected = report.restored, report.content
    known = frozenset(expected.structure.broken) if expected else frozenset()
    findings = [
        warn("restore-broken-as-live", "an object that works", f"{line}, as in the live database")
        if line in known
        else fail(
            "restore-broken",
            "an object that works",
            line,
            next_step="repair it in the live database if it is broken there, else look at what writes the backup",
        )
        for line in found.structure.broken
    ]
    if expected is None:
        return findings
    lost = sorted(set(expected.structure.objects) - set(found.structure.objects))
    if lost:
        findings.append(
            fail(
                "restore-object-missing",
                f"the {len(expected.structure.objects)} objects that were backed up",
                f"without {listed(lost)}",
                next_step="check what the backup leaves out",
            )
        )
    findings += [
        fail("restore-columns-differ", f"{name} ({', '.join(table.columns)})", f"({', '.join(other.columns)})")
        for name, table in expected.tables.items()
        if (other := found.tables.get(name)) is not None and other.columns != table.columns
    ]
    return findings


def judge_migration_heads(report: DrillReport) -> list[Finding]:
    """The restored database is at the migration that the live one was at."""
    both = _both(report)
    if isinstance(both, list):
        return both
    expected, restored = both
    if expected.migration_heads == restored.migration_heads:
        return []
    return [
        fail(
            "restore-migration-heads-differ",
            f"migrated to {_heads(expected)}",
            _heads(restored),
            next_step="do not restore this backup under the code deployed",
        )
    ]


def judge_rto(report: DrillReport, seconds: float) -> list[Finding]:
    """The drill, from file to a database read back whole, took no longer than a recovery may (RTO)."""
    if report.restored is None:
        return _unrestored(report)
    expected, observed = f"restored and verified within {seconds:g} s", f"took {report.stages}"
    if report.stages.total > seconds:
        return [fail("restore-slow", expected, observed, next_step="make it smaller or faster, or promise less")]
    return [info("restore-duration", expected, observed)]


def _both(report: DrillReport) -> tuple[Contents, Contents] | list[Finding]:
    if report.restored is None:
        return _unrestored(report)
    if report.content is None:
        return [
            inconclusive(
                "restore-without-manifest",
                f"a manifest beside {report.file}",
                "none, so there is nothing to compare with",
                next_step="take backups with: python -m prodverify backup",
            )
        ]
    return report.content, report.restored


def _unrestored(report: DrillReport) -> list[Finding]:
    if report.restored is not None:
        return []
    return [
        inconclusive(
            "restore-nothing-to-judge",
            "a restored database",
            f"{report.file} was not restored: {report.damage or report.refusal}",
            next_step="see what the check of restorability says",
        )
    ]


def _counted(report: DrillReport) -> str:
    return "none when it was backed up" if report.content else "there is no manifest that says how many there were"


def _heads(contents: Contents) -> str:
    if contents.migration_heads is None:
        return "no table of migrations"
    return ", ".join(contents.migration_heads) or "base"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
