"""What a backup needs against what this machine has, before the first statement of it runs."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from prodverify.data import binaries as installed
from prodverify.data.archives.archive import Facts
from prodverify.data.binaries import Binaries
from prodverify.data.catalog.contents import Locale
from prodverify.data.cluster import Cluster
from prodverify.data.connection import Connection, system_identifier
from prodverify.data.drill.observed import Conditions
from prodverify.data.drill.refusing import unjudged

_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "wal_level", "autovacuum", "listen_addresses")
_MOST_JOBS = 64  # a server takes 100 connections by default


def programs(facts: Facts, configured: str) -> Binaries:
    """PostgreSQL's programs that understand the backup. Raises ``Unjudged`` and ``BinariesMissing``."""
    if facts.unsupported:
        raise unjudged(
            "a backup of one database by pg_dump",
            facts.unsupported,
            "let pg_dump write one database alone, as into an empty one",
        )
    # an older server does not know what a newer pg_dump writes, whatever server was dumped
    return installed.find(configured, at_least=max(facts.server_major, facts.tool_major))


def described(facts: Facts, locale: Locale | None) -> Facts:
    """``facts`` with what a manifest tells of the database where the backup itself, which is plain SQL, does not."""
    if locale is None or facts.locale:
        return facts
    return replace(
        facts,
        encoding=locale.encoding,
        locale=locale.locale or locale.collate,
        character_locale=locale.ctype,
        locale_provider=locale.provider,
    )


def provide(cluster: Cluster, facts: Facts, live_system_identifier: str, name: str) -> tuple[str, str]:
    """
    An empty database in ``cluster`` with everything that the backup needs beside itself; its DSN, and why its collation
    is another than the backup's, as ``Conditions.collation`` has it.

    Raises ``Unjudged`` where the server is the live one, listens on a network, or lacks an extension or room.
    """
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        if live_system_identifier and system_identifier(connection) == live_system_identifier:
            raise unjudged(
                "a server of our own to restore into",
                "its system identifier is that of the live database",
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
        if facts.tablespaces:
            connection.execute("SET allow_in_place_tablespaces = on")  # in the data folder, so that they go with it
        present = {str(row[0]) for row in connection.execute("SELECT spcname FROM pg_catalog.pg_tablespace")}
        for tablespace in sorted(facts.tablespaces - present):
            connection.execute(sql.SQL("CREATE TABLESPACE {} LOCATION ''").format(sql.Identifier(tablespace)))
        collation = _create_database(connection, name, facts)
    return cluster.dsn(name), collation


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


def jobs(wanted: int) -> int:
    """How many connections work at once: as many as are ``wanted``, or as there are cores where that is 0."""
    return min(wanted or cores(), _MOST_JOBS)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _room(folder: Path, facts: Facts) -> None:
    needed = facts.content_bytes  # at least: rows as text are about as long as rows in a table
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise unjudged(
            f"at least {needed >> 20} MiB for the restored database",
            f"{free >> 20} MiB are free in {folder.parent}",
            "make room there, or let TMPDIR name a folder on a larger disk",
        )


def _create_database(connection: Connection, name: str, facts: Facts) -> str:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} ").format(
        sql.Identifier(name), sql.Literal(facts.encoding or "UTF8")
    )
    for collation, why in _collations(facts):
        try:
            connection.execute(create + collation)
        except psycopg.DatabaseError:  # this machine, or this PostgreSQL, does not have it
            continue
        return why
    # an encoding that only clients have, such as SJIS
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
    return ""


def _collations(facts: Facts) -> Iterator[tuple[sql.Composable, str]]:
    """
    What decides on order and case in the new database, the best first, and why it is not the backup's own.

    Partitions, checks and generated columns depend on it. Where it is not told, the case of every letter is known as
    almost everywhere, by the one such locale that most machines have.
    """
    libc = sql.SQL("LC_COLLATE {} LC_CTYPE {}")
    other = {"icu": "LOCALE_PROVIDER icu ICU_LOCALE {} ", "builtin": "LOCALE_PROVIDER builtin BUILTIN_LOCALE {} "}
    if facts.locale and facts.locale_provider == "libc":
        yield libc.format(sql.Literal(facts.locale), sql.Literal(facts.character_locale)), ""
    elif facts.locale_provider in other:
        characters = sql.Literal(facts.character_locale)
        yield (
            sql.SQL(other[facts.locale_provider]).format(sql.Literal(facts.locale))
            + libc.format(sql.Literal("C"), characters),
            "",
        )
    lacking = f"{facts.locale} of {facts.locale_provider} is not to be had here" if facts.locale else ""
    yield libc.format(sql.Literal("C"), sql.Literal("C.UTF-8")), lacking
    yield sql.SQL(""), lacking
