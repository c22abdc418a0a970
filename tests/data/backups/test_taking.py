"""A backup is taken whole and exact, or not at all."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from prodverify.data.backups.files import NoBackup, newest
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.taking import BackupFailed, take
from prodverify.data.drill.drill import drill
from prodverify.wire.clock import poll

NOW = datetime(2026, 1, 31, 9, 0, 7, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def files(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_a_backup_has_its_name_its_manifest_and_nobody_else(shop, tmp_path, programs):
    directory = tmp_path / "backups"
    taken = take(shop, directory, name="shop", binaries=programs, now=NOW)

    assert files(directory) == [
        "2026-01-31/shop_backup_20260131_090007.manifest.json",
        "2026-01-31/shop_backup_20260131_090007.sql.gz",
    ]
    assert [path.name for path in directory.iterdir()] == ["2026-01-31"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (directory, taken.path.parent)} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (taken.path, taken.manifest_path)} == {0o600}
    assert Manifest.from_text(taken.manifest_path.read_text()) == taken.manifest
    assert newest(directory).manifest == taken.manifest
    assert gzip.decompress(taken.path.read_bytes()).startswith(b"--\n-- PostgreSQL database dump\n--\n")


def test_the_manifest_says_what_was_there(shop_taken, programs):
    values = json.loads(shop_taken.manifest_path.read_text())

    assert values["dump"]["size_bytes"] == shop_taken.path.stat().st_size
    assert values["versions"]["pg_dump"] == programs.version
    assert values["versions"]["server"].split()[0] == programs.version
    assert values["migration_heads"] == ["alembic_version: 0007"]
    assert values["tables"]["workspaces"]["rows"] == 40


def test_nothing_is_overwritten(shop, tmp_path, programs):
    first = take(shop, tmp_path, name="shop", binaries=programs, now=NOW)
    content = first.path.read_bytes()

    with pytest.raises(BackupFailed, match="is there already, and nothing is overwritten"):
        take(shop, tmp_path, name="shop", binaries=programs, now=NOW)
    first.manifest_path.unlink()
    with pytest.raises(BackupFailed, match="is there already, and nothing is overwritten"):
        take(shop, tmp_path, name="shop", binaries=programs, now=NOW)

    assert files(tmp_path) == ["2026-01-31/shop_backup_20260131_090007.sql.gz"]
    assert first.path.read_bytes() == content


def test_a_role_that_may_read_everything_is_enough(own_shop, tmp_path, programs):
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN IN ROLE pg_read_all_data")
    taken = take(psycopg.conninfo.make_conninfo(own_shop, user="reader"), tmp_path, name="shop", binaries=programs)

    assert taken.manifest.contents.tables["workspaces"].rows == 40


def test_a_database_without_a_table_is_backed_up(databases, tmp_path, programs):
    assert take(databases(), tmp_path, name="empty", binaries=programs).manifest.contents.tables == {}


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "-x", "a/b", "ä"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, name):
    with pytest.raises(BackupFailed, match="a backup's name is made of letters"):
        take("postgresql://nowhere", tmp_path, name=name)


def test_writes_meanwhile_are_in_both_or_in_neither(databases, tmp_path, programs):
    dsn = databases("CREATE TABLE t (id serial PRIMARY KEY, text text)")
    stop, wrote = threading.Event(), threading.Event()

    def write():
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO t (text) SELECT repeat('x', 200) FROM generate_series(1, 50)")
                connection.execute("DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY random() LIMIT 7)")
                wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert wrote.wait(10)
        taken = [take(dsn, tmp_path, name=f"n{number}", binaries=programs) for number in range(3)]
    finally:
        stop.set()
        writer.join()

    counts = [each.manifest.contents.tables["t"].rows for each in taken]
    assert len(set(counts)) == 3, counts
    report = drill(newest(tmp_path))
    assert report.restored.tables == report.content.tables


CUT_OFF = r"printf -- '--\n-- PostgreSQL database dump\n--\n\nSELECT 1;\n'"
WHOLE = r"printf -- '--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n\n'"


def fake(tmp_path, programs, script):
    """Programs whose pg_dump is another one."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "pg_dump").chmod(0o755)
    return replace(programs, folder=folder)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("echo 'pg_dump: error: server went away' >&2; exit 1", "could not dump database .*: server went away"),
        ("exit 1", "pg_dump could not dump database .*: no reason given"),
        ("kill -9 $$", "pg_dump could not dump database .*: it was ended by SIGKILL"),
        ("exit 0", "cannot be read back: it is empty"),
        ("echo plain", "cannot be read back: it is no backup"),
        ("echo hello | gzip", "cannot be read back: it is no backup"),
        (f"{CUT_OFF} | gzip", "cannot be read back: it is cut off"),
        (f"{WHOLE}", "cannot be read back: it is in the format plain, packed by nothing"),
        ("exec 2>&-; exec sleep 0", "cannot be read back: it is empty"),
    ],
)  # fmt: skip
def test_a_dump_that_fails_leaves_a_sentence_and_nothing_else(shop, tmp_path, programs, script, complaint):
    with pytest.raises(BackupFailed, match=complaint):
        take(shop, tmp_path / "to", name="shop", binaries=fake(tmp_path, programs, script))

    assert list((tmp_path / "to").iterdir()) == []


