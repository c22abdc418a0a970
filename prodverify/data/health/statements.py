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
_OF_OUR_SESSION = ("user", "database user", "client", "session")
"""Sources of a setting that others do not share with us, as pg_settings names them."""
_MOST_ASKED = 5
"""Statements of one look, its savepoint included: each has a timeout, which a server that hangs does not keep."""
_LOAD = "add it to shared_preload_libraries, and restart the server"
_TO = "TO the role that the suite reads as"
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

    ``missing`` says in words why there is no account, and ``step`` what to do; both are empty where there is one.
    """

    counted: tuple[Counted, ...] = ()
    since: datetime | None = None
    missing: str = ""
    window_seconds: float | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """
    One reading of all counters: calls and milliseconds since the reset at ``since``, by user, number and nesting.

    ``at`` is in seconds of a monotonic clock; ``missing`` and ``step`` as above.
    """

    at: float
    totals: dict[tuple[object, ...], tuple[int, float]] = field(default_factory=dict)
    since: datetime | None = None
    missing: str = ""
    step: str = ""


class _Uncounted(Exception):  # noqa: N818 - it is not an error of the program
    """Why there is no account, in words, and what to do."""


def read(connection: Connection, min_calls: int) -> Statements:
    """
    The slowest of the statements that ran at least ``min_calls`` times: a slow one that ran once hides none of them.

    Safe on a busy primary: asks the extension with ``showtext => false``, so that the file of texts is not read, and
    takes its lock in shared mode; at most ``MOST_STATEMENTS`` rows come back.

    Mean times since the last reset; PostgreSQL keeps no percentiles. Works for every role, which without
    pg_read_all_stats does not see which statements those of others are.
    """
    try:
        rows, since = _asked(
            connection,
            f"coalesce(queryid::text, '{_HIDDEN}'), calls, mean_exec_time, max_exec_time",
            "calls >= %s ORDER BY mean_exec_time DESC LIMIT %s",
            (min_calls, MOST_STATEMENTS),
        )
    except _Uncounted as why:
        missing, step = why.args
        return Statements(missing=missing, step=step)
    return Statements(
        tuple(
            Counted(str(query_id), int(str(calls)), float(str(mean)), float(str(longest)))
            for query_id, calls, mean, longest in rows
        ),
        since,
    )


def look(dsn: str, statement_timeout_ms: int) -> Counters:
    """``read_counters`` in a transaction of its own. Raises Unjudged."""
    from prodverify.data.connection import CONNECT_TIMEOUT_SECONDS, answering, read_only
    from prodverify.wire import clock

    patience_seconds = _MOST_ASKED * statement_timeout_ms / 1000.0 + CONNECT_TIMEOUT_SECONDS
    with (
        read_only(dsn, statement_timeout_ms=statement_timeout_ms, purpose="health") as connection,
        answering(connection, patience_seconds),
    ):
        return read_counters(connection, clock.monotonic())


def read_counters(connection: Connection, at: float) -> Counters:
    """
    Every statement's counters, to be compared with those of another moment.

    Safe on a busy primary as ``read`` is, which makes the server walk over the same entries: what comes back in more
    is numbers, of at most ``MOST_COUNTED`` statements. A role without pg_read_all_stats cannot tell those of others
    apart, and gets none.
    """
    try:
        rows, since = _asked(
            connection,
            "userid::text, queryid::text, toplevel, calls, total_exec_time",
            "true LIMIT %s",
            (MOST_COUNTED + 1,),
        )
        if len(rows) > MOST_COUNTED:
            raise _Uncounted(
                f"{EXTENSION} counts more than {MOST_COUNTED:,} statements",
                f"lower {EXTENSION}.max, or leave statements_window_seconds of [database] out",
            )
        if any(row[1] is None for row in rows):
            raise _Uncounted("our role does not see which statements those of others are", f"GRANT pg_monitor {_TO}")
    except _Uncounted as why:
        missing, step = why.args
        return Counters(at, missing=missing, step=step)
    return Counters(at, {tuple(row[:3]): (int(str(row[3])), float(str(row[4]))) for row in rows}, since)


def between(first: Counters, second: Counters, min_calls: int) -> Statements:
    """What ran at least ``min_calls`` times between two readings. What the first does not have began after it."""
    missing, step = (second.missing, second.step) if second.missing else (first.missing, first.step)
    if not missing and first.since != second.since:
        missing = f"{EXTENSION} was reset between two readings"
        step = "verify again, and reset the counters while nobody verifies"
    counted = []
    for key, (calls, total_ms) in second.totals.items() if not missing else ():
        calls_before, ms_before = first.totals.get(key, (0, 0.0))
        if calls < calls_before:  # pushed out for want of room, and counted anew
            calls_before, ms_before = 0, 0.0
        if (ran := calls - calls_before) >= max(1, min_calls):
            counted.append(Counted(str(key[1]), ran, max(0.0, total_ms - ms_before) / ran, None))
    slowest = sorted(counted, key=lambda each: -each.mean_ms)[:MOST_STATEMENTS]
    return Statements(tuple(slowest), second.since, missing, second.at - first.at, step)


def _asked(
    connection: Connection, columns: str, condition: str, values: Sequence[object]
) -> tuple[Rows, datetime | None]:
    """Rows of the extension for this database, and since when they count (UTC). Raises _Uncounted."""
    from psycopg import errors, sql  # costs 0.1 s, and judges import this room

    where = connection.execute(
        "SELECT n.nspname::text, s.setting, s.source"
        " FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace"
        " LEFT JOIN pg_catalog.pg_settings AS s ON s.name = 'pg_stat_statements.track' WHERE e.extname = %s",
        (EXTENSION,),
    ).fetchone()
    if where is None:
        raise _Uncounted(
            f"the extension {EXTENSION} is not in this database", f"{_LOAD}, then CREATE EXTENSION {EXTENSION} in it"
        )
    if where[1] == "none" and where[2] not in _OF_OUR_SESSION:
        raise _Uncounted(
            f"{EXTENSION}.track is none, so that nothing is counted", f"let {EXTENSION}.track of the server be top"
        )
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
        raise _Uncounted(f"{EXTENSION} is not in shared_preload_libraries", _LOAD) from None
    except errors.InsufficientPrivilege:
        raise _Uncounted(
            f"our role may not use the schema that {EXTENSION} is in", f"GRANT USAGE on that schema {_TO}"
        ) from None
    except (errors.UndefinedColumn, errors.UndefinedTable):  # pg_upgrade leaves extensions as they were
        raise _Uncounted(f"{EXTENSION} is of an older server here", f"ALTER EXTENSION {EXTENSION} UPDATE") from None
    moment = since[0] if since else None
    return rows, moment.astimezone(UTC) if isinstance(moment, datetime) else None
