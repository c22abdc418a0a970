"""A scratch database: the live schema with a few of the live rows, in a server of our own that is gone afterwards."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from prodverify.data import binaries as installed
from prodverify.data.archives.archive import Archive, DamagedDump, Refused, examine
from prodverify.data.binaries import Binaries, BinariesMissing
from prodverify.data.catalog.checksums import pin
from prodverify.data.catalog.rows import copy_rows
from prodverify.data.cluster import Cluster, ClusterError
from prodverify.data.connection import (
    IDLE_TIMEOUT_MS,
    SECRET_OPTIONS,
    Connection,
    exposing,
    location,
    read_only,
    without_password,
)
from prodverify.data.empty import empty_cluster
from prodverify.record.findings import Unjudged, inconclusive

_LOCK_TIMEOUT_MS = 5000
_LONGEST_MS = 2**31 - 1

_SEQUENCES = """
SELECT pg_catalog.quote_ident(schemaname) || '.' || pg_catalog.quote_ident(sequencename), last_value
FROM pg_catalog.pg_sequences WHERE last_value IS NOT NULL ORDER BY 1
"""

# in the order in which they were made: one may read another
_VIEWS = """
SELECT c.oid::regclass::text FROM pg_catalog.pg_class c WHERE c.relkind = 'm' AND c.relispopulated ORDER BY c.oid
"""


@dataclass(frozen=True, slots=True)
class Scratch:
    """
    A database of ours: how to connect to it as superuser, without password, and how many rows it got.

    ``unread`` are the tables whose rows the role of the live database may not read, or not all of them.
    """

    dsn: str
    rows: int
    unread: tuple[str, ...] = ()


@contextmanager
def scratch(
    dsn: str,
    *,
    rows: int,
    deadline_seconds: float,
    statement_timeout_ms: int,
    configured: str = "",
    version_tables: Sequence[str] = (),
) -> Iterator[Scratch]:
    """
    A copy of the schema of the database of ``dsn``, with at most ``rows`` rows of each table; gone at the end.

    Schema and rows are of one snapshot, and sequences go on where the live ones are; ``copy_rows`` says which rows. It
    takes the locks that pg_dump takes of a schema, for as long as that needs, and reads no more of a table than it
    copies; its transaction there ends with the last row, before keys and indexes are made here. ``configured`` names a
    folder of PostgreSQL's programs, ``version_tables`` where tools record migrations under another name. Raises
    ``Unjudged`` where it cannot be made.
    """
    deadline = time.monotonic() + deadline_seconds
    with ExitStack() as made:
        try:
            with read_only(
                dsn,
                statement_timeout_ms=statement_timeout_ms,
                lock_timeout_ms=_LOCK_TIMEOUT_MS,
                # it waits while the tables are made here
                idle_timeout_ms=min(max(int(deadline_seconds * 1000), IDLE_TIMEOUT_MS), _LONGEST_MS),
                purpose="scratch",
            ) as live:
                programs = installed.find(configured, at_least=live.info.server_version // 10000)
                cluster = made.enter_context(empty_cluster(programs, name="scratch", small=True, cut_off=True))
                started = _started(dsn, live, cluster, rows, version_tables, deadline)
            filled = started.finished(cluster, deadline)
        except (BinariesMissing, ClusterError) as problem:
            raise unjudged("a PostgreSQL for a scratch database", str(problem).rstrip(".")) from None
        except (Refused, DamagedDump) as problem:
            raise unjudged(f"the schema of {location(dsn)} in a server of our own", str(problem)) from None
        except psycopg.Error as error:
            raise unjudged("a private PostgreSQL that answers", without_password(str(error), dsn)) from None
        yield filled


def unjudged(expected: str, observed: str, next_step: str = "") -> Unjudged:
    """What could not be tried on a scratch database."""
    step = next_step or "free what it needs on this machine and repeat it"
    return Unjudged(inconclusive("migration-not-tried", expected, observed, next_step=step))


@dataclass(frozen=True, slots=True)
class _Started:
    # tables with their rows, and what comes after all rows are there
    scratch: Scratch
    after: Archive
    views: tuple[str, ...]

    def finished(self, cluster: Cluster, deadline: float) -> Scratch:
        self.after.restore(cluster.binaries, self.scratch.dsn, jobs=1, deadline_seconds=_left(deadline))
        with psycopg.connect(self.scratch.dsn) as ours:
            for view in self.views:
                ours.execute(f"REFRESH MATERIALIZED VIEW {view}".encode())  # quoted by the server that named it
        return self.scratch


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _late()
    return left


def _late() -> Unjudged:
    step = "raise deadline_seconds in [schema.scratch]"
    return unjudged("a scratch database in time", "the deadline passed while it was made", step)


def _started(
    dsn: str, live: Connection, cluster: Cluster, rows: int, version_tables: Sequence[str], deadline: float
) -> _Started:
    name = f"scratch_{secrets.token_hex(4)}"
    folder = Path(tempfile.gettempdir()).resolve() / f"prodverify-{secrets.token_hex(8)}"
    cluster.server.supervisor.make_folder(folder)  # gone with the server
    pin(live)
    exported = live.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    assert exported is not None  # a function call without FROM has exactly one row
    before, after = (
        examine(_dumped(dsn, cluster.binaries, folder / f"{section}.sql", section, str(exported[0]), deadline))
        for section in ("pre-data", "post-data")
    )
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as server:
        present = {str(row[0]) for row in server.execute("SELECT rolname FROM pg_catalog.pg_roles")}
        for role in sorted((before.facts.roles | after.facts.roles) - present):
            if not role.startswith("pg_"):
                server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}")
        server.execute(create.format(sql.Identifier(name), sql.Literal(before.facts.encoding or "UTF8")))
    before.restore(cluster.binaries, cluster.dsn(name), jobs=1, deadline_seconds=_left(deadline))
    with psycopg.connect(cluster.dsn(name), client_encoding="UTF8") as ours:
        copied, unread = copy_rows(live, ours, rows, version_tables)
        for sequence, value in live.execute(_SEQUENCES, prepare=False):
            ours.execute("SELECT pg_catalog.setval(pg_catalog.to_regclass(%s), %s)", (sequence, value))
    views = tuple(str(view) for (view,) in live.execute(_VIEWS, prepare=False))
    return _Started(Scratch(cluster.dsn(name), copied, unread), after, views)


def _dumped(dsn: str, programs: Binaries, path: Path, section: str, exported: str, deadline: float) -> Path:
    values = conninfo_to_dict(dsn)
    password = values.pop("password", None)
    if exposed := SECRET_OPTIONS & values.keys():
        raise exposing(exposed)
    command = [
        str(programs.tool("pg_dump")),
        f"--dbname={make_conninfo(**values)}",  # type: ignore[arg-type]
        "--schema-only",
        f"--section={section}",
        f"--snapshot={exported}",
        f"--file={path}",
        f"--lock-wait-timeout={_LOCK_TIMEOUT_MS}",
        "--no-password",
        "--no-subscriptions",  # they hold the address of another server
        "--no-tablespaces",
    ]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ if password is None else {**os.environ, "PGPASSWORD": str(password)},
            text=True,
            errors="replace",
            check=False,
            timeout=_left(deadline),
        )
    except subprocess.TimeoutExpired:
        raise _late() from None
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if "error:" in line), done.stderr)
        raise unjudged(f"the schema of {location(dsn)} from pg_dump", without_password(said, dsn))
    return path
