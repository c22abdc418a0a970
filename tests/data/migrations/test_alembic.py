"""Alembic: its scripts are read and never run, and what it upgraded itself is in sync."""

import subprocess
import sys

import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import tools
from prodverify.data.migrations.alembic import TOOL, code
from prodverify.judges.migrations import judge
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of


def test_scripts_are_read_and_never_run(tmp_path):
    trap = tmp_path / "ran"
    (tmp_path / "1.py").write_text(f"open({str(trap)!r}, 'w')\nrevision: str = 'a'\ndown_revision: str | None = None\n")
    (tmp_path / "2.py").write_text("import nothing_of_the_kind\nrevision = 'b'\ndown_revision = ('a',)\n")
    (tmp_path / "3.py").write_text("revision = 'c'\ndown_revision = None\ndepends_on = 'side'\n")
    (tmp_path / "4.py").write_text("revision = 'd'\ndown_revision = 'b'\nbranch_labels = ('side',)\n")
    (tmp_path / "__init__.py").write_text("revision = 'no'")
    (tmp_path / "notes.txt").write_text("revision = 'no'")

    read = code(tmp_path)

    assert ("a", "b", "d", "c") == tuple(revision.identifier for revision in read.revisions)
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
        TOOL.history(tmp_path)


def test_a_missing_folder_is_no_verdict(tmp_path):
    with pytest.raises(Unjudged, match="No such file or directory"):
        TOOL.history(tmp_path / "gone")


def test_a_file_in_place_of_a_folder_is_no_verdict(tmp_path):
    (tmp_path / "a.py").write_text("revision = 'a'")

    with pytest.raises(Unjudged, match="a file"):
        TOOL.history(tmp_path / "a.py")


def test_a_branch_that_no_script_names_is_no_verdict(tmp_path):
    (tmp_path / "a.py").write_text("revision = 'a'\nbranch_labels = 'one'")

    assert {"a"} == TOOL.history(tmp_path, ("one",)).known
    with pytest.raises(Unjudged, match=r"no branch two.*scripts have: one"):
        TOOL.history(tmp_path, ("two",))


def test_several_folders_are_one_history(tmp_path):
    for name, text in (("one/a.py", "revision = 'a'"), ("two/b.py", "revision = 'b'\ndown_revision = 'a'")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)

    assert {"b"} == TOOL.history(tmp_path / "one", (), [tmp_path / "two"]).heads
    with pytest.raises(Unjudged, match="b follows or needs a"):
        TOOL.history(tmp_path / "two")
    with pytest.raises(Unjudged, match=r"no such folder\. let more_folders name a folder of Alembic revisions"):
        TOOL.history(tmp_path / "one", (), [tmp_path / "three"])


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
    run = "import sys; from alembic.config import main; [main(['-c', sys.argv[1], 'upgrade', s]) for s in sys.argv[2:]]"
    done = subprocess.run(
        [sys.executable, "-c", run, tmp_path / "alembic.ini", *steps],
        env={"DSN": dsn},
        text=True,
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr

    with read_only(dsn, statement_timeout_ms=1000) as connection:
        database = tools.read(TOOL, connection)

    assert "pass" == state_of(judge(TOOL.history(versions), database, TOOL.manner)), database
