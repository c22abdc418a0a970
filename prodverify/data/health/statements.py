"""Which statements are slow by the server's own account, without their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_STATEMENTS = 20
"""Statements that are told, the slowest on average first."""
MOST_COUNTED = 20_000
"""Statements whose counters are read for a window; the extension keeps 5,000 unless it is set otherwise."""
EXTENSION = "pg_stat_statements"
_HIDDEN = "(hidden)"
Rows = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Counted:
    """
    One normalised statement: PostgreSQL's number for it, how often it ran, and how long (milliseconds).

    The longest time is None in a window, which the extension knows nothing of.
    """

    query_id: str
    calls: int
    mean_ms: float
    longest_ms: float | None


@dataclass(frozen=True, slots=True)
class Statements:
    """
    What pg_stat_statements counted in this database: ``since`` its last reset (UTC), or within ``window_seconds``.

    ``missing`` says in words why there is no account; it is empty where there is one.
    """

    counted: tuple[Counted, ...] = ()
    since: datetime | None = None
    missing: str = ""
    window_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """
    One reading of all counters: calls and milliseconds since the reset at ``since``, by user, number and nesting.

    ``at`` is in seconds of a monotonic clock; ``missing`` as above.
    """

    at: float
    totals: dict[tuple[object, ...], tuple[int, float]] = field(default_factory=dict)
    since: datetime | None = None
    missing: str = ""


def read(connection: Connection, min_calls: int) -> Statements:
    """
    The slowest of the statements that ran at least ``min_calls`` times: a slow one that ran once hides none of them.

    Safe on a busy primary: asks the extension with ``showtext => false``, so that the file of texts is not read, and
    takes its lock in shared mode; at most ``MOST_STATEMENTS`` rows come back.

    Mean times since the last reset; PostgreSQL keeps no percentiles. Works for every role, which without
    pg_read_all_stats does not see which statements those of others are.
    """
    rows, since, missing = _asked(
        connection,
        f"coalesce(queryid::text, '{_HIDDEN}'), calls, mean_exec_time, max_exec_time",
        "calls >= %s ORDER BY mean_exec_time DESC LIMIT %s",
        (min_calls, MOST_STATEMENTS),
    )
    return Statements(
        tuple(
            Counted(str(query_id), int(str(calls)), float(str(mean)), float(str(longest)))
            for query_id, calls, mean, longest in rows
        ),
        since,
        missing,
    )


def read_counters(connection: Connection, at: float) -> Counters:
    """
    Every statement's counters, to be compared with those of another moment.

    Safe on a busy primary as ``read`` is, which makes the server walk over the same entries: what comes back in more
    is numbers, of at most ``MOST_COUNTED`` statements. A role without pg_read_all_stats cannot tell those of others
    apart, and gets none.
    """
    rows, since, missing = _asked(
        connection,
        "userid::text, queryid::text, toplevel, calls, total_exec_time",
        "true LIMIT %s",
        (MOST_COUNTED + 1,),
    )
    if len(rows) > MOST_COUNTED:
        missing = f"{EXTENSION} counts more than {MOST_COUNTED:,} statements"
    elif any(row[1] is None for row in rows):
        missing = "our role does not see which statements those of others are"
    totals = {tuple(row[:3]): (int(str(row[3])), float(str(row[4]))) for row in rows if row[1] is not None}
    return Counters(at, totals, since, missing)


def between(first: Counters, second: Counters, min_calls: int) -> Statements:
    """What ran at least ``min_calls`` times between two readings. What the first does not have began after it."""
    missing = second.missing or first.missing
    if not missing and first.since != second.since:
        missing = f"{EXTENSION} was reset between two readings"
    counted = []
    for key, (calls, total_ms) in second.totals.items() if not missing else ():
        calls_before, ms_before = first.totals.get(key, (0, 0.0))
        if calls < calls_before:  # pushed out for want of room, and counted anew
            calls_before, ms_before = 0, 0.0
        if (ran := calls - calls_before) >= max(1, min_calls):
            counted.append(Counted(str(key[1]), ran, max(0.0, total_ms - ms_before) / ran, None))
    slowest = sorted(counted, key=lambda each: -each.mean_ms)[:MOST_STATEMENTS]
    return Statements(tuple(slowest), second.since, missing, second.at - first.at)


def _asked(
    connection: Connection, columns: str, condition: str, values: Sequence[object]
) -> tuple[Rows, datetime | None, str]:
    """Rows of the extension for this database, since when they count (UTC), and else in words why there are none."""
    from psycopg import errors, sql  # costs 0.1 s, and judges import this room

    where = connection.execute(
        "SELECT n.nspname::text, pg_catalog.current_setting('pg_stat_statements.track', true)"
        " FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n"
        " ON n.oid = e.extnamespace WHERE e.extname = %s",
        (EXTENSION,),
    ).fetchone()
    if where is None:
        return (), None, f"the extension {EXTENSION} is not in this database"
    if where[1] == "none":
        return (), None, f"{EXTENSION}.track is none, so that nothing is counted"
    schema = sql.Identifier(str(where[0]))
    try:
        with connection.transaction():
            rows = connection.execute(
                sql.SQL(
                    "SELECT {} FROM {}.pg_stat_statements(showtext => false)"
                    " WHERE dbid = (SELECT oid FROM pg_catalog.pg_database"
                    " WHERE datname = pg_catalog.current_database()) AND {}"
                ).format(sql.SQL(columns), schema, sql.SQL(condition)),
                values,
            ).fetchall()
            since = connection.execute(
                sql.SQL("SELECT stats_reset FROM {}.pg_stat_statements_info").format(schema)
            ).fetchone()
    except errors.ObjectNotInPrerequisiteState:
        return (), None, f"{EXTENSION} is not in shared_preload_libraries"
    except errors.InsufficientPrivilege:
        return (), None, f"our role may not use the schema that {EXTENSION} is in"
    except (errors.UndefinedColumn, errors.UndefinedTable):  # pg_upgrade leaves extensions as they were
        return (), None, f"{EXTENSION} is of an older server here: ALTER EXTENSION {EXTENSION} UPDATE"
    moment = since[0] if since else None
    return rows, moment.astimezone(UTC) if isinstance(moment, datetime) else None, ""
