"""What Relay stands on is told while it is away, too, and nobody waits long for it."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.relay import resources
from fixtures.relay.metrics import OPERATIONS, SLOW_QUERY_SECONDS, Metrics
from fixtures.relay.resources import Watch
from fixtures.relay.statements import operation


def told(watch):
    return {family.name: family.samples[0].value for family in watch.collect()}


def looked(cache, lag, *, times=1):
    watch = Watch()
    watch.over(cache, lag)

    async def look():
        for _ in range(times):
            await watch.look()

    asyncio.run(look())
    return told(watch)


async def five():
    return 5


async def none():
    return None


async def nothing_behind():
    return 0.0


async def broken():
    raise ConnectionError


async def endless():
    await asyncio.sleep(3600)


def test_what_answers_is_told():
    assert {"cache_up": 1.0, "cache_evictions": 5, "db_replication_lag_seconds": 0.0} == looked(five, nothing_behind)


@pytest.mark.parametrize("away", [none, broken, endless])
def test_a_cache_that_is_away_is_told_as_away(away, monkeypatch):
    monkeypatch.setattr(resources, "PATIENCE_SECONDS", 0.01)

    assert {"cache_up": 0.0, "db_replication_lag_seconds": 0.0} == looked(away, nothing_behind)


@pytest.mark.parametrize("away", [broken, endless])
def test_a_database_that_is_away_has_no_lag(away, monkeypatch):
    monkeypatch.setattr(resources, "PATIENCE_SECONDS", 0.01)

    assert {"cache_up": 1.0, "cache_evictions": 5} == looked(five, away)


def test_a_page_that_is_asked_for_often_asks_others_once():
    asked = []

    async def counted():
        asked.append(1)
        return 0

    looked(counted, nothing_behind, times=5)

    assert [1] == asked


def test_before_anybody_looked_the_cache_is_not_up():
    assert {"cache_up": 0.0} == told(Watch())


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("SELECT 1", "select"),
        ("\n  insert into x", "insert"),
        ("WITH a AS (SELECT 1) DELETE FROM b", "other"),
        ("UPDATE x", "update"),
        ("VACUUM", "other"),
        ("", "other"),
        ("  ", "other"),
    ],
)
def test_a_statement_is_called_by_its_first_word(statement, word):
    assert word == operation(statement)
    assert word in OPERATIONS


@pytest.mark.parametrize(
    ("seconds", "rows", "slow", "failed"),
    [(SLOW_QUERY_SECONDS, 1, 0.0, 0.0), (SLOW_QUERY_SECONDS * 1.001, 1, 1.0, 0.0), (0.001, None, 0.0, 1.0)],
)
def test_slow_and_failed_statements_are_counted_apart(seconds, rows, slow, failed):
    metrics = Metrics()
    metrics.queried("select", seconds, rows)
    value = metrics.registry.get_sample_value

    assert (slow, failed) == (
        value("db_slow_queries_total"),
        value("db_query_errors_total", {"operation": "select"}),
    )
    outcome = {"outcome": "rollback" if failed else "commit"}
    assert 1.0 == value("db_transactions_total", outcome)
