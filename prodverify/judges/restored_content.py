"""
A restored database has the content that was backed up: every row, and nothing else.

What that is known from is one of three: the *manifest*, counted in the snapshot that was dumped; the *archive*, whose
own rows need no source; *live* rows so old that nobody changes them any more.
"""

from __future__ import annotations

import re
from typing import Literal

from prodverify.data.catalog.contents import ALGORITHM, Contents, Table
from prodverify.data.drill.observed import Compared, Mode
from prodverify.data.drill.report import DrillReport
from prodverify.judges import restored_sequences
from prodverify.judges.quotation import listed, quote
from prodverify.judges.restore import rows, unrestored
from prodverify.record.findings import Finding, fail, inconclusive, info

Wanted = Literal["manifest", "archive", "live", "automatic"]
_GENERATED_TEXT = re.compile(
    r" (?:text|character|character varying|citext|tsvector)(?:\(\d+\))?(?: not null)? generated$"
)
_ALTERED = "do not restore this backup; compare it with the one before and find what altered it"


def judge(report: DrillReport, mode: Wanted) -> list[Finding]:
    """
    The restored database holds what ``mode`` says.

    ``automatic`` is the manifest. Where there is none, or its checksums are of another major version, it is the
    archive, and of the manifest the counts and sequences alone, which every version tells alike.
    """
    if report.restored is None:
        return unrestored(report)
    if mode == "automatic" and (archived := report.comparison("archive")):
        counted = [*judge_counts(report), *judge_migration_heads(report)] if report.content else []
        told = archived.sequences if archived.tables and not archived.impossible else ()
        return [*counted, *restored_sequences.judge_manifest(report, told), *judge_comparison(report, "archive")]
    if mode == "automatic":
        mode = "manifest"
    if mode == "manifest":
        manifest = (judge_counts, judge_checksums, judge_migration_heads, restored_sequences.judge_manifest)
        return [finding for each in manifest for finding in each(report)]
    return judge_comparison(report, mode)


def judge_counts(report: DrillReport) -> list[Finding]:
    """Every table that was backed up has as many rows as were counted in the snapshot that was dumped."""
    both = _both(report)
    if isinstance(both, list):
        return both
    expected, restored = both
    findings = []
    for name, table in expected.tables.items():
        found = restored.tables.get(name)
        if found is not None and _of_another_version(table, found):
            findings.append(_versions_apart(name, table.extension, found.extension))
        elif found is None and (other := _in_another_version(table.extension, restored)):
            findings.append(_versions_apart(name, table.extension, other))
        elif found is None:
            findings.append(fail("restore-table-missing", f"{name} with {rows(table.rows)}", "no such table"))
        elif found.rows != table.rows:
            step = _ALTERED if found.rows else f"find out why the backup has no row of {name}"
            findings.append(
                fail("restore-rows-differ", f"{rows(table.rows)} in {name}", rows(found.rows), next_step=step)
            )
    extra = []
    for name in sorted(restored.tables.keys() - expected.tables.keys()):
        extension = restored.tables[name].extension
        if extension and expected.sequences is None:  # an older format had no tables of extensions
            continue
        if other := _in_another_version(extension, expected):
            findings.append(_versions_apart(name, other, extension))
        else:
            extra.append(name)
    if extra:
        findings.append(fail("restore-table-unknown", "only tables that were backed up", listed(extra)))
    return findings


