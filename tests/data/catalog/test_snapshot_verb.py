"""`python -m prodverify snapshot` writes the file that the team commits, or says in a sentence why not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodverify.data.catalog.snapshot import Snapshot

ROOT = Path(__file__).parents[3]
DATABASE = '[database]\ndsn = "dsn"\n'
SCHEMA = '[schema]\nsnapshot = "schema.txt"\n'


def snapshot(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "prodverify", "snapshot", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture
def target(tmp_path):
    def write(*sections):
        head = 'version = 1\nname = "orders"\nbase_url = "https://orders.example"\n[secrets]\ndsn = { env = "DSN" }\n'
        path = tmp_path / "orders.toml"
        path.write_text(head + "".join(sections))
        return path

    return write


def test_the_snapshot_goes_where_the_target_says_and_is_the_same_each_time(target, everything, tmp_path):
    file = tmp_path / "schema.txt"
    done = snapshot("--target", target(DATABASE, SCHEMA), DSN=everything)
    first = file.read_text()
    file.chmod(0o640)
    snapshot("--target", target(DATABASE, SCHEMA), DSN=everything)

    assert (0, f"{file}\n") == (done.returncode, done.stdout), done.stderr
    assert first == file.read_text()
    assert 0o640 == file.stat().st_mode & 0o777
    assert "table users row security" in Snapshot.from_text(first).lines
    assert ["orders.toml", "schema.txt"] == sorted(path.name for path in tmp_path.iterdir())


def test_it_can_be_printed(target, everything, everything_lines, tmp_path):
    done = snapshot("--target", target(DATABASE), "--output", "-", DSN=everything)

    assert everything_lines == Snapshot.from_text(done.stdout).lines
    assert ["orders.toml"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("sections", "output", "status", "said"),
    [
        ((SCHEMA,), (), 4, "[database] dsn: is missing; [schema] speaks of its schema"),
        ((), (), 1, "it has no [database], so there is nothing to describe; add one with its dsn."),
        ((DATABASE,), (), 1, "it does not say where its snapshot is; add snapshot to [schema] or pass --output."),
        ((DATABASE,), ("--output", "no-such-folder/schema.txt"), 1, "No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(target, everything, sections, output, status, said):
    done = snapshot("--target", target(*sections), *output, DSN=everything)

    assert said in done.stderr
    assert (status, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_leaves_the_file_as_it_was(target, tmp_path):
    (tmp_path / "schema.txt").write_text("as it was")
    dsn = "postgresql://app:hush-hush@127.0.0.1:1/orders"  # pragma: allowlist secret
    done = snapshot("--target", target(DATABASE, SCHEMA), DSN=dsn)

    assert (1, 1) == (done.returncode, done.stderr.count("\n"))
    assert "hush" not in done.stderr
    assert "as it was" == (tmp_path / "schema.txt").read_text()


def test_the_embedded_target_is_refused():
    done = snapshot("--target", "local")

    assert 1 == done.returncode
    assert "the embedded service has no database of its own yet" in done.stderr
