"""A query of the target's own is timed on a real server, and cannot do more than read."""

import psycopg
import pytest

from prodverify.data.health import timing
from prodverify.judges import query_objectives
from prodverify.record.findings import Unjudged
from prodverify.target.database import QueryObjective


def sampled(dsn, query, *, answers=5, **how):
    wanted = {"statement_timeout_ms": 2000, **how}
    return timing.sample(dsn, query, enough=lambda elapsed, _: len(elapsed) >= answers, **wanted)


def objective(**said):
    return QueryObjective(
        **{"name": "lookup", "query": "SELECT 1", "threshold_ms": 100.0, "objective_percent": 95.0, **said}
    )


def test_each_answer_is_timed(shop):
    timed = sampled(shop, "SELECT id FROM workspaces WHERE name LIKE 'work%' ORDER BY id LIMIT 3")

    assert (200,) * 5 == timed.statuses
    assert all(0 < ms < 2000 for ms in timed.elapsed_ms)


def test_a_quick_query_keeps_its_objective_by_counts(shop):
    lookup = objective()
    timed = timing.sample(
        shop,
        lookup.query,
        statement_timeout_ms=2000,
        enough=query_objectives.enough(lookup),
    )
    findings, facts = query_objectives.judge(timed.elapsed_ms, timed.statuses, lookup)

    assert findings == []
    assert facts["total"] == 300


def test_a_slow_query_is_given_up_once_its_objective_is_lost(shop):
    lookup = objective(query="SELECT pg_sleep(0.011)", threshold_ms=10.0)
    timed = timing.sample(
        shop,
        lookup.query,
        statement_timeout_ms=2000,
        enough=query_objectives.enough(lookup),
    )
    (finding,), _ = query_objectives.judge(timed.elapsed_ms, timed.statuses, lookup)

    assert (finding.rule, finding.severity) == ("query-slow", "fail")
    assert len(timed.elapsed_ms) < 100


def test_a_query_that_a_timeout_ends_came_too_late(shop):
    timed = sampled(shop, "SELECT pg_sleep(5)", answers=2, statement_timeout_ms=20)

    assert timed.statuses == (500, 500)
    assert all(ms >= 20 for ms in timed.elapsed_ms)


def test_a_query_that_waits_for_a_lock_came_too_late(own_shop):
    with psycopg.connect(own_shop) as holder:
        holder.execute("LOCK TABLE sessions")
        timed = sampled(own_shop, "SELECT id FROM sessions", answers=1, statement_timeout_ms=50)

    assert timed.statuses == (500,)


def test_a_sample_has_an_end(shop):
    timed = sampled(shop, "SELECT pg_sleep(0.01)", answers=10_000, most_seconds=0.2)

    assert 1 <= len(timed.elapsed_ms) <= 20


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT 1; DELETE FROM sessions", "cannot insert multiple commands"),
        ("WITH gone AS (DELETE FROM sessions RETURNING 1) SELECT * FROM gone", "read-only transaction"),
        ("SELECT nextval('api_keys_id_seq')", "read-only transaction"),
        ("SELECT * FROM no_such_table", "does not exist"),
        ("SELECT 100 % 0", "division by zero"),
    ],
)
def test_a_query_that_cannot_be_answered_is_no_slow_one(shop, query, words):
    with pytest.raises(Unjudged, match=words) as caught:
        sampled(shop, query)

    assert caught.value.finding.rule == "query-refused"


def test_what_the_server_says_of_a_row_is_not_repeated(shop):
    with pytest.raises(Unjudged, match="invalid text representation") as caught:
        sampled(shop, "SELECT v::integer FROM (VALUES ('alice@shop.example')) AS rows (v)")

    assert "alice" not in str(caught.value)
