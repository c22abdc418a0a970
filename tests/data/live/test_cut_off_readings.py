"""A reading that takes too long, or whose server goes away or hangs, ends, and what was read before it stays."""

import os
import signal

import pytest

from prodverify.data import connection as door
from prodverify.data.connection import read_only
from prodverify.data.health import statements
from prodverify.data.health.readings import _take
from prodverify.record.findings import Unjudged


def taken(connection, server, reader, within_seconds=9.0):
    return _take(connection, server.dsn(), "something", reader, within_seconds=within_seconds)


def test_a_reading_that_takes_too_long_leaves_the_others_whole(lively):
    with read_only(lively.dsn(), statement_timeout_ms=50) as connection:
        slow = _take(
            connection,
            lively.dsn(),
            "something slow",
            lambda each: each.execute("SELECT pg_sleep(9)"),
            within_seconds=9,
        )
        quick = _take(connection, lively.dsn(), "something quick", lambda each: 7, within_seconds=9)

    assert "statement_timeout_ms" in slow.refused.next_step
    assert 7 == quick()


def test_a_server_that_ends_our_session_cannot_be_judged(lively, opened):
    def ended(connection):
        opened().execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        return connection.execute("SELECT 1")

    with (
        pytest.raises(Unjudged, match=r"terminating connection|closed the connection") as caught,
        read_only(lively.dsn(), statement_timeout_ms=5000) as connection,
    ):
        taken(connection, lively, ended)

    assert caught.value.finding.rule == "database-unreadable"


def test_a_server_that_hangs_is_left(lively):
    def hung(connection):
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        stopped.append(connection.info.backend_pid)
        return connection.execute("SELECT 1")

    stopped = []
    try:
        with (
            pytest.raises(Unjudged, match=r"no answer within 0\.2 s"),
            read_only(lively.dsn(), statement_timeout_ms=100) as connection,
        ):
            taken(connection, lively, hung, within_seconds=0.2)
    finally:
        os.kill(stopped[0], signal.SIGCONT)


def test_a_server_that_hangs_at_a_look_at_its_counters_is_left(lively, monkeypatch):
    def hung(connection, _at):
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        stopped.append(connection.info.backend_pid)
        return connection.execute("SELECT 1")

    stopped = []
    monkeypatch.setattr(door, "CONNECT_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(statements, "read_counters", hung)
    try:
        with pytest.raises(Unjudged, match="no answer within"):
            statements.look(lively.dsn(), 10)
    finally:
        os.kill(stopped[0], signal.SIGCONT)


def test_a_server_that_hangs_at_the_end_of_a_transaction_is_left(lively, monkeypatch):
    monkeypatch.setattr(door, "CONNECT_TIMEOUT_SECONDS", 0.2)
    with read_only(lively.dsn(), statement_timeout_ms=100) as connection:
        pid = connection.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGCONT)

    assert connection.closed
