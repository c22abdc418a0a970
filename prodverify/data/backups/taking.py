"""Taking a backup: one snapshot, dumped, counted and checked before it gets the name of a backup."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from prodverify.data import binaries as installed
from prodverify.data.archives.dump import DamagedDump, examine
from prodverify.data.backups.files import file_name, folder_name, manifest_path
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.place import NameTaken, publish, unfinished
from prodverify.data.binaries import Binaries, BinariesMissing
from prodverify.data.catalog.contents import Contents
from prodverify.data.catalog.structure import read_contents
from prodverify.data.connection import Connection, location, read_only, without_password
from prodverify.data.migrations.history import VERSION_TABLE
from prodverify.record.findings import Unjudged

_LOCK_TIMEOUT_MS = 30_000
# level 1 makes a dump 6 % larger than gzip's default and takes a third of the time, in which the snapshot is held
_COMPRESSION = "1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class BackupFailed(Exception):  # noqa: N818 - a sentence for whoever asked for the backup
    """No backup was taken and nothing was left; the text is one sentence, without password."""


@dataclass(frozen=True, slots=True)
class BackupTaken:
    """A backup that is complete, checked and on the disk."""

    path: Path
    manifest_path: Path
    manifest: Manifest
    seconds: float


def take(
    dsn: str,
    directory: Path,
    *,
    name: str,
    binaries: Binaries | None = None,
    now: datetime | None = None,
    version_table: str = VERSION_TABLE,
) -> BackupTaken:
    """
    Back up the database of ``dsn`` to ``directory/YYYY-MM-DD/<name>_backup_YYYYMMDD_HHMMSS.sql.gz``, in UTC.

    Rows are counted and hashed in the snapshot that pg_dump writes, so the manifest is exact however much is written
    meanwhile. Everything is made in a folder that no one takes for a backup; the manifest gets its name before the dump
    does, so whatever is named like a backup is whole. Raises ``BackupFailed``.
    """
    started = time.monotonic()
    if not _NAME.fullmatch(name):
        raise BackupFailed(f"a backup's name is made of letters, digits, '_', '.' and '-', and {name!r} is not")
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    final = directory / folder_name(moment) / file_name(name, moment)
    try:
        with unfinished(directory) as work:
            draft = work / final.name
            contents, versions = _dump(dsn, draft, binaries, version_table)
            dump = examine(draft)
            manifest = Manifest(
                taken_at=moment,
                file=final.name,
                size_bytes=dump.size_bytes,
                sha256=dump.sha256,
                contents=contents,
                server_version=versions.server,
                tool_version=versions.tool,
            )
            publish(draft, final, manifest_path(final), manifest.as_text())
    except (Unjudged, BinariesMissing, NameTaken) as problem:
        raise BackupFailed(str(problem).rstrip(".")) from None
    except DamagedDump as problem:
        raise BackupFailed(f"the dump that was just written cannot be read back: {problem}") from None
    except OSError as error:
        raise BackupFailed(f"a backup cannot be written to {directory}: {error.strerror or error}") from None
    return BackupTaken(final, manifest_path(final), manifest, time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Versions:
    server: str
    tool: str


def _dump(dsn: str, path: Path, binaries: Binaries | None, version_table: str) -> tuple[Contents, _Versions]:
    with read_only(
        dsn, statement_timeout_ms=0, idle_timeout_ms=0, lock_timeout_ms=_LOCK_TIMEOUT_MS, purpose="backup"
    ) as connection:
        major = connection.info.server_version // 10000
        tools = binaries or installed.find(at_least=major)
        if tools.major < major:
            raise BackupFailed(
                f"PostgreSQL {major} cannot be dumped by pg_dump {tools.version}: use one of {major} or newer"
            )
        server = connection.info.parameter_status("server_version") or str(connection.info.server_version)
        contents = _counted_and_dumped(dsn, connection, tools, path, version_table)
    return contents, _Versions(server, tools.version)


def _counted_and_dumped(dsn: str, connection: Connection, tools: Binaries, path: Path, version_table: str) -> Contents:
    row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    assert row is not None  # a function call without FROM has exactly one row
    values = conninfo_to_dict(dsn)
    password = values.pop("password", None)
    # not in the command line, which every user of the machine can read
    environ = os.environ if password is None else {**os.environ, "PGPASSWORD": str(password)}
    command = [
        str(tools.tool("pg_dump")),
        f"--dbname={make_conninfo(**values)}",  # type: ignore[arg-type]
        "--format=plain",
        f"--compress={_COMPRESSION}",
        # the database's own: the drill's takes it over, so that a value has the same bytes and the same hash there
        f"--encoding={connection.info.parameter_status('server_encoding')}",
        f"--snapshot={row[0]}",
        f"--lock-wait-timeout={_LOCK_TIMEOUT_MS}",
        "--no-password",
    ]
    with tempfile.TemporaryFile() as complaints, ThreadPoolExecutor(1) as beside:
        # through a pipe of ours: pg_dump ends by itself when we are killed, and a full disk is our own error
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environ
        )
        try:
            assert process.stdout is not None
            written = beside.submit(_write, process.stdout, path)
            contents = read_contents(connection, version_table=version_table)
            written.result()
            status = process.wait()
        finally:
            process.kill()
            process.wait()
        if status != 0:
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace")
            errors = [line for line in said.splitlines() if "error:" in line] or [said]
            raise BackupFailed(f"pg_dump could not dump {location(dsn)}: {without_password(errors[0], dsn)}")
    return contents


def _write(source: IO[bytes], path: Path) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
    finally:
        source.close()
