"""`python -m prodverify backup` takes a backup, or says in a sentence why not."""

import errno
import io
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from prodverify.cli.door import main
from prodverify.data.archives.archive import examine
from prodverify.data.backups.files import file_name, folder_name, newest
from prodverify.wire.clock import poll
from tests.data.backups.conftest import KEY, KEY_ID

PUBLIC = "age1l8mawkedfj03df2ddhmd6nwsed46hc692uv4v9shg56zzqjyvpfqdvlceg"  # pragma: allowlist secret
ROOT = Path(__file__).parents[3]


def backup(*arguments, **environ):
    """The verb, in this process: most of a new one's time are its imports."""
    out, err, handler = io.StringIO(), io.StringIO(), signal.getsignal(signal.SIGTERM)
    try:
        with redirect_stdout(out), redirect_stderr(err), patch.dict(os.environ, environ):
            status = main(["backup", *map(str, arguments)])
    except SystemExit as ended:
        status = ended.code
    finally:
        signal.signal(signal.SIGTERM, handler)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


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
    done = subprocess.run(
        [sys.executable, "-m", "prodverify", "backup", "--target", target(DATABASE, '[backups]\ndirectory = "kept"')],
        cwd=ROOT, env={**os.environ, "DSN": shop}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, f"{newest(tmp_path / 'kept').path}\n"), done.stderr
    assert "rows of 9 tables in" in done.stderr
    assert newest(tmp_path / "kept").path.name.startswith("orders_backup_")


def test_place_and_name_can_be_said(target, shop, tmp_path):
    done = backup("--target", target(DATABASE), "--directory", tmp_path / "b", "--name", "nightly", DSN=shop)

    assert done.returncode == 0, done.stderr
    assert newest(tmp_path / "b").path.name.startswith("nightly_backup_")


def test_a_name_of_the_target_file_is_that_of_the_backup_and_of_no_other(target, shop, tmp_path):
    path = target(DATABASE, '[backups]\ndirectory = "b"\nname = "shop"')
    done = backup("--target", path, DSN=shop)
    other = backup("--target", path, "--name", "nightly", DSN=shop)

    assert done.returncode == 0, done.stderr
    assert newest(tmp_path / "b").path.name.startswith("shop_backup_")
    assert (1, "") == (other.returncode, other.stdout)
    assert 'the checks look for name = "shop" of [backups]; leave --name out, or pass --directory.' in other.stderr


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ((), "it has no [database], so there is nothing to back up; add one with its dsn."),
        ((DATABASE,), "it does not say where backups go; add directory to [backups] or pass --directory."),
        (
            (DATABASE, '[backups]\ndirectory = "b"\nencryption = "any"'),
            "it promises encrypted backups; name public keys as encrypt_to in [backups.taking] or by --encrypt-to.",
        ),
        (
            (DATABASE, '[backups]\ndirectory = "b"\npattern = "db-%Y-%m-%d.dump"'),
            "pattern in [backups] names backups that another program takes; leave it out, or pass --directory.",
        ),
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


class Full(io.StringIO):
    """A stream into a file on a full disk."""

    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("out", "err", "ends"), [(io.StringIO, None, 0), (io.StringIO, Full, 0), (Full, None, 28)])
def test_a_backup_is_taken_and_old_ones_go_also_where_nobody_can_be_told(target, shop, tmp_path, out, err, ends):
    path, gone = target(DATABASE, '[backups]\ndirectory = "kept"\nretention_days = 7'), old(tmp_path / "kept", 8)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with redirect_stdout(out()), redirect_stderr(err and err()), patch.dict(os.environ, DSN=shop):
            status = main(["backup", "--target", str(path)])
    except OSError as full:
        status = full.errno
    finally:
        signal.signal(signal.SIGTERM, handler)

    assert status == ends
    assert newest(tmp_path / "kept").manifest.contents.tables
    assert not gone.exists()


def test_an_unknown_target_is_a_wrong_target():
    assert backup("--target", "no-such-target").returncode == 4


def test_a_backup_that_is_told_to_end_leaves_nothing(target, databases, tmp_path):
    dsn = databases("CREATE TABLE t AS SELECT n, md5(n::text) AS x FROM generate_series(1, 500000) n")
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


