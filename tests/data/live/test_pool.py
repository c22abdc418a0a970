"""A PgBouncer for real: its console is read and never told to do anything."""

import os
import signal
from contextlib import contextmanager

import psycopg
import pytest

from fixtures.relay import pool as ours
from fixtures.relay.damages import pooling
from prodverify.data import connection as door
from prodverify.data.connection import read_only
from prodverify.data.health import pool
from prodverify.data.health.connections import Limit
from prodverify.data.health.readings import read
from prodverify.judges import database_pool
from prodverify.record.findings import Unjudged
from prodverify.target.database import PromisedPool
from tests.data.live.raising import raised
from tests.data.live.test_readings import NAMES

pytestmark = pytest.mark.skipif(not ours.program() and not os.environ.get("CI"), reason="pgbouncer is not installed")


PROMISED = PromisedPool(name="main", dsn="dsn", max_waiting_seconds=0.2)


@pytest.fixture(scope="module")
def pooled(programs):
    """A server and a PgBouncer before it: how to connect through it by a database's name, and its process number."""
    with raised(programs, {"port": "5432"}) as server:
        with psycopg.connect(server.server.dsn(), autocommit=True) as owner:
            owner.execute("CREATE ROLE relay_monitor LOGIN IN ROLE pg_monitor")
        pid = ours.start(server.server, "postgres", "relay_monitor", os.environ)
        address = ours.address(server.server.place, "{}", "relay_monitor")
        until(lambda: answers(address.format("pgbouncer")))
        yield address, pid


def answers(dsn):
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return None
    return True


def until(look):
    from prodverify.wire import clock

    return clock.poll(lambda: look() or None, within_seconds=10, every_seconds=0.02, what="the pooler shows it")


@contextmanager
def in_transactions(dsn, number):
    clients = [psycopg.connect(dsn) for _ in range(number)]
    for client in clients:
        client.execute("SELECT 1")
    try:
        yield
    finally:
        for client in clients:
            client.close()


def test_who_waits_for_a_pool_that_is_full_is_seen(pooled):
    console, through = pooled[0].format("pgbouncer"), pooled[0].format("postgres")
    with in_transactions(through, ours.SIZE):
        waiting = psycopg.pq.PGconn.connect(through.encode())
        waiting.send_query(b"SELECT 1")
        try:
            seen = until(lambda: (told := pool.read(console)) and told.pools[0].waiting and told)
        finally:
            waiting.finish()

    (only,) = seen.pools
    assert ("postgres", "relay_monitor", 2, 2, 1) == (only.database, only.user, only.active, only.size, only.waiting)
    assert 0 <= only.waits_seconds < 10
    assert (Limit("the pooler", 3, 20), ()) == (seen.clients, seen.limits)
    assert (("postgres",), (), False) == (seen.databases, seen.closed, seen.part)


def test_the_disorder_at_a_pool_is_seen_by_who_waits_and_undone_without_a_trace(pooled):
    through, console = pooled[0].format("postgres"), pooled[0].format("pgbouncer")
    direct = through.replace("&port=6432", "&port=5432").replace("relay_monitor", "postgres")
    with pooling.DISORDERS["database-pool-exhausted"].deed(direct):
        found = database_pool.judge(pool.read(console), PROMISED, 80.0, 90.0)

    assert ["pool-exhausted", "pool-scarce", "connections"] == [finding.rule for finding in found]
    until(lambda: [(0, 0)] == [(each.active, each.waiting) for each in pool.read(console).pools])


def test_everything_is_read_through_a_transaction_pooler_and_nothing_of_ours_stays_there(pooled):
    through = pooled[0].format("postgres")
    readings = read(through, statement_timeout_ms=5000, size=True, disk=True)

    assert [] == [name for name in NAMES if getattr(readings, name).refused]
    with psycopg.connect(through, autocommit=True) as next_one:
        assert ("off", "0") == next_one.execute(
            "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout')"
        ).fetchone()


def test_a_pool_without_a_free_connection_keeps_nobody_waiting_for_long(pooled, monkeypatch):
    monkeypatch.setattr(door, "CONNECT_TIMEOUT_SECONDS", 0.3)
    through = pooled[0].format("postgres")
    with (
        in_transactions(through, ours.SIZE),
        pytest.raises(Unjudged, match=r"no answer within 0\.3 s.*SHOW POOLS"),
        read_only(through, statement_timeout_ms=1000),
    ):
        pass


def test_a_console_that_hangs_is_left(pooled, monkeypatch):
    address, pid = pooled
    monkeypatch.setattr(pool, "PATIENCE_SECONDS", 0.2)
    shown = pool._shown

    def stopped(console, what):
        os.kill(pid, signal.SIGSTOP)
        return shown(console, what)

    monkeypatch.setattr(pool, "_shown", stopped)
    try:
        with pytest.raises(Unjudged, match=r"no answer within 0\.2 s") as caught:
            pool.read(address.format("pgbouncer"))
    finally:
        os.kill(pid, signal.SIGCONT)

    assert "pool-unreadable" == caught.value.finding.rule


@pytest.mark.parametrize(
    ("database", "said"),
    [("postgres", "unrecognized configuration parameter"), ("no_such_database", "no such database")],
)
def test_what_is_no_console_is_told_so(pooled, database, said):
    with pytest.raises(Unjudged, match=said) as caught:
        pool.read(pooled[0].format(database))

    assert "stats_users" in caught.value.finding.next_step
