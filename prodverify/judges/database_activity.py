"""Nobody holds up the others: transactions end, locks are given back, statements come to their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from prodverify.data.health.activity import Activity, Busy
from prodverify.data.health.statements import Statements
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, warn
from prodverify.target.database import OURS, Database

IDLE = ("idle in transaction", "idle in transaction (aborted)")
NAMED = 5
"""Sessions or statements that are named at most, the worst first."""


def judge_transactions(activity: Activity, database: Database) -> list[Finding]:
    """
    No application's transaction is older than ``max_transaction_seconds``, or idle for more than ``max_idle_seconds``.

    An open transaction keeps its locks, and every row version that others made since.
    https://www.postgresql.org/docs/current/routine-vacuuming.html
    """
    found = []
    ours = [busy for busy in activity.busy if _judged(busy, database.long_applications)]
    idle = [busy for busy in ours if busy.state in IDLE and busy.state_seconds > database.max_idle_seconds]
    for busy in sorted(idle, key=lambda each: -each.state_seconds)[:NAMED]:
        found.append(
            fail(
                "transaction-idle",
                f"no transaction idle for more than {database.max_idle_seconds:g} s",
                f"{_named(busy)}, {busy.state} for {busy.state_seconds:.0f} s",
                next_step="find what it waits for outside the database; idle_in_transaction_session_timeout ends such",
            )
        )
    long = [busy for busy in ours if busy.transaction_seconds > database.max_transaction_seconds and busy not in idle]
    for busy in long[:NAMED]:
        found.append(
            fail(
                "transaction-long",
                f"no transaction longer than {database.max_transaction_seconds:g} s",
                f"{_named(busy)}, begun {busy.transaction_seconds:.0f} s ago",
                next_step="make it shorter, or name its application in long_applications of [database]",
            )
        )
    for seconds in activity.prepared_seconds[:NAMED]:
        if seconds > database.max_transaction_seconds:
            found.append(
                fail(
                    "transaction-prepared",
                    f"no prepared transaction older than {database.max_transaction_seconds:g} s",
                    f"one was prepared {seconds:.0f} s ago, and nobody ended it",
                    next_step="COMMIT PREPARED or ROLLBACK PREPARED it; pg_prepared_xacts has its name",
                )
            )
    return found or _blind(activity)


def judge_locks(activity: Activity, max_wait_seconds: float) -> list[Finding]:
    """Nobody waits for a lock for more than ``max_wait_seconds``; who is in the way is named by pid and application."""
    found = [
        fail(
            "lock-wait-long",
            f"no wait for a lock of more than {max_wait_seconds:g} s",
            f"pid {waiting.pid} of {_application(waiting.application)} waits for {waiting.seconds:.0f} s"
            f"{f' in {quote(waiting.verb, 20)}' if waiting.verb else ''}"
            f"{f' on {quote(waiting.on, 63)}' if waiting.on else ''}"
            f", blocked by {quote(', '.join(waiting.blockers[:NAMED]) or 'nobody any more', 300)}",
            next_step="end the blocker (pg_cancel_backend, then pg_terminate_backend), then mend its code",
        )
        for waiting in activity.waiting[:NAMED]
        if waiting.seconds > max_wait_seconds
    ]
    return found or _blind(activity)


def judge_statements(activity: Activity, statements: Statements, database: Database) -> list[Finding]:
    """
    No statement runs for more than ``max_statement_seconds``; those above ``slow_statement_seconds`` are named.

    Where pg_stat_statements counts, no statement's mean is above ``max_mean_ms``. That mean is of the target's window;
    without one it is of the time since the counters were reset, and the finding says since when.
    """
    running = [busy for busy in activity.busy if busy.state == "active" and _judged(busy, database.long_applications)]
    found = []
    for busy in sorted(running, key=lambda each: -each.statement_seconds)[:NAMED]:
        observed = (
            f"{_named(busy)}, for {busy.statement_seconds:.1f} s{f': {quote(busy.verb, 20)}' if busy.verb else ''}"
        )
        if busy.statement_seconds > database.max_statement_seconds:
            expected = f"no statement of more than {database.max_statement_seconds:g} s"
            found.append(fail("statement-endless", expected, observed, next_step=_LOOK))
        elif busy.statement_seconds > database.slow_statement_seconds:
            expected = f"no statement of more than {database.slow_statement_seconds:g} s"
            found.append(warn("statement-slow", expected, observed, next_step=_LOOK))
    found += _counted(statements, database)
    return [*found, *_blind(activity)]


_LOOK = "EXPLAIN (ANALYZE, BUFFERS) it on a copy; pg_stat_activity has its text for who may see it"


def _counted(statements: Statements, database: Database) -> list[Finding]:
    limit_ms = database.max_mean_ms
    if statements.missing:
        if limit_ms is None:
            return []
        return [
            inconclusive(
                "statements-uncounted",
                f"means of statements, none above {limit_ms:g} ms",
                quote(statements.missing),
                next_step=statements.step,
            )
        ]
    since = _period(statements)
    judged = [each for each in statements.counted if each.calls >= database.min_calls]
    if limit_ms is not None and not judged:
        return [
            inconclusive(
                "statements-few",
                f"means of statements, none above {limit_ms:g} ms",
                f"no statement was called {database.min_calls} times {since}",
                next_step="lower min_calls of [database]"
                + ("" if statements.window_seconds is None else ", or make statements_window_seconds longer"),
            )
        ]
    named_ms = 1000.0 * database.slow_statement_seconds
    found = []
    for each in judged[:NAMED]:
        observed = (
            f"queryid {quote(each.query_id, 24)}: {each.mean_ms:.0f} ms in the mean of {each.calls} calls {since}"
        )
        if each.longest_ms is not None:
            observed += f", {each.longest_ms:.0f} ms at most"
        step = "SELECT query FROM pg_stat_statements WHERE queryid = ...; EXPLAIN it, and index what it looks for"
        if limit_ms is not None and each.mean_ms > limit_ms:
            found.append(
                fail("statement-mean-slow", f"no statement above {limit_ms:g} ms in the mean", observed, next_step=step)
            )
        elif each.mean_ms > named_ms:
            expected = f"no statement above {named_ms:g} ms in the mean"
            found.append(warn("statement-slow", expected, observed, next_step=step))
    return found


def _period(statements: Statements) -> str:
    if statements.window_seconds is not None:
        return f"in {statements.window_seconds:.1f} s"
    return f"since {statements.since:%Y-%m-%d %H:%M} UTC" if statements.since else "since the server began to count"


def _judged(busy: Busy, long_applications: Sequence[str]) -> bool:
    """Whether a session is an application's: not the server's own work, not ours, not one that may take long."""
    return busy.kind in ("client backend", "") and not _matches(busy.application, (OURS, *long_applications))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def _blind(activity: Activity) -> list[Finding]:
    if not activity.hidden:
        return []
    return [
        inconclusive(
            "sessions-hidden",
            "to see what each session of the database does",
            f"{activity.hidden} of them are other roles', and hidden from ours, or report nothing",
            next_step="GRANT pg_monitor TO the role that the suite reads as; let track_activities be on",
        )
    ]


def _named(busy: Busy) -> str:
    return f"pid {busy.pid} of {_application(busy.application)}"


def _application(name: str) -> str:
    return quote(name, 63) or "an application without a name"
