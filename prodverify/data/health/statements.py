"""Which statements are slow by the server's own account, without their text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_STATEMENTS = 20
"""Statements that are read, the slowest on average first."""
EXTENSION = "pg_stat_statements"


@dataclass(frozen=True, slots=True)
class Counted:
    """One normalised statement: PostgreSQL's number for it, how often it ran, and how long (milliseconds)."""

    query_id: str
    calls: int
    mean_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Statements:
    """
    What pg_stat_statements counted in this database ``since`` its last reset (UTC), not in any window of ours.

    ``missing`` says in words why there is no account; it is empty where there is one.
    """

    counted: tuple[Counted, ...] = ()
    since: datetime | None = None
    missing: str = ""


def read(connection: Connection, min_calls: int) -> Statements:
    """
    The slowest of the statements that ran at least ``min_calls`` times: a slow one that ran once hides none of them.

    Safe on a busy primary: asks the extension with ``showtext => false``, so that the file of texts is not read, and
    takes its lock in shared mode; at most ``MOST_STATEMENTS`` rows come back.

    Mean times since the last reset; PostgreSQL keeps no percentiles. Works for every role, which without
    pg_read_all_stats does not see the numbers of others' statements.
    """
    from psycopg import errors, sql  # costs 0.1 s, and judges import this room

    where = connection.execute(
        "SELECT n.nspname::text FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n"
        " ON n.oid = e.extnamespace WHERE e.extname = %s",
        (EXTENSION,),
    ).fetchone()
    if where is None:
        return Statements(missing=f"the extension {EXTENSION} is not in this database")
    schema = sql.Identifier(str(where[0]))
    try:
        with connection.transaction():
            rows = connection.execute(
                sql.SQL(
                    "SELECT coalesce(queryid::text, '(hidden)'), calls, mean_exec_time, max_exec_time"
                    " FROM {}.pg_stat_statements(showtext => false)"
                    " WHERE dbid = (SELECT oid FROM pg_catalog.pg_database"
                    " WHERE datname = pg_catalog.current_database()) AND calls >= %s"
                    " ORDER BY mean_exec_time DESC LIMIT %s"
                ).format(schema),
                (min_calls, MOST_STATEMENTS),
            ).fetchall()
            since = connection.execute(
                sql.SQL("SELECT stats_reset FROM {}.pg_stat_statements_info").format(schema)
            ).fetchone()
    except errors.ObjectNotInPrerequisiteState:
        return Statements(missing=f"{EXTENSION} is not in shared_preload_libraries")
    except errors.InsufficientPrivilege:
        return Statements(missing=f"our role may not use the schema that {EXTENSION} is in")
    except (errors.UndefinedColumn, errors.UndefinedTable):  # pg_upgrade leaves extensions as they were
        return Statements(missing=f"{EXTENSION} is of an older server here: ALTER EXTENSION {EXTENSION} UPDATE")
    moment = since[0] if since else None
    return Statements(
        tuple(
            Counted(str(query_id), int(str(calls)), float(str(mean)), float(str(longest)))
            for query_id, calls, mean, longest in rows
        ),
        moment.astimezone(UTC) if isinstance(moment, datetime) else None,
    )
