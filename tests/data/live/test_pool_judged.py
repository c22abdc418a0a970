"""Who waits for a connection of a pool breaks the promise, and a pool that is full alone does not."""

import pytest

from prodverify.data.health import pool
from prodverify.data.health.connections import Limit
from prodverify.data.health.pool import Pool, Pooler
from prodverify.judges import database_connections, database_pool
from prodverify.record.findings import inconclusive
from prodverify.target.database import PromisedPool

SHOWN = {
    "DATABASES": [
        {"name": "shop", "pool_size": 20, "paused": 0, "disabled": 0},
        {"name": "old", "pool_size": 5, "paused": 1, "disabled": 1},
        {"name": "pgbouncer", "pool_size": 2, "paused": 0, "disabled": 0},
    ],
    "USERS": [{"name": "app"}, {"name": "report"}],
    "POOLS": [
        {"database": "shop", "user": "app", "sv_active": 3, "cl_waiting": 1, "maxwait": 2, "maxwait_us": 500_000},
        {"database": "shop", "user": "report", "sv_active": 1, "cl_waiting": 0, "maxwait": 0},
        {"database": "pgbouncer", "user": "pgbouncer", "sv_active": 0, "cl_waiting": 0, "maxwait": 0},
    ],
    "LISTS": [{"list": "used_clients", "items": 41}],
    "CONFIG": [{"key": "max_client_conn", "value": "100"}, {"key": "so_reuseport", "value": "0"}],
}
DOWN = 'connection to server at "127.0.0.1", port 5 failed: Connection refused'
OTHER = 'connection to server at "db" (::2), port 5 failed:'
ROOMY = Limit("the pooler", 1, 100)


def said(pooler, **promised):
    findings = database_pool.judge(pooler, PromisedPool(name="main", dsn="dsn", **promised), 80.0, 90.0)
    return [f"{finding.severity} {finding.rule}" for finding in findings if finding.rule != "connections"]


def test_rows_are_read_by_the_names_of_their_columns():
    assert pool.told(SHOWN) == Pooler(
        pools=(Pool("shop", "app", 3, 20, 1, 2.5), Pool("shop", "report", 1, 20, 0, 0.0)),
        clients=Limit("the pooler", 40, 100),
        databases=("shop", "old"),
        closed=(("old", "paused"), ("old", "disabled")),
    )


def test_sizes_of_users_and_limits_of_a_databases_clients_are_read_from_the_versions_that_have_them():
    shop, *others = SHOWN["DATABASES"]
    newer = {
        **SHOWN,
        "DATABASES": [{**shop, "max_client_connections": 50, "current_client_connections": 49}, *others],
        "USERS": [
            {"name": "app", "pool_size": 4},
            {"name": "report", "pool_size": ""},
            {"name": "old", "pool_size": None},
        ],
        "CONFIG": [*SHOWN["CONFIG"][:1], {"key": "so_reuseport", "value": "1"}],
    }
    seen = pool.told(newer)

    assert [("app", 4), ("report", 20)] == [(each.user, each.size) for each in seen.pools]
    assert (("shop", Limit("database shop of the pooler", 49, 50)),) == seen.limits
    assert seen.part


@pytest.mark.parametrize("what", ["DATABASES", "POOLS", "LISTS", "CONFIG"])
def test_rows_of_something_else_are_no_poolers(what):
    with pytest.raises(KeyError):
        pool.told({**SHOWN, what: [{"id": 1}]})


@pytest.mark.parametrize(
    ("active", "waiting", "seconds", "expected"),
    [
        (15, 0, 0.0, []),
        (16, 0, 0.0, ["warn pool-scarce"]),
        (20, 3, 1.0, ["warn pool-scarce"]),
        (20, 3, 1.1, ["fail pool-exhausted", "warn pool-scarce"]),
        (3, 1, 1.1, ["fail pool-exhausted"]),
        (3, 0, 1.1, []),
    ],
)
def test_waiting_is_judged_at_its_limit_and_a_full_pool_is_told(active, waiting, seconds, expected):
    assert expected == said(Pooler((Pool("shop", "app", active, 20, waiting, seconds),), ROOMY))


@pytest.mark.parametrize(
    ("used", "expected"), [(79, []), (80, ["warn connections-scarce"]), (90, ["fail connections-exhausted"])]
)
def test_clients_are_judged_against_the_limit_at_which_the_next_is_refused(used, expected):
    assert expected == said(Pooler((), Limit("the pooler", used, 100)))


def test_databases_of_others_are_left_to_them():
    theirs = Pool("theirs", "app", 20, 20, 9, 99.0)
    full = ("theirs", Limit("database theirs of the pooler", 9, 9))
    pooler = Pooler((theirs,), ROOMY, (full,), ("shop", "theirs"), (("theirs", "paused"),))

    assert [] == said(pooler, databases=("shop",))
    assert ["warn pool-closed", "fail pool-exhausted", "warn pool-scarce", "fail connections-exhausted"] == said(pooler)
    assert ["inconclusive pool-unknown"] == said(pooler, databases=("shop", "shop2"))


@pytest.mark.parametrize(
    ("closed", "named", "expected"),
    [
        (("old",), (), ["warn pool-closed"]),
        (("old",), ("shop",), []),
        (("old",), ("shop", "old"), ["fail pool-closed"]),
        (("shop", "old"), (), ["fail pool-closed", "fail pool-closed"]),
    ],
)
def test_a_closed_database_may_be_retired_and_is_judged_where_it_is_named_or_none_is_open(closed, named, expected):
    pooler = Pooler((), ROOMY, databases=("shop", "old"), closed=tuple((name, "disabled") for name in closed))

    assert expected == said(pooler, databases=named)


def test_one_process_of_several_says_so_and_a_pool_without_a_size_has_no_share():
    assert ["warn pool-part"] == said(Pooler((Pool("shop", "app", 9, 0, 0, 0.0),), ROOMY, part=True))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused', ["unreachable"]),
        ('connection is bad: connection to server on socket "/s/.s.PGSQL.1" failed: No such file or', []),
        ('connection to server on socket "/s/.s.PGSQL.1" failed: No such file or directory', ["unreachable"]),
        ('connection to server at "::1", port 5 failed: FATAL: the database system is starting up', ["unreachable"]),
        ('connection to server at "::1", port 5 failed: could not open certificate file "x": No such file', []),
        ("connection failed: [Errno -2] Name or service not known", []),
        ('connection to server at "::1", port 5 failed: timeout expired', []),
        ('connection to server at "::1", port 5 failed: FATAL: password authentication failed for user "x"', []),
        ('connection to server at "::1", port 5 failed: FATAL: sorry, too many clients already', ["exhausted"]),
        ("query_wait_timeout", ["exhausted"]),
        (f"{DOWN}; {OTHER} Connection refused", ["unreachable"]),
        (f"{DOWN}; {OTHER} FATAL: password authentication failed for user", []),
        (f"{DOWN}; host: 'db3', port: None, hostaddr: '192.0.2.1': connection timeout expired", []),
        (f"{DOWN}; {OTHER} FATAL: sorry, too many clients already", ["exhausted"]),
        (f"{DOWN}; {OTHER} Network is unreachable", ["unreachable"]),
        (f"{DOWN}; {OTHER.replace('::2', '192.0.2.1')} Network is unreachable", []),
        (f"{OTHER} Network is unreachable", []),
    ],
)
def test_a_refusal_breaks_the_promise_where_it_lies_with_the_server(words, expected):
    refusal = inconclusive("database-unreadable", "a connection", words)

    assert expected == [finding.rule.rpartition("-")[2] for finding in database_connections.judge_refusal(refusal)]
