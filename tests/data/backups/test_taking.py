"""A backup is taken whole and exact, or not at all."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from prodverify.data.backups import dumping
from prodverify.data.backups.files import newest
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.taking import BackupFailed, take
from prodverify.data.connection import read_only

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

    assert len(files(tmp_path)) == 2
    assert first.path.read_bytes() == content


def test_a_role_that_may_read_everything_is_enough(own_shop, tmp_path, programs):
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN IN ROLE pg_read_all_data")
    taken = take(psycopg.conninfo.make_conninfo(own_shop, user="reader"), tmp_path, name="shop", binaries=programs)

    assert taken.manifest.contents.tables["workspaces"].rows == 40


def test_a_connection_that_the_network_forgot_costs_seconds_and_no_backup(databases, monkeypatch):
    monkeypatch.setattr(dumping, "CONNECT_TIMEOUT_SECONDS", 0.2)
    dsn = databases("CREATE SEQUENCE numbers")
    with read_only(dsn, statement_timeout_ms=0) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # as silent as a line that is cut
        try:
            assert ["numbers"] == list(dumping._sequences_now(dsn, connection, 1000))
        finally:
            os.kill(backend, signal.SIGCONT)


def test_a_database_without_a_table_is_backed_up(databases, tmp_path, programs):
    assert take(databases(), tmp_path, name="empty", binaries=programs).manifest.contents.tables == {}


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "-x", "a/b", "ä"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, name):
    with pytest.raises(BackupFailed, match="a backup's name is made of letters"):
        take("postgresql://nowhere", tmp_path, name=name)


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


def test_no_other_secret_is_in_the_command_line(shop, tmp_path, programs):
    dsn = psycopg.conninfo.make_conninfo(shop, sslpassword="hush-hush")
    pg_dump = fake(tmp_path, programs, f"touch {tmp_path}/seen; exit 1")

    with pytest.raises(BackupFailed, match=r"^sslpassword of the DSN would be in the command line") as caught:
        take(dsn, tmp_path / "to", name="shop", binaries=pg_dump)
    assert "hush" not in str(caught.value)
    assert not (tmp_path / "seen").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(shop, tmp_path, programs):
    (tmp_path / "file").touch()

    with pytest.raises(BackupFailed, match=r"cannot be written to .*file: File exists; make room there, or let"):
        take(shop, tmp_path / "file", name="shop", binaries=programs)


CHILD = """
import resource, sys
from pathlib import Path
from prodverify.data.backups.taking import BackupFailed, take
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    take(sys.argv[1], Path(sys.argv[2]), name="shop")
except BackupFailed as failed:
    sys.exit(str(failed))
"""


def test_a_full_disk_leaves_a_sentence_and_nothing_else(shop, tmp_path):
    command = [sys.executable, "-c", CHILD, shop, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    step = "make room there, or let this user write there, or name another folder"
    assert done.stderr == f"a backup cannot be written to {tmp_path}: File too large; {step}\n"
    assert list(tmp_path.iterdir()) == []
