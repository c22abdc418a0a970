"""sqlx: a row for every migration, with the SHA-384 of its file and whether it succeeded."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.data.migrations.numbering import named, number
from prodverify.data.migrations.tool import TableName, Tool, rows, script_bytes

_FILE = re.compile(r"([^_]*)_.*(?<!\.down)\.sql")
"""``<VERSION>_<DESCRIPTION>.sql`` or ``.up.sql`` (sqlx-core/src/migrate/source.rs); others are ignored."""


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The rows of ``_sqlx_migrations(version bigint, description, installed_on, success, checksum bytea,
    execution_time)`` (sqlx-postgres/src/migrate.rs, ``ensure_migrations_table``).

    A row without ``success`` is what sqlx calls dirty: it refuses to go on (``dirty_version``).
    """
    statement = sql.SQL(
        "SELECT version::text, success, pg_catalog.encode(checksum, 'hex') FROM {} ORDER BY installed_on, version"
    ).format(table.sql)
    found = [
        (number(version), success, str(checksum)) for version, success, checksum in rows(connection, statement, table)
    ]
    order = tuple(version for version, success, _ in found if success)
    return Recorded(
        frozenset(order),
        table.source,
        means="all",
        checksums={version: checksum for version, success, checksum in found if success},
        troubles=tuple(
            Trouble("failed", version, f"version {version} is recorded without success")
            for version, success, _ in found
            if not success
        ),
        order=order,
    )


def code(folder: Path) -> History:
    """
    The migrations in a folder of ``<VERSION>_<DESCRIPTION>.sql`` files, in the order of their numbers.

    The checksum is of the file's bytes as they are, so that another line ending is another migration
    (sqlx-core/src/migrate/migration.rs, ``checksum``).
    """
    found = []
    for text, path in named(folder, _FILE):
        if not (text.isascii() and text.isdigit()):
            raise BrokenHistory(f"{path.name} does not begin with a number, which sqlx refuses")
        found.append(Revision(number(text), checksum=hashlib.sha384(script_bytes(path)).hexdigest()))
    return History.chain(sorted(found, key=lambda revision: numbered(revision.identifier)))


TOOL = Tool(
    name="sqlx",
    tables=("_sqlx_migrations",),
    columns=frozenset({"version", "description", "success", "checksum", "execution_time"}),
    read=read,
    code=code,
    manner=Manner(
        title="sqlx",
        means="all",
        scripts="a folder of VERSION_description.sql files",
        upgrade="sqlx migrate run",
        look="sqlx migrate info",
        repair="delete its row from the version table and run sqlx migrate run",
        late="runs",  # sqlx-core/src/migrate/migrator.rs, run: whatever has no row is applied
        tells_trouble=True,
        checksums=True,
        key=numbered,
        spelling=number,
    ),
)
