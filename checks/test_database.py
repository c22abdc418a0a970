"""
The live database is well, and will be tomorrow.

SPEC D5; https://www.postgresql.org/docs/current/monitoring.html
"""

import pytest

from prodverify.judges import (
    database_activity,
    indexes,
    query_objectives,
    server_settings,
    storage,
)

pytestmark = [pytest.mark.needs("database"), pytest.mark.shares("database"), pytest.mark.waits]


@pytest.mark.clause("ASVS 5.0 sections 12.3 and 13.2: encrypted, and with least privilege")
def test_access_is_as_promised(promise, database_access, readings, database, dsn):
    """
    The suite reads as the role that the target names, which can do no more, over the connection that it promises.
    """
    promise.holds(database_access(readings, database, dsn))


@pytest.mark.clause("SPEC D5: pool alert at 80 %, page at 90 %")
def test_connections_are_left(promise, connections_left):
    """
    Whoever needs a connection gets one.
    """
    promise.holds(connections_left)


@pytest.mark.clause("https://www.postgresql.org/docs/current/routine-vacuuming.html")
def test_transactions_end(promise, readings, database):
    """
    No application leaves a transaction open.
    """
    promise.holds(database_activity.judge_transactions(readings.activity(), database))


@pytest.mark.clause("https://www.postgresql.org/docs/current/explicit-locking.html")
def test_locks_are_given_back(promise, readings, database):
    """
    Nobody waits long for what another session holds.
    """
    promise.holds(database_activity.judge_locks(readings.activity(), database.max_wait_seconds))


@pytest.mark.clause("SPEC D5: slow queries over 1 s")
def test_statements_come_to_their_end(promise, readings, counted_statements, database):
    """
    Statements are done in time, those that run now and, where the server counts them, those that ran before.
    """
    promise.holds(database_activity.judge_statements(readings.activity(), counted_statements, database))


@pytest.mark.clause("SPEC D5: replication lag; PostgreSQL manual, routine vacuuming, replication slots")
def test_nothing_falls_behind(promise, database_duty, readings, database, dsn):
    """
    The server keeps up with what it puts off: freezing old rows, feeding its standbys, letting go of its log.
    """
    promise.holds(database_duty(readings, database, dsn))


@pytest.mark.clause("https://www.postgresql.org/docs/current/sql-createindex.html")
def test_indexes_are_valid(promise, readings):
    """
    Every index is there for queries, and not only for writes to pay for.
    """
    promise.holds(indexes.judge(readings.indexes()))


@pytest.mark.clause("https://www.postgresql.org/docs/current/checksums.html")
def test_pages_are_what_was_written(promise, pages):
    """
    The server has read no page from its disk that is not what it wrote.
    """
    promise.holds(storage.judge_pages(pages))


@pytest.mark.clause("SPEC D5: disk 90 %")
def test_there_is_room(promise, database_room, readings, database, dsn):
    """
    What is stored leaves room for what is to come.
    """
    promise.holds(database_room(readings, database, dsn))


@pytest.mark.clause("https://www.postgresql.org/docs/current/runtime-config.html")
def test_settings_are_as_promised(promise, readings, database):
    """
    The server is set as the target says, and not so that data can be lost.
    """
    promise.holds(server_settings.judge(readings.settings(), database.settings, database.accepted_settings))


@pytest.mark.clause("SPEC D5: query p95 < 100 ms objective, p99 < 500 ms agreement")
def test_queries_are_quick(promise, timed_query, query_objective):
    """
    The database answers the target's own queries as soon as promised.
    """
    findings, facts = query_objectives.judge(timed_query.elapsed_ms, timed_query.statuses, query_objective)
    promise.measured(**facts)
    promise.holds(findings)
