"""Who holds up whom is seen on real sessions, and nobody's values with it."""

import threading
from contextlib import contextmanager, suppress

import psycopg
import pytest

from prodverify.data.connection import read_only
from prodverify.data.health import activity
from prodverify.data.health.statements import Statements
from prodverify.judges import database_activity
from prodverify.target.database import Database
from prodverify.wire import clock

SECRET = "a value of a row"  # pragma: allowlist secret


def looked(dsn):
    with read_only(dsn, statement_timeout_ms=5000) as connection:
        return activity.read(connection)


@contextmanager
def in_background(connection, statement):
    def run():
        with suppress(psycopg.Error):
            connection.execute(statement)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        connection.cancel_safe()
        thread.join()


def until(look):
    return clock.poll(lambda: look() or None, within_seconds=10, what="the server shows it")


def test_a_forgotten_transaction_is_seen_with_its_application(lively, opened):
    forgotten = opened(application="forgetful")
    forgotten.execute(f"BEGIN; SELECT '{SECRET}'")

    seen = looked(lively.dsn(user="monitor"))

    (busy,) = [busy for busy in seen.busy if busy.application == "forgetful"]
    assert (busy.pid, busy.state, busy.verb) == (forgotten.info.backend_pid, "idle in transaction", "BEGIN")
    assert 0 <= busy.state_seconds <= busy.transaction_seconds < 60
    assert busy.kind == "client backend"
    assert SECRET not in repr(seen)


def test_a_blocked_session_is_seen_with_whoever_blocks_it(lively, opened):
    holder, waiter = opened(application="holder"), opened(application="waiter")
    holder.execute("CREATE TABLE wanted (id integer)")
    holder.execute("BEGIN; LOCK TABLE wanted")
    with in_background(waiter, f"SELECT count(*), '{SECRET}' FROM wanted"):
        seen = until(lambda: (found := looked(lively.dsn(user="monitor"))).waiting and found)
    holder.execute("ROLLBACK")
    holder.execute("DROP TABLE wanted")

    (waiting,) = seen.waiting
    assert (waiting.pid, waiting.application, waiting.verb) == (waiter.info.backend_pid, "waiter", "SELECT")
    assert waiting.on == "wanted"
    assert waiting.blockers == (f"pid {holder.info.backend_pid} of holder, idle in transaction after BEGIN",)
    assert SECRET not in repr(seen)
    (found,) = database_activity.judge_locks(seen, max_wait_seconds=waiting.seconds / 2)
    assert found.rule == "lock-wait-long"
    assert "holder" in found.observed


def test_a_prepared_transaction_blocks_without_a_session(lively, opened):
    holder, waiter = opened(), opened(application="waiter")
    holder.execute("CREATE TABLE kept (id integer)")
    holder.execute("BEGIN; LOCK TABLE kept; PREPARE TRANSACTION 'left'")
    try:
        with in_background(waiter, "SELECT count(*) FROM kept"):
            seen = until(lambda: (found := looked(lively.dsn(user="monitor"))).waiting and found)
    finally:
        holder.execute("ROLLBACK PREPARED 'left'")
        holder.execute("DROP TABLE kept")

    assert seen.waiting[0].blockers == ("a prepared transaction",)
    assert len(seen.prepared_seconds) == 1


def test_without_the_right_to_monitor_nothing_passes_for_healthy(lively, opened):
    opened(application="forgetful").execute("BEGIN; SELECT 1")

    seen = looked(lively.dsn(user="plain"))
    database = Database(dsn="dsn")
    findings = [
        *database_activity.judge_transactions(seen, database),
        *database_activity.judge_locks(seen, 30.0),
        *database_activity.judge_statements(seen, Statements(), database),
    ]

    assert ["sessions-hidden"] * 3 == [finding.rule for finding in findings]
    assert "GRANT pg_monitor" in findings[0].next_step


def test_a_session_that_reports_nothing_does_not_pass_for_healthy(lively, opened):
    opened(application="dark").execute("SET track_activities = off; BEGIN; SELECT 1")

    (finding,) = database_activity.judge_locks(looked(lively.dsn(user="monitor")), 30.0)

    assert finding.rule == "sessions-hidden"
    assert "track_activities" in finding.next_step


@pytest.mark.parametrize("application", ["pg_dump", "prodverify health", "nightly-report"])
def test_work_that_may_take_long_is_known_by_its_name(lively, opened, application):
    opened(application=application).execute("BEGIN; SELECT 1")
    seen = looked(lively.dsn(user="monitor"))
    own = activity.Activity(tuple(busy for busy in seen.busy if busy.application == application))
    strict = {"max_transaction_seconds": 1e-9, "max_idle_seconds": 1e-9}

    assert len(own.busy) == 1
    known = Database(dsn="dsn", long_applications=("pg_dump", "nightly*"), **strict)
    assert database_activity.judge_transactions(own, known) == []
