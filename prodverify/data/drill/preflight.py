"""What a backup needs against what this machine has, before the first statement of it runs."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from prodverify.data import binaries as installed
from prodverify.data.archives.archive import Facts
from prodverify.data.binaries import Binaries
from prodverify.data.cluster import Cluster
from prodverify.data.connection import Connection, system_identifier
from prodverify.data.drill.observed import Conditions
from prodverify.data.drill.refusing import unjudged

_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "wal_level", "autovacuum", "listen_addresses")
# bytes of a database for each byte of its backup, at least: rows as text are about as long as rows in a table
_GROWTH_PACKED, _GROWTH_PLAIN = 3, 1
SMALL_BYTES = 4 << 20
"""Of a packed backup, which becomes about ten times as much in a server."""


def programs(facts: Facts, configured: str) -> Binaries:
    """PostgreSQL's programs that understand the backup. Raises ``Unjudged`` and ``BinariesMissing``."""
    if facts.unsupported:
        raise unjudged("a backup of one database by pg_dump", facts.unsupported, "let pg_dump write one database alone")
    # an older server does not know what a newer pg_dump writes, whatever server was dumped
    return installed.find(configured, at_least=max(facts.server_major, facts.tool_major))


def provide(cluster: Cluster, facts: Facts, live_system_identifier: str, name: str) -> str:
    """
    An empty database in ``cluster`` with everything that the backup needs beside itself; its DSN.

    Raises ``Unjudged`` where the server is the live one, listens on a network, or lacks an extension or room.
    """
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        if live_system_identifier and system_identifier(connection) == live_system_identifier:
            raise unjudged(
                "a server of our own to restore into",
                "the server says that it is the live one",
                "let nothing hand the live database to a drill",
            )
        _room(cluster.folder, facts)
        available = {str(row[0]) for row in connection.execute("SELECT name FROM pg_catalog.pg_available_extensions")}
        missing = sorted(facts.extensions - available)
        if missing:
            raise unjudged(
                f"the extensions {', '.join(sorted(facts.extensions))}",
                f"PostgreSQL {cluster.binaries} lacks {', '.join(missing)}",
                f"install {', '.join(missing)} for it, or name a PostgreSQL that has them as binaries in [backups]",
            )
        present = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")}
        for role in sorted(facts.roles - present):
            if not role.startswith("pg_"):  # those are PostgreSQL's to make
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        _create_database(connection, name, facts.encoding or "UTF8")
    return cluster.dsn(name)


def conditions(cluster: Cluster, jobs: int) -> Conditions:
    """What the drill runs on. Raises ``Unjudged`` where the server listens on a network."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY (%s)", (list(_SETTINGS),)
        ).fetchall()
    settings = {str(name): str(value) for name, value in rows}
    if listening := settings.pop("listen_addresses", ""):
        raise unjudged("a server that listens on no network", f"it listens on {listening}", "report this: it must not")
    return Conditions(
        server=f"PostgreSQL {cluster.binaries}",
        jobs=jobs,
        cores=cores(),
        memory_mib=(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 20,
        machine=f"{platform.system()} {platform.machine()}",
        exposed=cluster.exposed,
        settings=dict(sorted(settings.items())),
    )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _room(folder: Path, facts: Facts) -> None:
    packed = bool(facts.codec) or facts.compression not in {"", "none"}
    needed = facts.size_bytes * (_GROWTH_PACKED if packed else _GROWTH_PLAIN)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise unjudged(
            f"at least {needed >> 20} MiB for the restored database",
            f"{free >> 20} MiB are free in {folder.parent}",
            "make room there, or let TMPDIR name a folder on a larger disk",
        )


def _create_database(connection: Connection, name: str, encoding: str) -> None:
    command = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}")
    try:
        connection.execute(command.format(sql.Identifier(name), sql.Literal(encoding)))
    except psycopg.errors.UndefinedObject:  # an encoding that only clients have, such as SJIS
        connection.execute(command.format(sql.Identifier(name), sql.Literal("UTF8")))
