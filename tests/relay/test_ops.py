"""The operators' own tables are made as sqlx would make them, and each damage to their record is found and undone."""

from pathlib import Path

import psycopg
import pytest

from fixtures.relay import ops
from fixtures.relay.damages import migrations
from prodverify.data.connection import read_only
from prodverify.data.migrations import alembic, sqlx, tools
from prodverify.judges.migrations import judge, judge_done, judge_unedited
from tests.data.conftest import cluster, databases, programs

__all__ = ["cluster", "databases", "programs"]

SCRIPTS = Path(ops.__file__).parent / "migrations" / "versions"


@pytest.fixture(scope="module")
def upgraded(databases):
    """A database with the operators' tables, and with Alembic's."""
    dsn = databases("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    ops.upgrade(dsn)
    migrations.undo(dsn)
    return dsn


def found(dsn):
    with read_only(dsn, statement_timeout_ms=1000) as connection:
        database = tools.read(sqlx.TOOL, connection, "ops._sqlx_migrations")
        relay = tools.read(alembic.TOOL, connection)
    code = sqlx.TOOL.history(ops.FOLDER)
    findings = [
        *judge(code, database, sqlx.TOOL.manner, code_behind="fail"),
        *judge_done(database, sqlx.TOOL.manner),
        *judge_unedited(code, database, sqlx.TOOL.manner),
        *judge(alembic.TOOL.history(SCRIPTS), relay, alembic.TOOL.manner),
    ]
    return [finding.rule for finding in findings]


def test_what_was_run_is_in_sync_and_is_not_run_again(upgraded):
    assert [] == found(upgraded)
    ops.upgrade(upgraded)

    assert [] == found(upgraded)
    with psycopg.connect(upgraded) as connection:
        assert [] == connection.execute("SELECT note FROM ops.latest_notes").fetchall()


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("migration-pending", ["migrations-pending"]),
        ("migration-unknown", ["migrations-unknown-revision"]),
        ("migration-diverged", ["migrations-diverged"]),
        ("migration-failed", ["migrations-pending", "migrations-failed"]),
        ("migration-edited", ["migrations-edited"]),
        ("migration-ahead", ["migrations-code-behind"]),
        ("migration-never-ran", ["migrations-pending"]),
    ],
)
def test_a_damage_is_found_and_undone(upgraded, name, rules, tmp_path):
    migrations.DAMAGES[name].deed(tmp_path, upgraded)
    assert rules == found(upgraded)
    migrations.undo(upgraded)

    assert [] == found(upgraded)


def test_undoing_needs_no_operators_tables(databases):
    dsn = databases("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")

    migrations.undo(dsn)

    with read_only(dsn, statement_timeout_ms=1000) as connection:
        assert alembic.code(SCRIPTS).heads == tools.read(alembic.TOOL, connection).applied
