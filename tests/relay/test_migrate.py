"""The migrations lead from nothing to what Relay needs, and back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic.script import ScriptDirectory

from fixtures.relay import migrate
from fixtures.relay.stage import Stage

TABLES = {"workspaces", "api_keys", "audit_logs", "sessions", "actions", "deliveries"}


@pytest.fixture
def empty(stage: Stage) -> Iterator[str]:
    """An empty database on the stage's PostgreSQL."""
    dsn = stage.values["database_dsn"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
        yield dsn.replace("/relay?", "/migrated?")
        connection.execute("DROP DATABASE migrated WITH (FORCE)")


def relations(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " UNION SELECT viewname FROM pg_views WHERE schemaname = 'public'"
        ).fetchall()
    return {name for (name,) in rows}


def test_up_and_down_and_up_again(empty):
    migrate.upgrade(empty)
    at_head = relations(empty)
    migrate.downgrade(empty)
    one_below = relations(empty)
    migrate.downgrade(empty, "base")
    nothing = relations(empty)
    migrate.upgrade(empty)

    assert at_head >= TABLES
    assert {"due_deliveries"} == at_head - one_below
    assert {"alembic_version"} == nothing
    assert at_head == relations(empty)


def test_the_head_is_the_one_that_alembic_sees():
    scripts = ScriptDirectory(str(migrate.FOLDER))

    assert (migrate.head(),) == tuple(scripts.get_heads())
    assert len(list(scripts.walk_revisions())) >= 5
