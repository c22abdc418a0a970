"""The code's revisions against those of a database: in sync, behind, ahead, diverged."""

import subprocess
import sys

import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import alembic
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.judges.migrations import judge
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of

LINE = History.of([Revision("a"), Revision("b", ("a",)), Revision("c", ("b",))])
FORK = History.of([Revision("a"), Revision("b", ("a",)), Revision("c", ("a",))])
MERGED = History.of([*FORK.revisions, Revision("m", ("b", "c"))])
NAMED = History.of(
    [Revision("a", labels=("one",)), Revision("x", labels=("two",)), Revision("y", ("x",), needs=("a",))]
)


def recorded(*heads, exists=True):
    return Recorded(frozenset(heads), "table alembic_version", exists)


@pytest.mark.parametrize(
    ("code", "database", "rules", "state"),
    [
        (LINE, recorded("c"), [], "pass"),
        (LINE, recorded("b"), ["migrations-pending"], "fail"),
        (LINE, recorded(), ["migrations-pending"], "fail"),
        (LINE, recorded(exists=False), ["migrations-table-missing"], "fail"),
        (LINE, recorded("z"), ["migrations-unknown-revision"], "fail"),
        (LINE, recorded("b", "z"), ["migrations-diverged"], "fail"),
        (LINE, recorded("c", "z"), ["migrations-code-behind"], "warn"),
        (LINE, recorded("b", "c"), ["migrations-stale-row"], "warn"),
        (FORK, recorded("b", "c"), ["migrations-several-heads"], "warn"),
        (FORK, recorded("b"), ["migrations-pending", "migrations-several-heads"], "fail"),
        (MERGED, recorded("m"), [], "pass"),
        (MERGED, recorded("b", "c"), ["migrations-pending"], "fail"),
        (NAMED, recorded("a", "y"), ["migrations-several-heads"], "pass"),
        (NAMED, recorded("y"), ["migrations-several-heads"], "pass"),  # y needs a, so Alembic drops the row of a
        (NAMED, recorded("x"), ["migrations-pending", "migrations-several-heads"], "fail"),
        (History.of_heads(["c"]), recorded("c"), [], "pass"),
        (History.of_heads(["b", "c"]), recorded("c"), ["migrations-pending"], "fail"),
        (History.of_heads(["c"]), recorded("b"), ["migrations-unknown-revision"], "fail"),
    ],
)
def test_each_situation_has_its_finding(code, database, rules, state):
    findings = judge(code, database)

    assert rules == [finding.rule for finding in findings]
    assert state == state_of(findings)
    assert all(finding.next_step for finding in findings if finding.severity != "info")


def test_pending_revisions_are_named_in_the_order_in_which_they_run():
    (finding,) = judge(MERGED, recorded("a"))

    assert finding.observed == "head a in table alembic_version; 3 pending: b, c, m"
    assert finding.expected == "head m"


@pytest.mark.parametrize(
    ("revisions", "complaint"),
    [
        ([Revision("a"), Revision("a")], "two scripts call themselves a"),
        ([Revision("b", ("a",))], "b follows or needs a, and no script is that revision"),
        ([Revision("a", ("b",)), Revision("b", ("a",))], "a, b follow each other in a circle"),
    ],
)
def test_scripts_that_make_no_history_are_refused(revisions, complaint):
    with pytest.raises(BrokenHistory) as caught:
        History.of(revisions)

    assert complaint == str(caught.value)


