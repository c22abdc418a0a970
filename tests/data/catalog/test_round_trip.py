"""The newest migration is tried on a database of our own, with live rows in it, and never on the live one."""

import os
import subprocess
import sys
import textwrap
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest

from prodverify.data.catalog.scratch import scratch
from prodverify.data.catalog.trying import Commands, reason, try_round_trip
from prodverify.judges.round_trip import judge_round_trip
from prodverify.record.findings import Unjudged
from prodverify.wire.clock import poll

# a migration tool of four lines: it keeps a number, and runs what it is given
TOOL = """
import os, sys, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    (at,) = connection.execute("SELECT at FROM schema_number").fetchone()
    if sys.argv[1] == "up" and at == 1:
        connection.execute({up!r})
        connection.execute("UPDATE schema_number SET at = 2")
    if sys.argv[1] == "down" and at == 2:
        connection.execute({down!r})
        connection.execute({record!r})
"""
LIVE = """
CREATE TABLE schema_number (at integer NOT NULL);
INSERT INTO schema_number VALUES (2);
CREATE TABLE parents (id serial PRIMARY KEY, name text NOT NULL, twice integer GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE children (id integer PRIMARY KEY, parent integer NOT NULL REFERENCES parents, extra text);
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM parents;
INSERT INTO parents (name) SELECT 'n' || n FROM generate_series(1, 30) n;
INSERT INTO children SELECT n, 31 - n, 'secret-row' FROM generate_series(1, 30) n;
"""
UP, DOWN = "ALTER TABLE children ADD extra text", "ALTER TABLE children DROP extra"
RECORD = "UPDATE schema_number SET at = 1"
PROOF = pytest.mark.proof


@pytest.fixture(scope="module")
def live(databases):
    return databases(LIVE)


@pytest.fixture(autouse=True)
def lent(cluster, monkeypatch):
    """The scratch database is made in the server that is there already, which saves half a second for each."""

    class Lent:
        dsn, binaries, server = staticmethod(cluster.dsn), cluster.binaries, cluster.server

    monkeypatch.setattr("prodverify.data.catalog.scratch.empty_cluster", lambda *_, **__: nullcontext(Lent()))


@pytest.fixture
def tried(live, tmp_path):
    def run(up=UP, down=DOWN, record=RECORD, dsn=live, deadline_seconds=60, **how):
        (tmp_path / "tool.py").write_text(textwrap.dedent(TOOL).format(up=up, down=down, record=record))
        commands = Commands(
            upgrade=how.pop("upgrade", ("{python}", "tool.py", "up")),
            downgrade=("{python}", "tool.py", "down"),
            folder=tmp_path,
            networked=True,
            **how,
        )
        return try_round_trip(
            dsn, commands, rows=10, deadline_seconds=deadline_seconds, statement_timeout_ms=5000
        )  # fmt: skip

    return run


def test_a_migration_that_can_be_taken_back_leaves_what_it_left_before(tried, live):
    before = dump(live)
    seen = tried()

    assert [] == judge_round_trip(seen)
    assert {"column children.extra text"} == set(seen.up) - set(seen.down)
    assert seen.up == seen.again
    assert before == dump(live)


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({"down": "SELECT 1"}, "migration-reapply-fails", 'column "extra" of relation "children" already exists'),
        pytest.param(
            {"down": "ALTER TABLE children DROP nothing"}, "migration-downgrade-fails", "does not exist", marks=PROOF
        ),
        pytest.param(
            {"down": "SELECT 1", "record": "SELECT 1"}, "migration-downgrade-empty", "neither the schema nor any row",
            marks=PROOF,
        ),
        pytest.param(
            {"up": UP + " DEFAULT ''"}, "migration-reapplied-differs", "~ column children.extra text", marks=PROOF
        ),
        pytest.param(
            {"down": DOWN + "; CREATE INDEX more ON children (parent)"}, "migration-reapplied-differs", "+ index more",
            marks=PROOF,
        ),
        pytest.param({"up": UP + " NOT NULL"}, "migration-reapply-fails", "contains null values", marks=PROOF),
    ],
)  # fmt: skip
def test_a_downgrade_that_is_none_is_told(tried, changes, rule, said):
    finding = judge_round_trip(tried(**changes))[0]

    assert rule == finding.rule
    assert said in finding.observed
    assert "secret-row" not in finding.observed


def test_the_scratch_database_has_rows_whose_parents_are_there(live):
    with (
        scratch(live, rows=10, deadline_seconds=60, statement_timeout_ms=5000) as made,
        psycopg.connect(made.dsn) as connection,
    ):
        counted = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("parents", "children", "schema_number", "counted")
        ]
        following = connection.execute("INSERT INTO parents (name) VALUES ('next') RETURNING id").fetchone()[0]

    assert [20, 10, 1, 1] == counted  # the first ten children have the last ten parents
    assert (31, 31) == (made.rows, following)


