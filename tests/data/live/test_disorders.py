"""What faults do to the practice service's database is undone without a trace."""

import psycopg
import pytest

from fixtures.relay.damages import pooling
from fixtures.relay.damages.database import DISORDERS

WAITING = ("lock-held", "statement-endless", "transaction-endless", "transaction-idle")
"""These last longer than the practice target lets anybody wait."""
TRACES = """
SELECT 'relation', relname::text FROM pg_class WHERE oid >= 16384
UNION ALL SELECT 'database', datname::text FROM pg_database
UNION ALL SELECT 'oldest', datname::text || ' ' || datfrozenxid::text FROM pg_database
UNION ALL SELECT 'role', rolname::text FROM pg_roles
UNION ALL SELECT 'schema', nspname::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
UNION ALL SELECT 'setting', setconfig::text FROM pg_db_role_setting
"""
MADE = "CREATE ROLE relay_monitor LOGIN IN ROLE pg_monitor, pg_read_all_data; CREATE TABLE workspaces (id integer)"
GONE = "DROP TABLE workspaces; DROP ROLE relay_monitor"


def name_of(disorder):
    return disorder.removeprefix("database-")


def undone(server, name):
    with psycopg.connect(server.dsn(), autocommit=True) as watching:
        watching.execute(MADE)
        try:
            before = sorted(watching.execute(TRACES).fetchall())
            with DISORDERS[name].deed(server.dsn()):
                pass
            after = sorted(watching.execute(TRACES).fetchall())
            left = watching.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'relay-report' AND state <> 'idle'"
            ).fetchone()
        finally:
            watching.execute(GONE)
    return (after, (0,)) == (before, left)


IN_THE_DATABASE = set(DISORDERS) - set(pooling.DISORDERS)
QUICK = sorted(name for name in IN_THE_DATABASE if name_of(name) not in WAITING)


@pytest.mark.parametrize("name", QUICK, ids=name_of)
def test_a_disorder_leaves_no_trace(each_version, name):
    assert undone(each_version, name)


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted(IN_THE_DATABASE - set(QUICK)), ids=name_of)
def test_a_disorder_that_lasts_leaves_no_trace_either(each_version, name):
    assert undone(each_version, name)


def test_every_disorder_has_a_sentence():
    assert all(disorder.sentence.endswith(".") for disorder in DISORDERS.values())
    assert {f"database-{name}" for name in WAITING} < set(DISORDERS)