def judge_checksums(report: DrillReport) -> list[Finding]:
    """
    Every table has the content that it had, whatever its order of rows; another count is for ``judge_counts``.

    Between two major versions of PostgreSQL equal checksums mean equal content, and different ones mean nothing;
    those that another way of hashing made are not looked at. A text that the restore generated anew may be another one
    where the database is not known to have the same collation.
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
                f"made by {quote(report.manifest.algorithm, 80)}",
                next_step="take a backup with this version: python -m prodverify backup",
            )
        ]
    comparable = expected.server_major == restored.server_major
    findings = []
    for name, table in expected.tables.items():
        found = restored.tables.get(name)
        if found is None or found.rows != table.rows or found.checksum == table.checksum:
            continue
        if _of_another_version(table, found):  # which was told with the counts
            continue
        if comparable and _generated_otherwise(report, table):
            findings.append(
                inconclusive(
                    "restore-content-not-comparable",
                    f"{name}, which generates text, in a database of the collation that was backed up",
                    report.conditions.collation or "plain SQL does not tell which that was; its checksum is another",
                    next_step="take the backup with --format=custom, and let binaries name a PostgreSQL that has it",
                )
            )
        elif comparable:
            findings.append(
                fail(
                    "restore-content-differs",
                    f"the content of {name} that was backed up, checksum {table.checksum}",
                    f"{rows(found.rows)}, as many as were backed up, with checksum {found.checksum}",
                    next_step=_ALTERED,
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


def _of_another_version(table: Table, found: Table) -> bool:
    return table.extension != found.extension and (table.rows, table.checksum) != (found.rows, found.checksum)


def _in_another_version(extension: str, contents: Contents) -> str:
    """``extension`` as ``contents`` has it, where that is not in the version named; empty otherwise."""
    called, _, version = extension.rpartition(" ")
    for line in contents.structure.objects if called else ():
        name, separator, rest = line.replace('"', "").partition(" version ")
        if separator and name == f"extension {called}":
            other = rest.partition(" in ")[0]
            return f"{called} {other}" if other != version else ""
    return ""


def _versions_apart(name: str, before: str, after: str) -> Finding:
    return inconclusive(
        "restore-content-not-comparable",
        f"{name} as {before or 'no extension'} keeps it",
        f"another content, kept by {after or 'no extension'}: which rows are its own depends on the version",
        next_step="let binaries in [backups] name a PostgreSQL that has the extension in the live one's version",
    )


def _generated_otherwise(report: DrillReport, table: Table) -> bool:
    ran = report.conditions
    return (bool(ran.collation) or not ran.collation_told) and any(map(_GENERATED_TEXT.search, table.columns))


def judge_migration_heads(report: DrillReport) -> list[Finding]:
    """The restored database is at the migrations that the live database was at when it was backed up."""
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


def judge_comparison(report: DrillReport, mode: Mode) -> list[Finding]:
    """
    Every table that was compared row by row has the same rows there and here, and every sequence the same place.

    In mode ``live`` counts may differ by the tolerance that the target states, and then nothing is said of the content.
    """
    comparison = report.comparison(mode)
    if comparison is None or comparison.impossible or not comparison.tables:
        nothing = "no table of it was compared" if comparison else "it was not looked at"
        return [
            inconclusive(
                "restore-content-not-comparable",
                f"tables to compare in mode {mode}",
                (comparison.impossible if comparison else "") or nothing,
                next_step="name slices in [backups.drill]" if mode == "live" else "look at what the backup holds",
            )
        ]
    findings = [finding for table in comparison.tables for finding in _table(table, mode)]
    findings += restored_sequences.judge_comparison(comparison)
    if not findings:
        counted = sum(table.restored or 0 for table in comparison.tables)
        words = f"{rows(counted)} in {len(comparison.tables)} of them the same"
        findings.append(info("restore-content-compared", f"tables as the {_OTHERS[mode]} has them", words))
    return findings


_OTHERS = {"manifest": "manifest", "archive": "backup itself", "live": "live database"}


def _table(table: Compared, mode: Mode) -> list[Finding]:
    other = _OTHERS[mode]
    if table.incomparable:
        return [
            inconclusive(
                "restore-content-not-comparable",
                f"{table.what} as the {other} has it",
                table.incomparable,
                next_step="let pg_dump write COPY of each table" if mode == "archive" else "see what the slice names",
            )
        ]
    if table.same:
        return []
    expected = f"{table.what} as the {other} has it"
    if table.restored is None:
        return [_differs(mode, expected, f"there is no such table, and {rows(table.rows or 0)} should be in it")]
    apart = abs((table.rows or 0) - table.restored)
    if apart == 0:
        return [_differs(mode, expected, f"{rows(table.restored)} on both sides, with other content")]
    if apart <= table.tolerance:
        words = f"{rows(apart)} apart, where {table.tolerance} may be"
        return [info("restore-live-tolerated", expected, f"{words}; their content is not compared")]
    tolerated = f", where {rows(table.tolerance)} may be apart" if table.tolerance else ""
    return [_differs(mode, f"{expected}, {rows(table.rows or 0)}", f"{rows(table.restored)}{tolerated}")]


def _differs(mode: Mode, expected: str, observed: str) -> Finding:
    if mode == "live":
        return fail("restore-live-differs", expected, observed, next_step=f"if nobody changed those rows: {_ALTERED}")
    return fail("restore-archive-differs", expected, observed, next_step="look for what the backup does after its rows")


def _both(report: DrillReport) -> tuple[Contents, Contents] | list[Finding]:
    if report.restored is None:
        return unrestored(report)
    if report.content is None:
        return [
            inconclusive(
                "restore-without-manifest",
                f"a manifest beside {report.file}",
                "none, so there is nothing to compare with",
                next_step="take backups with: python -m prodverify backup; or let compare name the archive",
            )
        ]
    return report.content, report.restored


def _heads(contents: Contents) -> str:
    if contents.migration_heads is None:
        return "no table of migrations"
    return listed(contents.migration_heads) or "base"