def test_scripts_are_read_and_never_run(tmp_path):
    trap = tmp_path / "ran"
    (tmp_path / "1.py").write_text(f"open({str(trap)!r}, 'w')\nrevision: str = 'a'\ndown_revision: str | None = None\n")
    (tmp_path / "2.py").write_text("import nothing_of_the_kind\nrevision = 'b'\ndown_revision = ('a',)\n")
    (tmp_path / "3.py").write_text("revision = 'c'\ndown_revision = None\ndepends_on = 'side'\n")
    (tmp_path / "4.py").write_text("revision = 'd'\ndown_revision = 'b'\nbranch_labels = ('side',)\n")
    (tmp_path / "__init__.py").write_text("revision = 'no'")
    (tmp_path / "notes.txt").write_text("revision = 'no'")

    read = alembic.history(tmp_path)

    assert tuple(revision.identifier for revision in read.revisions) == ("a", "b", "d", "c")
    assert {"c", "d"} == read.heads
    assert {"a", "b", "c", "d"} == read.applied({"c"})
    assert not trap.exists()


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({}, "no script"),
        ({"a.py": "revision = make()"}, "a.py computes its revision"),
        ({"a.py": "revision = {[]}"}, "a.py computes its revision"),
        ({"a.py": "revision = 7"}, "a.py has a revision that is neither a name nor names: 7"),
        ({"a.py": "def f(:"}, "a.py cannot be read as Python"),
        ({"a.py": "x = 1"}, "a.py states no revision"),
        ({"a.py": "revision = 'a'\ndown_revision = 'gone'"}, "a follows or needs gone"),
        ({"env.py": "", "versions/a.py": "revision = 'a'"}, "versions instead"),
    ],
)
def test_scripts_that_cannot_be_read_are_no_verdict(tmp_path, files, complaint):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    with pytest.raises(Unjudged, match=complaint):
        alembic.history(tmp_path)


def test_a_missing_folder_is_no_verdict(tmp_path):
    with pytest.raises(Unjudged, match="No such file or directory"):
        alembic.history(tmp_path / "gone")


def test_a_missing_version_table_is_told_from_an_empty_one(databases):
    dsn = databases('CREATE SCHEMA "Ops"; CREATE TABLE "Ops".versions (version_num text)')
    with read_only(dsn, statement_timeout_ms=1000) as connection:
        assert not alembic.recorded(connection).table_exists
        assert Recorded(frozenset(), "table Ops.versions") == alembic.recorded(connection, "Ops.versions")


@pytest.mark.parametrize(
    ("value", "heads"), [("a", {"a"}), (["a", "b"], {"a", "b"}), ([], set()), (None, set())]
)  # fmt: skip
def test_a_service_may_report_its_heads(value, heads):
    assert Recorded(frozenset(heads), "/health/heads") == alembic.reported(value, "/health/heads")


@pytest.mark.parametrize("value", [7, {"a": 1}, ["a", 7], "", [""]])
def test_a_report_of_another_shape_is_no_verdict(value):
    with pytest.raises(Unjudged, match="a head of migrations, or a list of heads"):
        alembic.reported(value, "/health/heads")


SCRIPT = "revision = {0!r}\ndown_revision = {1!r}\ndepends_on = {2!r}\nbranch_labels = {3!r}\n\n\ndef upgrade(): pass\n"
ENV = """
import os
import psycopg
import sqlalchemy
from alembic import context

engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(os.environ["DSN"]))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.mark.parametrize("steps", [["heads"], ["one@head", "two@head"], ["two@head"]])
def test_what_alembic_itself_upgraded_to_its_heads_is_in_sync(databases, tmp_path, steps):
    versions = tmp_path / "versions"
    versions.mkdir()
    for script in [
        ("r1", None, None, ("one",)),
        ("r2", "r1", None, None),
        ("s1", None, None, ("two",)),
        ("s2a", "s1", None, None),
        ("s2b", "s1", "one", None),
        ("s3", ("s2a", "s2b"), "r2", None),
    ]:
        (versions / f"{script[0]}.py").write_text(SCRIPT.format(*script))
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {tmp_path}\npath_separator = os\n")
    dsn = databases()
    code = (
        "import sys; from alembic.config import main; [main(['-c', sys.argv[1], 'upgrade', s]) for s in sys.argv[2:]]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "alembic.ini", *steps],
        env={"DSN": dsn},
        text=True,
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr

    with read_only(dsn, statement_timeout_ms=1000) as connection:
        database = alembic.recorded(connection)

    assert state_of(judge(alembic.history(versions), database)) == "pass", database