def test_the_commands_know_the_scratch_database_and_no_other(tried, live, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", live)
    monkeypatch.setenv("PGPASSWORD", "hush-hush")
    tell = "import os, sys; sys.exit('error: ' + ' '.join(f'{k}={v}' for k, v in sorted(os.environ.items())))"
    seen = tried(upgrade=("{python}", "-c", tell), environment={"STAGE": "scratch"}, dsn_scheme="postgresql+psycopg")
    name = psycopg.conninfo.conninfo_to_dict(live)["dbname"]

    assert "upgrade" == seen.failed
    assert "DATABASE_URL=postgresql+psycopg://" in seen.said
    assert f"/{name}?" not in seen.said
    assert "hush-hush" not in seen.said


def test_commands_are_kept_from_the_network(live, tmp_path):
    script = "import socket; socket.create_connection(('127.0.0.1', 1), 2)"
    commands = Commands(("{python}", "-c", script), ("true",), tmp_path)
    try:
        seen = try_round_trip(live, commands, rows=0, deadline_seconds=60, statement_timeout_ms=5000)
    except Unjudged as refused:
        assert "networked = true" in refused.finding.next_step  # noqa: PT017 - a machine that cannot do it says so
    else:
        assert "Network is unreachable" in seen.said


def test_what_has_an_address_of_its_own_takes_nothing_back_there(tried, databases):
    dsn = databases(LIVE)
    with pytest.raises(Unjudged, match="the downgrade was not run"):
        tried(dsn=dsn, dsn_variable="OTHER_URL", environment={"DATABASE_URL": dsn})

    assert (2, 30, "secret-row") == dump(dsn)


def test_a_command_that_is_not_there_is_inconclusive(tried):
    with pytest.raises(Unjudged, match="no-such-tool for the upgrade"):
        tried(upgrade=("/nowhere/no-such-tool",))


@PROOF
def test_a_deadline_that_passes_is_inconclusive_and_ends_the_command(tried, tmp_path):
    slow = f"import time, pathlib; time.sleep(30); pathlib.Path({str(tmp_path / 'ran')!r}).touch()"
    with pytest.raises(Unjudged, match=r"raise deadline_seconds in \[schema.scratch\]"):
        tried(upgrade=("{python}", "-c", slow), deadline_seconds=2)

    assert not (tmp_path / "ran").exists()


def test_a_database_that_does_not_answer_is_inconclusive(tried):
    with pytest.raises(Unjudged, match="Connection refused"):
        tried(dsn="postgresql://app:hush@127.0.0.1:1/orders")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Traceback\n  File x\npsycopg.errors.DuplicateTable: relation \"t\" already exists\nDETAIL: Key (a)=(b)\n",
         'psycopg.errors.DuplicateTable: relation "t" already exists'),
        ('ERROR:  invalid input syntax for type integer: "4711"\n', "ERROR:  invalid input syntax for type integer"),
        ("error: P3018 a migration failed\n[SQL: INSERT INTO t VALUES (1)]\n", "error: P3018 a migration failed"),
        ("nothing to do\n", "nothing to do"),
        ("ERROR: it violates a check. DETAIL: Failing row contains (1, x)\n", "ERROR: it violates a check."),
        ("", ""),
    ],
)  # fmt: skip
def test_why_a_command_failed_is_one_line_without_values_of_rows(said, why):
    assert why == reason(said).strip()


def test_alembic_goes_down_and_up(databases, tmp_path):
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (tmp_path / "migrations" / "env.py").write_text(
        "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
        "with create_engine(os.environ['DATABASE_URL']).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    for number, before, up, down in (
        (1, None, "CREATE TABLE t (a integer)", "DROP TABLE t"),
        (2, "1", "ALTER TABLE t ADD b text; CREATE INDEX t_b ON t (b)", "DROP INDEX t_b"),  # it forgets the column
    ):
        (versions / f"{number}.py").write_text(
            f"from alembic import op\nrevision = '{number}'\ndown_revision = {before!r}\n"
            f"def upgrade():\n    op.execute({up!r})\ndef downgrade():\n    op.execute({down!r})\n"
        )
    dsn = databases("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); CREATE TABLE t (a integer);"
                    "INSERT INTO alembic_version VALUES ('1'); INSERT INTO t VALUES (1), (2)")  # fmt: skip
    step = ("{python}", "-m", "alembic")
    commands = Commands(
        (*step, "upgrade", "head"), (*step, "downgrade", "-1"), Path(tmp_path), dsn_scheme="postgresql+psycopg",
        networked=True,
    )  # fmt: skip
    (finding,) = judge_round_trip(
        try_round_trip(dsn, commands, rows=10, deadline_seconds=60, statement_timeout_ms=5000)
    )

    assert "migration-reapply-fails" == finding.rule
    assert 'column "b" of relation "t" already exists' in finding.observed


def dump(dsn):
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT (SELECT at FROM schema_number), count(*), max(extra) FROM children"
        ).fetchone()


@PROOF
def test_nothing_is_left_when_we_are_killed(live, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import os, pathlib, time\n"
        "pathlib.Path('draft').write_text(f'/proc/{os.getpid()} {os.environ[\"PGHOST\"]} {os.environ[\"HOME\"]}')\n"
        "os.rename('draft', 'told')\ntime.sleep(60)\n"
    )
    script = (
        "from pathlib import Path\nfrom prodverify.data.catalog.trying import Commands, try_round_trip\n"
        f"commands = Commands(('{{python}}', 'slow.py'), ('true',), Path({str(tmp_path)!r}), networked=True)\n"
        f"try_round_trip({live!r}, commands, rows=1, deadline_seconds=60, statement_timeout_ms=5000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[3])
    try:
        told = tmp_path / "told"
        poll(lambda: told.exists() or None, within_seconds=20, what="the command ran")
    finally:
        process.kill()
        process.wait()
    left = told.read_text().split()

    poll(lambda: None if any(map(os.path.exists, left)) else True, within_seconds=10, what=f"{left} are gone")