def test_a_dump_older_than_the_server_is_not_tried(shop, tmp_path, programs):
    older = replace(programs, major=programs.major - 1, version=f"{programs.major - 1}.0")

    with pytest.raises(BackupFailed, match=f"PostgreSQL {programs.major} cannot be dumped by pg_dump {older.version}"):
        take(shop, tmp_path, name="shop", binaries=older)


def test_a_table_that_may_not_be_read_is_a_sentence(databases, tmp_path, programs):
    dsn = databases("CREATE TABLE t (a int)")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE outsider LOGIN")

    with pytest.raises(BackupFailed, match="permission denied for table t"):
        take(psycopg.conninfo.make_conninfo(dsn, user="outsider"), tmp_path, name="shop", binaries=programs)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_a_sentence_without_password(tmp_path):
    with pytest.raises(BackupFailed, match=r"database db at 127\.0\.0\.1:1; .*Connection refused") as caught:
        take("postgresql://u:hush-hush@127.0.0.1:1/db", tmp_path, name="shop")  # pragma: allowlist secret

    assert "hush" not in str(caught.value)


def test_the_password_is_not_in_the_command_line(shop, tmp_path, programs):
    script = f'echo "$@" > {tmp_path}/seen; echo "$PGPASSWORD" >> {tmp_path}/seen; exit 1'
    dsn = psycopg.conninfo.make_conninfo(shop, password="hush-hush")  # pragma: allowlist secret

    with pytest.raises(BackupFailed):
        take(dsn, tmp_path / "to", name="shop", binaries=fake(tmp_path, programs, script))

    command, password = (tmp_path / "seen").read_text().splitlines()
    assert "hush-hush" not in command
    assert password == "hush-hush"


def test_a_folder_that_cannot_be_written_is_a_sentence(shop, tmp_path, programs):
    (tmp_path / "file").touch()

    with pytest.raises(BackupFailed, match=r"a backup cannot be written to .*file: File exists"):
        take(shop, tmp_path / "file", name="shop", binaries=programs)


CHILD = """
import resource, sys
from pathlib import Path
from prodverify.data.backups.taking import BackupFailed, take
if sys.argv[3] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    print("taking", flush=True)
    take(sys.argv[1], Path(sys.argv[2]), name="shop")
except BackupFailed as failed:
    sys.exit(str(failed))
"""


@pytest.fixture(scope="module")
def large(databases):
    """A database whose dump takes about a second."""
    return databases(
        "CREATE TABLE t AS SELECT n, md5(n::text) || md5((-n)::text) AS x FROM generate_series(1, 250000) n"
    )


def start(dsn, directory, limit=0):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, dsn, str(directory), str(limit)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_full_disk_leaves_a_sentence_and_nothing_else(large, tmp_path):
    child = start(large, tmp_path, limit=100_000)
    _, said = child.communicate(timeout=30)

    assert said == f"a backup cannot be written to {tmp_path}: File too large\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bytes_seen", [3_000_000])
def test_a_killed_backup_leaves_nothing_that_looks_like_one(large, tmp_path, programs, bytes_seen):
    with start(large, tmp_path) as child:
        poll(
            lambda: sum(path.stat().st_size for path in tmp_path.rglob("*.gz")) >= bytes_seen or None,
            within_seconds=20,
            what=f"a dump of {bytes_seen} bytes",
        )
        os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(NoBackup):
        newest(tmp_path)
    left = list(tmp_path.iterdir())
    assert [path.name.startswith(".unfinished-") for path in left] == [True]

    poll(lambda: not list(left[0].iterdir()) or None, within_seconds=10, what="the draft's end, with its owner")
    os.utime(left[0], (0, 0))
    take(large, tmp_path, name="next", binaries=programs)
    assert not left[0].exists()
