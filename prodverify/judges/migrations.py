"""
The database is where the code expects it to be.

Revisions that the database lacks are *pending*. A revision that the code does not know means that the database is ahead
of the code, and then three cases are told apart by what the database records besides: all of the code's revisions are
recorded too (*code behind*, a warning unless the target says otherwise: the rollback of an expanding migration looks
like this), some are missing (*diverged*), or nothing known is recorded at all (*unknown revision*). The last is a
failure because nothing shows that the code's own revisions are applied: the wrong build, the wrong database and a
rollback without ``downgrade`` look alike.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from prodverify.data.migrations.comparison import Comparison, compare, last_in_common
from prodverify.data.migrations.history import History, Recorded
from prodverify.data.migrations.manner import Manner
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn

_NAMED = 6
"""Identifiers that a finding names before it counts them."""


def judge(
    code: History, database: Recorded, manner: Manner, *, code_behind: Literal["warn", "fail"] = "warn"
) -> list[Finding]:
    """Findings on the migrations of ``code`` against those that ``database`` records; none where they agree."""
    if not database.table_exists:
        return [_missing(code, database)]
    database = manner.settled(code, database)
    compared = compare(code, database, manner)
    return [
        *_strange(code, database, compared, manner, code_behind),
        *_behind(code, database, compared, manner),
        *_one_sided(code, database, compared, manner),
        *_applied_out_of_order(code, database, manner),
        *_heads(code, database, manner),
    ]


def judge_done(database: Recorded, manner: Manner) -> list[Finding]:
    """Findings on migrations that began and did not end well; none where there is none."""
    if not database.table_exists:
        return [_missing(None, database)]
    kinds = {
        "failed": (fail, "migrations-failed", "every migration that began has succeeded"),
        "partial": (fail, "migrations-half-applied", "every statement of a migration has run"),
        "locked": (fail, "migrations-locked", "no lock is held by a run that is no more"),
        "running": (inconclusive, "migrations-running", "no migration is running"),
    }
    findings = []
    for kind, (made, rule, expected) in kinds.items():
        troubles = [trouble for trouble in database.troubles if trouble.kind == kind]
        if troubles:
            more = f", and {len(troubles) - 1} more" if len(troubles) > 1 else ""
            repair = manner.repair or f"look with `{manner.look}`"
            next_step = "verify again once it has ended" if kind == "running" else f"mend what it left, then {repair}"
            observed = f"{quote(troubles[0].sentence)}{more} ({database.source})"
            findings.append(made(rule, expected, observed, next_step=next_step))
    return findings


def judge_unedited(code: History, database: Recorded, manner: Manner) -> list[Finding]:
    """Findings on scripts that are not what was applied; none where each is the same."""
    if not database.table_exists:
        return [_missing(code, database)]
    recorded = manner.settled(code, database).checksums
    edited = code.in_order(
        revision.identifier
        for revision in code.revisions
        if revision.checksum
        and not revision.repeats
        and recorded.get(revision.identifier)
        and recorded[revision.identifier].lower() not in {each.lower() for each in (revision.checksum, *revision.also)}
    )
    if not edited:
        return []
    return [
        fail(
            "migrations-edited",
            "each script is what was applied",
            f"{_some(edited)} changed after {manner.title} applied {'it' if len(edited) == 1 else 'them'}"
            f" (checksum in {database.source})",
            next_step="restore the script as it was applied and put the change into a new migration",
        )
    ]


def _missing(code: History | None, database: Recorded) -> Finding:
    return fail(
        "migrations-table-missing",
        _wanted(code, database) if code else "a table that records migrations",
        f"there is no {database.source}",
        next_step="check that this is the right database, then upgrade it; or name version_table",
    )


def _strange(
    code: History, database: Recorded, compared: Comparison, manner: Manner, code_behind: str
) -> list[Finding]:
    if not compared.unknown:
        return []
    strange = f"{_observed(database)}; unknown revision {_some(_sorted(compared.unknown, manner))}"
    severity = fail
    if not code.complete and manner.key is None and database.means != "all":
        rule = "migrations-unknown-revision"
        strange += ": behind or ahead cannot be told from heads alone"
        step = "deploy what the database was migrated for, or upgrade it; folder tells more than heads"
    elif not compared.pending:
        rule = "migrations-code-behind"
        severity = warn if code_behind == "warn" else fail
        strange += ", beside everything that the code knows"
        step = "deploy the code that has it, or downgrade the database if the code was rolled back"
    elif compared.applied:
        rule = "migrations-diverged"
        common = last_in_common(code, compared, manner)
        strange += f", and {len(compared.pending)} pending: {_some(compared.pending)}"
        strange += f"; last in common {quote(common, 60)}" if common else ""
        step = "find the build that has the unknown revision and merge the two histories before upgrading"
    else:
        rule = "migrations-unknown-revision"
        step = "check that this is the right build and the right database; after a rollback downgrade it"
    return [severity(rule, _wanted(code, database), strange, next_step=step)]


def _behind(code: History, database: Recorded, compared: Comparison, manner: Manner) -> list[Finding]:
    if compared.unknown:
        return []
    findings = []
    expected, observed = _wanted(code, database), _observed(database)
    pending, late = compared.pending, compared.late
    if late and manner.late != "runs":
        does = "refuses to go on" if manner.late == "refuses" else "never applies it"
        findings.append(
            fail(
                "migrations-out-of-order",
                expected,
                f"{observed}; {_some(late)} not applied, and older than the newest that is: {manner.title} {does}",
                next_step="give the script a number above the newest one that is applied, then upgrade",
            )
        )
        pending = tuple(name for name in pending if name not in late)
    if pending:
        lacking = f"{len(pending)} pending" if code.complete else "the database is behind"
        missing = f"{lacking}: {_some(pending)}"
        older = f", older than the newest applied: {_some(late)}" if late and manner.late == "runs" else ""
        findings.append(
            fail(
                "migrations-pending",
                expected,
                f"{observed}; {missing}{older}",
                next_step=f"run the upgrade that belongs to this deploy (`{manner.upgrade}`), then verify again",
            )
        )
    return findings


def _one_sided(code: History, database: Recorded, compared: Comparison, manner: Manner) -> list[Finding]:
    removed, left_out = _sorted(compared.removed, manner), code.in_order(database.left_out)
    unordered = "run after it: behind or ahead cannot be told from heads alone; folder tells more"
    sides = (
        ("migrations-run-later", _wanted(code, database), _sorted(compared.later, manner), unordered),
        ("migrations-script-removed", "a script for each row", removed, "older than all that have one"),
        ("migrations-left-out", "a row for each script", left_out, "whose contexts or labels none that ran has"),
    )
    return [
        info(rule, expected, f"{_some(names)}, {why} ({database.source})", next_step=f"look with `{manner.look}`")
        for rule, expected, names, why in sides
        if names
    ]


def _applied_out_of_order(code: History, database: Recorded, manner: Manner) -> list[Finding]:
    if not code.complete or manner.key is None:
        return []
    order = [name for name in database.order if name in code.known]
    after = next((pair for pair in pairwise(order) if manner.key(pair[0]) > manner.key(pair[1])), None)
    if after is None:
        return []
    return [
        (info if manner.late == "runs" else warn)(
            "migrations-applied-out-of-order",
            "migrations applied in the order of the code",
            f"{quote(after[1], 60)} was applied after {quote(after[0], 60)} ({database.source})",
            next_step="try the migrations on an empty database: there they run in the order of the code",
        )
    ]


def _heads(code: History, database: Recorded, manner: Manner) -> list[Finding]:
    findings = []
    stale = code.followed(database.applied) if database.means == "heads" else frozenset()
    if stale:
        findings.append(
            warn(
                "migrations-stale-row",
                "one row for each head",
                f"{listed(sorted(stale))} recorded beside a revision that follows it",
                next_step=f"remove the stale row: {manner.title} refuses to upgrade with it",
            )
        )
    if manner.family is not None:
        findings += _conflicts(code, manner)
    elif code.complete and manner.means == "heads" and len(code.heads) > 1:
        unnamed = code.heads - code.labelled_heads
        finding = warn if unnamed else info
        findings.append(
            finding(
                "migrations-several-heads",
                "one head, or branches with names",
                _said(code.heads, database),
                next_step=f"merge the heads: `{manner.upgrade}` refuses to choose" if unnamed else "",
            )
        )
    return findings


def _conflicts(code: History, manner: Manner) -> list[Finding]:
    families: dict[str, list[str]] = {}
    for head in sorted(code.heads - code.stood_for()) if code.complete else ():
        families.setdefault(manner.family(head) if manner.family else "", []).append(head)
    return [
        warn(
            "migrations-several-heads",
            f"one head in {quote(family, 60)}",
            _some(tuple(heads)),
            next_step=f"merge the heads: `{manner.upgrade}` refuses to choose",
        )
        for family, heads in families.items()
        if len(heads) > 1
    ]


def _wanted(code: History, database: Recorded) -> str:
    if database.means == "all" and code.complete:
        return f"all migrations of the code, which are {len(code.known)}"
    return _called(code.heads) if code.heads else _said(code.heads, database)


def _observed(database: Recorded) -> str:
    return f"{_said(database.applied, database)} in {database.source}"


def _said(heads: frozenset[str], database: Recorded) -> str:
    if not heads:
        return "no head (base)" if database.means == "heads" else "no migration"
    if database.means == "all":
        return f"{len(heads)} migrations" if len(heads) > 1 else "1 migration"
    return _called(heads)


def _called(heads: frozenset[str]) -> str:
    return f"{'head' if len(heads) == 1 else 'heads'} {listed(sorted(heads))}"


def _sorted(names: frozenset[str], manner: Manner) -> tuple[str, ...]:
    return tuple(sorted(names, key=manner.key) if manner.key else sorted(names))


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{listed(names[:_NAMED])}{more}"
