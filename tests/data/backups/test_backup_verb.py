"""`python -m prodverify backup` takes a backup, or says in a sentence why not."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from prodverify.data.backups.files import newest
from prodverify.wire.clock import poll

ROOT = Path(__file__).parents[3]


def backup(*arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "prodverify", "backup", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture
def target(tmp_path):
    def write(*sections):
        head = 'version = 1\nname = "orders"\nbase_url = "https://orders.example"\n[secrets]\ndsn = { env = "DSN" }\n'
        path = tmp_path / "orders.toml"
        path.write_text(head + "\n".join(sections) + "\n")
        return path

    return write


DATABASE = '[database]\ndsn = "dsn"'


def test_a_backup_goes_where_the_target_says(target, shop, tmp_path):
    done = backup("--target", target(DATABASE, '[backups]\ndirectory = "kept"'), DSN=shop)

    assert (done.returncode, done.stdout) == (0, f"{newest(tmp_path / 'kept').path}\n"), done.stderr
    assert "rows of 9 tables in" in done.stderr
    assert newest(tmp_path / "kept").path.name.startswith("orders_backup_")


def test_place_and_name_can_be_said(target, shop, tmp_path):
    done = backup("--target", target(DATABASE), "--directory", tmp_path / "b", "--name", "nightly", DSN=shop)

    assert done.returncode == 0, done.stderr
    assert newest(tmp_path / "b").path.name.startswith("nightly_backup_")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ((), "it has no [database], so there is nothing to back up; add one with its dsn."),
        ((DATABASE,), "it does not say where backups go; add directory to [backups] or pass --directory."),
    ],
)
def test_a_target_that_says_too_little_is_refused(target, sections, said):
    path = target(*sections)
    done = backup("--target", path, DSN="postgresql://nowhere")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{path}: {said}\n")


def test_the_embedded_target_is_refused():
    done = backup("--target", "local")

    assert (done.returncode, done.stdout) == (1, "")
    assert "the embedded service backs itself up while it is verified" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_does_not_answer_is_one_sentence_without_password(target, tmp_path):
    dsn = "postgresql://app:hush-hush@127.0.0.1:1/orders"  # pragma: allowlist secret
    done = backup("--target", target(DATABASE), "--directory", tmp_path / "b", DSN=dsn)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Connection refused" in done.stderr
    assert "hush" not in done.stderr


def test_an_unknown_target_is_a_wrong_target():
    assert backup("--target", "no-such-target").returncode == 4


def test_a_backup_that_is_told_to_end_leaves_nothing(target, databases, tmp_path):
    dsn = databases("CREATE TABLE t AS SELECT n, md5(n::text) AS x FROM generate_series(1, 1000000) n")
    to = tmp_path / "b"
    with subprocess.Popen(
        [sys.executable, "-m", "prodverify", "backup", "--target", target(DATABASE), "--directory", to],
        cwd=ROOT, env={**os.environ, "DSN": dsn}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as child:  # fmt: skip
        poll(
            lambda: child.poll() is not None or list(to.rglob("*.gz")) or None,
            within_seconds=30,
            what="a dump that was begun",
        )
        child.terminate()
        said, _ = child.communicate(timeout=30)

    assert (child.returncode, said) == (130, "")
    assert list(to.iterdir()) == []
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'prodverify%'"
    with psycopg.connect(dsn, autocommit=True) as connection:
        poll(
            lambda: connection.execute(query).fetchone() == (0,) or None,
            within_seconds=0.5,
            what="a server that does nothing for us any more",
        )
