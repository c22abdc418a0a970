"""What sessions of this database do, for how long, and which of them wait for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_SESSIONS = 200
"""Sessions in a transaction that are read, the longest first."""
MOST_WAITING = 20
"""Sessions for which the lock manager is asked who is in their way."""

_VERB = r"upper(substring(query FROM '^\s*([A-Za-z]{1,20})'))"
"""The first word of a statement: what follows may hold values, and stays on the server."""


@dataclass(frozen=True, slots=True)
class Busy:
    """
    One session inside a transaction.

    ``kind`` is PostgreSQL's backend type, ``state`` its state (``active``, ``idle in transaction``). Times are in
    seconds: since the transaction began, since the state changed, and since the statement began. ``verb`` is the first
    word of its statement.
    """

    pid: int
    application: str
    kind: str
    state: str
    transaction_seconds: float
    state_seconds: float
    statement_seconds: float
    verb: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session that waits for a lock, and who is in its way: its blockers in words; ``on`` names the table, if any."""

    pid: int
    application: str
    verb: str
    seconds: float
    on: str
    blockers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """
    The sessions in a transaction and those that wait; ``hidden`` are sessions whose state our role may not see, or
    that report none (``track_activities`` is off).

    ``prepared_seconds`` are the ages of prepared transactions, which no session holds any more, the oldest first.
    """

    busy: tuple[Busy, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    prepared_seconds: tuple[float, ...] = ()
    hidden: int = 0


def read(connection: Connection) -> Activity:
    """
    Safe on a busy primary: pg_stat_activity and pg_prepared_xacts are copies of shared memory, at most
    ``MOST_SESSIONS`` rows come back, and the lock manager is asked only about sessions that wait already.

    Without pg_read_all_stats the states of other roles' sessions are hidden and counted. Works on a standby.
    """
    busy = connection.execute(
        f"""
        SELECT pid, application_name, backend_type, state,
               extract(epoch FROM pg_catalog.clock_timestamp() - xact_start)::float8,
               extract(epoch FROM pg_catalog.clock_timestamp() - state_change)::float8,
               extract(epoch FROM pg_catalog.clock_timestamp() - query_start)::float8,
               {_VERB}
        FROM pg_catalog.pg_stat_activity
        WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() AND xact_start IS NOT NULL
        ORDER BY xact_start LIMIT %s
        """,
        (MOST_SESSIONS,),
    ).fetchall()
    hidden = connection.execute(
        "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database()"
        " AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()"
        " AND (backend_type IS NULL OR (backend_type = 'client backend' AND state = 'disabled'))"
    ).fetchone()
    prepared = connection.execute(
        "SELECT extract(epoch FROM pg_catalog.clock_timestamp() - prepared)::float8 FROM pg_catalog.pg_prepared_xacts"
        " WHERE database = pg_catalog.current_database() ORDER BY prepared LIMIT %s",
        (MOST_SESSIONS,),
    ).fetchall()
    return Activity(
        busy=tuple(_busy(row) for row in busy),
        waiting=_waiting(connection),
        prepared_seconds=tuple(_seconds(age) for (age,) in prepared),
        hidden=int(str(hidden[0])) if hidden else 0,
    )


def _busy(row: Sequence[object]) -> Busy:
    pid, application, kind, state, transaction, changed, statement, verb = row
    return Busy(
        int(str(pid)),
        str(application or ""),
        str(kind or ""),
        str(state or ""),
        _seconds(transaction),
        _seconds(changed),
        _seconds(statement),
        str(verb or ""),
    )


def _waiting(connection: Connection) -> tuple[Waiting, ...]:
    """
    Safe on a busy primary: pg_locks and pg_blocking_pids hold the lock manager for a moment, so they are asked only
    where the statistics say that somebody waits, and about ``MOST_WAITING`` sessions at most.
    """
    pids = connection.execute(
        "SELECT pid FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database()"
        " AND wait_event_type = 'Lock' ORDER BY query_start LIMIT %s",
        (MOST_WAITING,),
    ).fetchall()
    if not pids:
        return ()
    rows = connection.execute(
        f"""
        WITH locks AS MATERIALIZED (
            SELECT pid, relation, database,
                   extract(epoch FROM pg_catalog.clock_timestamp() - waitstart)::float8 AS seconds
            FROM pg_catalog.pg_locks WHERE NOT granted AND pid = ANY(%s)
        ), blocked AS MATERIALIZED (
            SELECT DISTINCT pid, pg_catalog.pg_blocking_pids(pid) AS blockers FROM locks
        )
        SELECT l.pid, a.application_name, {_VERB}, coalesce(l.seconds, 0),
               coalesce((SELECT c.relname::text FROM pg_catalog.pg_class AS c WHERE c.oid = l.relation), ''),
               ARRAY(SELECT DISTINCT CASE b WHEN 0 THEN 'a prepared transaction' ELSE b::text END
                     FROM pg_catalog.unnest(blockers) AS b)
        FROM locks AS l JOIN blocked USING (pid) JOIN pg_catalog.pg_stat_activity AS a USING (pid)
        ORDER BY 4 DESC
        """,
        ([int(str(pid)) for (pid,) in pids],),
    ).fetchall()
    named = _named(connection, sorted({pid for row in rows for pid in _pids(row[5])}))
    return tuple(
        Waiting(
            int(str(pid)),
            str(application or ""),
            str(verb or ""),
            _seconds(seconds),
            str(on),
            tuple(named.get(blocker, blocker) for blocker in _pids(blockers)),
        )
        for pid, application, verb, seconds, on, blockers in rows
    )


def _named(connection: Connection, pids: Sequence[str]) -> dict[str, str]:
    """Words for sessions; safe on a busy primary, as it reads the copy of shared memory that we have already."""
    rows = connection.execute(
        f"SELECT pid::text, application_name, state, {_VERB} FROM pg_catalog.pg_stat_activity WHERE pid = ANY(%s)",
        ([int(pid) for pid in pids if pid.isdigit()],),
    ).fetchall()
    return {
        str(pid): f"pid {pid} of {application or 'an application without a name'}"
        + (f", {state}" if state else "")
        + (f" after {verb}" if verb and state != "active" else f" in {verb}" if verb else "")
        for pid, application, state, verb in rows
    }


def _pids(blockers: object) -> list[str]:
    return [str(each) for each in blockers] if isinstance(blockers, list) else []


def _seconds(value: object) -> float:
    return max(0.0, float(value)) if isinstance(value, int | float) else 0.0
