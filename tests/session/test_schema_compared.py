"""The schema of somebody's own database is compared with their file and with another target's database."""

import os
import subprocess
import sys

import psycopg
import pytest

from tests.data.conftest import cluster, databases, programs
from tests.session.suite import ROOT

__all__ = ["cluster", "databases", "programs"]

SCHEMA = "CREATE TABLE orders (id integer PRIMARY KEY, note text DEFAULT ''); CREATE TABLE orders_2026 (id integer)"
NOWHERE = "postgresql://u:hush-hush@127.0.0.1:1/x"  # pragma: allowlist secret
LIVE = "test_schema.py::test_live_schema_is_as_expected"
SECTIONS = """
[database]
dsn = "dsn"
[schema]
snapshot = "schema.txt"
same_as = "./other.toml"
[[schema.ignore]]
lines = "* orders_20*"
reason = "made each month"
"""


@pytest.fixture
def compared(verify, target, databases):
    """Verifies a database that was altered since its snapshot was taken, beside another target's."""
    secrets = '[secrets]\ndsn = { env = "DSN" }'

    def run(change="", file=None, other=SCHEMA, role="postgres"):
        dsn = databases(SCHEMA)
        ours, theirs = target(SECTIONS), target('[database]\ndsn = "other_dsn"\n', name="other.toml")
        ours.write_text(ours.read_text().replace("[secrets]", secrets))
        theirs.write_text(theirs.read_text().replace("[secrets]", '[secrets]\nother_dsn = { env = "OTHER_DSN" }'))
        values = {
            "DSN": dsn,
            "SMALL_KEY": "x" * 12,
            "OTHER_DSN": dsn if other == "ours" else databases(other) if other else NOWHERE,
        }
        command = [sys.executable, "-m", "prodverify", "snapshot", "--target", str(ours)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **values}, timeout=60, check=True)
        if file is not None:
            (ours.parent / "schema.txt").write_text(file)
        if change:
            with psycopg.connect(dsn) as connection:
                connection.execute(change)
        values["DSN"] = dsn.replace("postgres@", f"{role}@")
        return verify("checks/test_schema.py", "--target", ours, **values)

    return run


def states(run):
    return [run.states[f"{LIVE}[{case}]"] for case in ("snapshot", "same_as")]


@pytest.mark.proof
def test_a_schema_that_is_the_same_passes_whatever_is_ignored(compared):
    run = compared("DROP TABLE orders_2026; CREATE TABLE orders_2027 (id integer)")

    assert ["pass", "pass"] == states(run)
    assert "not_run" == run.states["test_schema.py::test_newest_migration_goes_down_and_up[undeclared]"]


def test_what_was_altered_is_told_as_it_is_and_as_it_was(compared):
    run = compared("ALTER TABLE orders ALTER note SET DEFAULT 'none'")

    assert ["fail", "fail"] == states(run)
    assert "column orders.note text default ''::text, as in schema.txt" in run.output
    assert "~ column orders.note text default 'none'::text" in run.output
    assert "as in the database of small" in run.output


@pytest.mark.proof
def test_a_version_table_that_may_not_be_read_is_no_matter_to_a_schema(compared):
    run = compared(
        "CREATE TABLE alembic_version (version_num text);"
        "DO $$ BEGIN CREATE ROLE onlooker LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        role="onlooker",
    )

    assert ["fail", "fail"] == states(run)
    assert "+ table alembic_version" in run.output


@pytest.mark.proof
def test_what_cannot_be_compared_with_is_inconclusive(compared):
    run = compared(file="CREATE TABLE orders", other="")

    assert ["inconclusive", "inconclusive"] == states(run)
    assert "python -m prodverify snapshot --target NAME" in run.output
    assert "hush-hush" not in run.output


@pytest.mark.proof
def test_a_database_is_not_compared_with_itself(compared):
    run = compared("DROP TABLE orders", other="ours")

    assert ["fail", "inconclusive"] == states(run)
    assert "both targets name the same one" in run.output
