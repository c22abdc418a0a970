"""A server that archives its WAL, and physical copies of it in each form."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from prodverify.data.recovery.server import Recovering
from prodverify.wire import clock


@pytest.fixture(scope="session")
def archiving(programs, tmp_path_factory):
    """
    Two copies of one server, plain and packed, archived WAL, and moments after each of three transactions.

    Table ``t`` has 100 rows in the copies, then 101, and none at the end; a prepared transaction stays open. In
    ``spread`` there is a further segment, in which a tablespace is made at ``elsewhere``.
    """
    folder = tmp_path_factory.mktemp("physical")
    here = Recovering.begin(programs, "postgres", small=True)
    try:
        server = here.server
        server.make()
        wal = server.place / "wal"
        wal.mkdir()
        os.chown(wal, server.account.uid, server.account.gid)
        server.start(
            {
                "wal_level": "replica",
                "max_wal_senders": "4",
                "max_prepared_transactions": "3",
                "archive_mode": "on",
                "archive_command": f'cp "%p" "{wal}/%f"',
            }
        )
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 100) n")
            sorts = _sorts(connection, server)
            for name, options in (("plain", []), ("packed", ["--format=tar", "--gzip"])):
                command = [programs.tool("pg_basebackup"), f"--dbname={server.dsn()}", f"--pgdata={folder / name}"]
                subprocess.run([*command, "--checkpoint=fast", "--no-sync", *options], check=True, timeout=60)
            connection.execute("INSERT INTO t VALUES (101)")
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            for statement in ("BEGIN", "INSERT INTO t VALUES (102)", "PREPARE TRANSACTION 'open'", "DELETE FROM t"):
                connection.execute(statement)
            archive = _archived(connection, wal, folder / "wal")
            elsewhere = server.place / "elsewhere"
            elsewhere.mkdir()
            os.chown(elsewhere, server.account.uid, server.account.gid)
            connection.execute(f"CREATE TABLESPACE far LOCATION '{elsewhere}'")
            connection.execute("CREATE TABLE far_away TABLESPACE far AS SELECT 1 AS a")
            spread = _archived(connection, wal, folder / "spread")
        yield SimpleNamespace(
            folder=folder,
            wal=archive,
            spread=spread,
            elsewhere=elsewhere,
            moment=row[0].astimezone(UTC),
            sorts=sorts,
        )
    finally:
        here.stop()


def _sorts(connection, server):
    """Makes a database whose index was sorted by another version of ICU; False where there is no ICU, or no version."""
    known = "SELECT FROM pg_collation WHERE collname = 'und-x-icu' AND collversion IS NOT NULL"
    if server.binaries.major < 15 or connection.execute(known).fetchone() is None:
        return False
    connection.execute("CREATE DATABASE sorted")
    with psycopg.connect(server.dsn("sorted"), autocommit=True) as other:
        other.execute('CREATE TABLE names (name text COLLATE "und-x-icu" PRIMARY KEY)')
        other.execute("UPDATE pg_collation SET collversion = '1' WHERE collname = 'und-x-icu'")
    return True


def _archived(connection, wal, archive):
    segment = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]

    def there():
        last = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()[0]
        return True if (last or "") >= segment else None

    clock.poll(there, within_seconds=30.0, every_seconds=0.02, what="WAL was archived")
    archive.mkdir()
    for path in wal.iterdir():
        (archive / path.name).write_bytes(path.read_bytes())
    return archive


@pytest.fixture
def beginning(programs):
    """A private folder with the plain copy's place in it, whose named programs are scripts with the given text."""
    begun = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # the account of the server runs them

        def begin(script, *names):
            for each in names:
                (folder / each).write_text(f"#!/bin/sh\n{script}\n")
                (folder / each).chmod(0o755)
            here = Recovering.begin(programs, "postgres", small=True)
            begun.append(here)
            return replace(here, server=replace(here.server, binaries=replace(programs, folder=folder)))

        yield begin
        for here in begun:
            here.stop()


@pytest.fixture
def own(archiving, tmp_path):
    """A plain copy and its archive, to be spoilt."""
    shutil.copytree(archiving.folder / "plain", tmp_path / "base")
    shutil.copytree(archiving.wal, tmp_path / "wal")
    return tmp_path