def test_what_is_said_on_the_command_line_comes_before_the_target_file(target, shop, tmp_path):
    path = target(DATABASE, '[backups]\ndirectory = "kept"\n[backups.taking]\nformat = "directory"\njobs = 1')
    done = backup("--target", path, "--format", "custom", "--encrypt-to", PUBLIC, DSN=shop)

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(".dump.age\n")
    assert "age" == newest(tmp_path / "kept").manifest.encryption


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--jobs", "0"), "expected a number from 1 to 64, came '0'"),
        (("--format", "tar"), "invalid choice: 'tar'"),
    ],
)
def test_an_option_that_cannot_be_meant_is_told(target, arguments, said):
    done = backup("--target", target(DATABASE), *arguments)

    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--encrypt-to", "AGE-SECRET-KEY-1QQ"), "a recipient is no public key of age (age1...) or of SSH"),
        (("--encrypt-to", PUBLIC, "--format", "directory"), "a folder is not encrypted: say another format than"),
        (("--name", "a/b"), "a backup's name is made of letters, digits, '_', '.' and '-', and 'a/b' is not"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(target, shop, tmp_path, options, said):
    done = backup("--target", target(DATABASE), "--directory", tmp_path / "b", *options, DSN=shop)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith(said)
    assert [] == list((tmp_path / "b").rglob("*.*"))


def old(directory, days):
    at = datetime.now(UTC) - timedelta(days=days)
    path = directory / folder_name(at) / file_name("orders", at)
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_old_backups_go_after_the_new_one_is_there_and_are_told(target, shop, tmp_path):
    path = target(DATABASE, '[backups]\ndirectory = "kept"\nretention_days = 7')
    gone, young = old(tmp_path / "kept", 8), old(tmp_path / "kept", 6)
    done = backup("--target", path, DSN=shop)

    assert done.returncode == 0, done.stderr
    assert (False, True) == (gone.exists(), young.exists())
    assert f"removed {gone.parent.name}/{gone.name}, which is older than 7 days\n" in done.stderr
    assert done.stderr.count("removed") == 1


@pytest.mark.parametrize(
    "options",
    [("--keep-all",), ("--name", "other"), ("--directory", "elsewhere")],
    ids=["all are kept", "of another name", "in another place"],
)
def test_old_backups_that_are_not_meant_stay(target, shop, tmp_path, options):
    path = target(DATABASE, '[backups]\ndirectory = "kept"\nretention_days = 7')
    kept = old(tmp_path / "kept", 8)
    done = backup("--target", path, *(tmp_path / "b" if each == "elsewhere" else each for each in options), DSN=shop)

    assert (done.returncode, kept.exists()) == (0, True), done.stderr
    assert "removed" not in done.stderr


def test_a_backup_goes_to_storage_and_old_ones_there_go(target, shop, declared, bucket, tmp_path):
    where = f"""[backups]
retention_days = 7
[backups.s3]
bucket = "{declared.bucket}"
prefix = "nightly"
endpoint = "{declared.endpoint}"
region = "us-east-1"
access_key_id = "id"
secret_access_key = "key"
[backups.taking]
format = "directory"
"""
    path = target('id = { env = "ID" }\nkey = { env = "KEY" }', DATABASE, where)
    before = old(tmp_path / "made", 8)
    before.write_bytes(b"old")
    bucket.publish(before, f"{before.parent.name}/{before.name}", "{}")
    done = backup("--target", path, DSN=shop, ID=KEY_ID, KEY=KEY)

    assert done.returncode == 0, done.stderr
    (stored,) = bucket.backups()
    assert f"s3://{declared.bucket}/nightly/{stored.name}\n" == done.stdout
    fetched = bucket.fetch(stored, tmp_path)
    assert examine(fetched.path).facts.sha256 == fetched.manifest.sha256
    assert f"removed {before.parent.name}/{before.name}, which is older than 7 days" in done.stderr


def test_storage_that_does_not_answer_is_one_sentence(target, declared):
    where = f"""[backups.s3]
bucket = "{declared.bucket}"
endpoint = "http://127.0.0.1:1"
region = "us-east-1"
access_key_id = "id"
secret_access_key = "key"
timeout_seconds = 1.0
"""
    path = target('id = { env = "ID" }\nkey = { env = "KEY" }', DATABASE, where)
    # what is wrong with the storage is told before the database is asked for anything
    done = backup("--target", path, DSN="postgresql://127.0.0.1:1/nowhere", ID=KEY_ID, KEY=KEY)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "s3://" in done.stderr
    assert KEY not in done.stderr
