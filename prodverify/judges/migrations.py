"""
The database is where the code expects it to be.

Revisions that the database lacks are *pending*. A revision that the code does not know means that the database is ahead
of the code, and then three cases are told apart by what the database records besides: all of the code's revisions are
recorded too (*code behind*, a warning: the rollback of an expanding migration looks like this), some are missing
(*diverged*), or nothing known is recorded at all (*unknown revision*). The last is a failure because nothing shows
that the code's own revisions are applied: the wrong build, the wrong database and a rollback without ``downgrade``
look alike.
"""

from __future__ import annotations

from prodverify.data.migrations.history import History, Recorded
from prodverify.judges.quotation import listed
from prodverify.record.findings import Finding, fail, info, warn


def judge(code: History, database: Recorded) -> list[Finding]:
    """Findings on the heads of ``code`` against those of ``database``; none where they agree."""
    if not database.table_exists:
        return [
            fail(
                "migrations-table-missing",
                _said(code.heads),
                f"there is no {database.source}",
                next_step="check that this is the right database, then upgrade it; or name version_table",
            )
        ]
    return [*_compared(code, database), *_heads(code, database)]


def _compared(code: History, database: Recorded) -> list[Finding]:
    unknown = database.heads - code.known
    applied = code.applied(database.heads)
    pending = code.in_order(code.known - applied)
    observed = f"{_said(database.heads)} in {database.source}"
    if not unknown and not pending:
        return []
    if not unknown:
        missing = f"{len(pending)} pending: {listed(pending)}"
        return [
            fail(
                "migrations-pending",
                _said(code.heads),
                f"{observed}; {missing if code.complete else 'the database is behind'}",
                next_step="run the upgrade that belongs to this deploy, then verify again",
            )
        ]
    strange = f"{observed}; unknown revision {listed(sorted(unknown))}"
    if not code.complete:
        return [
            fail(
                "migrations-unknown-revision",
                _said(code.heads),
                f"{strange}: behind or ahead cannot be told from heads alone",
                next_step="deploy what the database was migrated for, or upgrade it; folder in [migrations] tells more",
            )
        ]
    if not pending:
        return [
            warn(
                "migrations-code-behind",
                _said(code.heads),
                f"{strange}, beside everything that the code knows",
                next_step="deploy the code that has it, or downgrade the database if the code was rolled back",
            )
        ]
    if applied:
        return [
            fail(
                "migrations-diverged",
                _said(code.heads),
                f"{strange}, and {len(pending)} pending: {listed(pending)}",
                next_step="find the build that has the unknown revision and merge the two histories before upgrading",
            )
        ]
    return [
        fail(
            "migrations-unknown-revision",
            _said(code.heads),
            strange,
            next_step="check that this is the right build and the right database; after a rollback downgrade it",
        )
    ]


def _heads(code: History, database: Recorded) -> list[Finding]:
    findings = []
    stale = code.followed(database.heads)
    if stale:
        findings.append(
            warn(
                "migrations-stale-row",
                "one row for each head",
                f"{listed(sorted(stale))} recorded beside a revision that follows it",
                next_step="remove the stale row: Alembic refuses to upgrade with it",
            )
        )
    unnamed = code.heads - code.labelled_heads
    if code.complete and len(code.heads) > 1:
        finding = warn if unnamed else info
        findings.append(
            finding(
                "migrations-several-heads",
                "one head, or branches with names",
                _said(code.heads),
                next_step="merge the heads: `alembic upgrade head` refuses to choose" if unnamed else "",
            )
        )
    return findings


def _said(heads: frozenset[str]) -> str:
    if not heads:
        return "no head (base)"
    return f"{'head' if len(heads) == 1 else 'heads'} {listed(sorted(heads))}"
