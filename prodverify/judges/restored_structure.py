"""
What holds the tables together is there after a restore, and does its work.

The ladder has a rung for each kind of object: tables, columns, constraints, indexes, sequences, extensions, views,
triggers, policies, functions, types, owners and grants. A kind gives one finding, with everything that was lost, came
back otherwise, or was added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from prodverify.data.catalog.lines import about, kind_of
from prodverify.data.drill.report import DrillReport
from prodverify.judges.quotation import listed
from prodverify.judges.restore import unrestored
from prodverify.record.findings import Finding, fail, inconclusive, info, warn

_PUBLIC = "schema public"
_OF_PUBLIC = re.compile(r"^(?:owner of |grants on )?schema public(?: to .*)?$")
_MENDED = "find out what the backup leaves out or alters before you rely on it"


def judge(report: DrillReport) -> list[Finding]:
    """
    Every object is as it was backed up, and works.

    What the manifest says was broken in the live database already is a warning; without manifest it is a failure. Two
    major versions of PostgreSQL may write one definition in different words, so between them a definition that differs
    proves nothing.
    """
    if report.restored is None:
        return unrestored(report)
    found, expected = report.restored, report.content
    findings = _broken(found.structure.broken, frozenset(expected.structure.broken) if expected else frozenset())
    if expected is None:
        alone = "no manifest says which there were, so that only those are found that do not work"
        return [*findings, info("restore-structure-unlisted", "every object that was backed up", alone)]
    if expected.sequences is None:  # of an older format, whose lines described objects otherwise
        return [
            *findings,
            inconclusive(
                "restore-structure-not-comparable",
                "a manifest whose lines describe objects as this version does",
                "one that an older version of this program wrote",
                next_step="take a backup with this version: python -m prodverify backup",
            ),
        ]
    same_major = expected.server_major == found.server_major
    before, after = _by_object(expected.structure.objects), _by_object(found.structure.objects)
    if _PUBLIC not in before:  # every new database has that schema, and no dump says that it is to be dropped
        after = {name: line for name, line in after.items() if not _OF_PUBLIC.search(name)}
    for kind in sorted({*map(_kind, before), *map(_kind, after)}):
        findings += _rung(kind, _of(kind, before), _of(kind, after), same_major=same_major)
    findings += [
        fail(
            "restore-columns-differ",
            f"{name} ({', '.join(table.columns)})",
            f"the same in another order: ({', '.join(other.columns)})",
            next_step="look for what writes rows by position, and at what wrote this backup",
        )
        for name, table in expected.tables.items()
        if (other := found.tables.get(name)) is not None
        and other.columns != table.columns
        and sorted(other.columns) == sorted(table.columns)
    ]
    return findings


def _broken(broken: Iterable[str], known: frozenset[str]) -> list[Finding]:
    return [
        warn("restore-broken-as-live", "an object that works", f"{line}, as in the live database")
        if line in known
        else fail(
            "restore-broken",
            "an object that works",
            line,
            next_step="repair it in the live database if it is broken there, else look at what writes the backup",
        )
        for line in broken
    ]


def _rung(kind: str, before: Mapping[str, str], after: Mapping[str, str], *, same_major: bool) -> list[Finding]:
    lost = [name for name in before if name not in after]
    added = [name for name in after if name not in before]
    changed = [name for name in before if name in after and before[name] != after[name]]
    findings = []
    expected = f"the {len(before)} {kind or 'other'} lines that were backed up"
    if kind == "extension" and changed:
        # pg_dump names no version of an extension: every restore makes the one that the server brings along
        step = "restore into a server with the versions of the live database, or update the extension there"
        findings.append(
            warn("restore-extension-version", _said(changed, before), _said(changed, after), next_step=step)
        )
        changed = []
    proven = {"lost": lost, "added": added, "changed": changed if same_major else []}
    if any(proven.values()):
        said = "; ".join(f"{word}: {_named(kind, names)}" for word, names in proven.items() if names)
        if len(changed) == 1 and same_major:
            said += f": {before[changed[0]]} became {after[changed[0]]}"
        findings.append(fail("restore-structure-differs", expected, said, next_step=_MENDED))
    if changed and not same_major:
        findings.append(
            inconclusive(
                "restore-structure-not-comparable",
                expected,
                f"described by another major version, in other words: {_named(kind, changed)}",
                next_step="let binaries in [backups] name a PostgreSQL of the major version that was backed up",
            )
        )
    return findings


def _said(names: list[str], lines: Mapping[str, str]) -> str:
    return listed([lines[name] for name in sorted(names)])


def _named(kind: str, names: list[str]) -> str:
    return listed([name.removeprefix(f"{kind} ") for name in sorted(names)])


def _by_object(lines: Iterable[str]) -> dict[str, str]:
    return {about(line): line for line in lines}


def _kind(name: str) -> str:
    return kind_of(name)


def _of(kind: str, lines: Mapping[str, str]) -> dict[str, str]:
    return {name: line for name, line in lines.items() if _kind(name) == kind}
