"""How long is too long, on both sides of every limit."""

from datetime import UTC, datetime

import pytest

from prodverify.data.health.activity import Activity, Busy, Waiting
from prodverify.data.health.statements import Counted, Statements
from prodverify.judges import database_activity
from prodverify.target.database import Database

NOTHING = Statements()
SINCE = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def busy(**changed):
    return Busy(
        **{
            "pid": 7,
            "application": "shop",
            "kind": "client backend",
            "state": "active",
            "transaction_seconds": 0.0,
            "state_seconds": 0.0,
            "statement_seconds": 0.0,
            "verb": "SELECT",
            **changed,
        }
    )


def database(**said):
    return Database(dsn="dsn", **said)


def said(findings):
    return [f"{finding.severity} {finding.rule}" for finding in findings]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"transaction_seconds": 3600.0}, []),
        ({"transaction_seconds": 3600.1}, ["fail transaction-long"]),
        ({"state": "idle in transaction", "state_seconds": 300.0}, []),
        ({"state": "idle in transaction", "state_seconds": 300.1}, ["fail transaction-idle"]),
        ({"state": "idle in transaction (aborted)", "state_seconds": 300.1}, ["fail transaction-idle"]),
        (
            {"state": "idle in transaction", "state_seconds": 4e3, "transaction_seconds": 4e3},
            ["fail transaction-idle"],
        ),
        ({"state": "active", "state_seconds": 300.1}, []),
        ({"transaction_seconds": 9e9, "kind": "autovacuum worker"}, []),
        ({"transaction_seconds": 9e9, "kind": "walsender"}, []),
        ({"transaction_seconds": 9e9, "application": "pg_dump"}, []),
        ({"transaction_seconds": 9e9, "application": "PG_DUMP"}, []),
        ({"transaction_seconds": 9e9, "application": "prodverify backup"}, []),
        ({"transaction_seconds": 9e9, "application": ""}, ["fail transaction-long"]),
        ({"transaction_seconds": float("nan")}, []),
        ({"transaction_seconds": float("inf")}, ["fail transaction-long"]),
    ],
)
def test_transactions_are_judged_at_their_limits(changed, expected):
    activity = Activity((busy(**changed),))

    assert expected == said(database_activity.judge_transactions(activity, database()))


@pytest.mark.parametrize(("seconds", "expected"), [(3600.0, []), (3600.1, ["fail transaction-prepared"])])
def test_a_prepared_transaction_is_judged_by_its_age(seconds, expected):
    assert expected == said(database_activity.judge_transactions(Activity(prepared_seconds=(seconds,)), database()))


@pytest.mark.parametrize(("seconds", "expected"), [(30.0, []), (30.1, ["fail lock-wait-long"])])
def test_waits_are_judged_at_their_limit(seconds, expected):
    waiting = Waiting(7, "shop", "UPDATE", seconds, "orders", ("pid 8 of report, idle in transaction",))

    assert expected == said(database_activity.judge_locks(Activity(waiting=(waiting,)), 30.0))


def test_a_wait_names_who_is_in_the_way():
    waiting = Waiting(7, "", "", 31.0, "", ())
    (finding,) = database_activity.judge_locks(Activity(waiting=(waiting,)), 30.0)

    assert finding.observed == ("pid 7 of an application without a name waits for 31 s, blocked by nobody any more")


@pytest.mark.parametrize(
    ("seconds", "state", "expected"),
    [
        (1.0, "active", []),
        (1.1, "active", ["warn statement-slow"]),
        (300.0, "active", ["warn statement-slow"]),
        (300.1, "active", ["fail statement-endless"]),
        (300.1, "idle in transaction", []),
    ],
)
def test_statements_are_judged_at_their_limits(seconds, state, expected):
    activity = Activity((busy(statement_seconds=seconds, state=state),))

    assert expected == said(database_activity.judge_statements(activity, NOTHING, database()))


@pytest.mark.parametrize(
    ("mean_ms", "calls", "promised", "expected"),
    [
        (1000.0, 100, None, []),
        (1000.1, 100, None, ["warn statement-slow"]),
        (1000.1, 99, None, []),
        (200.0, 100, 200.0, []),
        (200.1, 100, 200.0, ["fail statement-mean-slow"]),
        (200.1, 99, 200.0, ["inconclusive statements-few"]),
    ],
)
def test_means_are_judged_where_there_are_calls_enough(mean_ms, calls, promised, expected):
    counted = Statements((Counted("-42", calls, mean_ms, 2 * mean_ms),), SINCE)
    findings = database_activity.judge_statements(Activity(), counted, database(max_mean_ms=promised))

    assert expected == said(findings)
    assert all("since 2026-11-01 09:00 UTC" in finding.observed for finding in findings)


def test_means_of_a_window_are_told_with_its_length():
    counted = Statements((Counted("-42", 100, 200.1, None),), SINCE, window_seconds=30.0)
    (finding,) = database_activity.judge_statements(Activity(), counted, database(max_mean_ms=200.0))

    assert "queryid -42: 200 ms in the mean of 100 calls in 30.0 s" == finding.observed


def test_means_that_nobody_counts_cannot_be_judged_where_they_are_promised():
    missing = Statements(missing="the extension pg_stat_statements is not in this database", step="CREATE EXTENSION it")

    assert [] == database_activity.judge_statements(Activity(), missing, database())
    (finding,) = database_activity.judge_statements(Activity(), missing, database(max_mean_ms=200.0))
    assert ("inconclusive statements-uncounted", "CREATE EXTENSION it") == (*said([finding]), finding.next_step)


def test_hidden_sessions_leave_it_open_unless_a_seen_one_breaks_it():
    seen = Activity((busy(transaction_seconds=9e9),), hidden=3)
    blind = Activity(hidden=3)

    assert ["fail transaction-long"] == said(database_activity.judge_transactions(seen, database()))
    assert ["inconclusive sessions-hidden"] == said(database_activity.judge_transactions(blind, database()))
    assert ["inconclusive sessions-hidden"] == said(database_activity.judge_locks(blind, 30.0))
    assert ["inconclusive sessions-hidden"] == said(database_activity.judge_statements(blind, NOTHING, database()))


def test_only_the_worst_are_named():
    activity = Activity(tuple(busy(pid=pid, transaction_seconds=4000.0) for pid in range(100)))

    assert database_activity.NAMED == len(database_activity.judge_transactions(activity, database()))


def test_a_name_that_cannot_be_printed_is_escaped():
    activity = Activity((busy(application="a\x1b[31m\nb", transaction_seconds=9e9),))
    (finding,) = database_activity.judge_transactions(activity, database())

    assert finding.observed.isprintable()
