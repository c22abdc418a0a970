"""A server that archives its WAL, and physical copies of it in each form."""

import os
import subprocess
from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest

from prodverify.data.recovery.server import Recovering
from prodverify.wire import clock


@pytest.fixture(scope="session")
def archiving(programs, tmp_path_factory):
    """
    Two copies of one server, plain and packed, archived WAL, and moments after each of three transactions.

    Table ``t`` has 100 rows in the copies, then 101, and none at the end.
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
                "archive_mode": "on",
                "archive_command": f'cp "%p" "{wal}/%f"',
            }
        )
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 100) n")
            for name, options in (("plain", []), ("packed", ["--format=tar", "--gzip"])):
                command = [programs.tool("pg_basebackup"), f"--dbname={server.dsn()}", f"--pgdata={folder / name}"]
                subprocess.run([*command, "--checkpoint=fast", "--no-sync", *options], check=True, timeout=60)
            connection.execute("INSERT INTO t VALUES (101)")
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            connection.execute("DELETE FROM t")
            segment = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]

            def archived():
                last = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()[0]
                return True if (last or "") >= segment else None

            clock.poll(archived, within_seconds=30.0, every_seconds=0.02, what="WAL was archived")
        archive = folder / "wal"
        archive.mkdir()
        for path in wal.iterdir():
            (archive / path.name).write_bytes(path.read_bytes())
        yield SimpleNamespace(folder=folder, wal=archive, moment=row[0].astimezone(UTC), began=datetime.now(UTC))
    finally:
        here.stop()
