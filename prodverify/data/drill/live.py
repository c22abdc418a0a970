"""Old rows of the live database against the restored ones: those that nobody changes any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg import sql

from prodverify.data.catalog.checksums import pin
from prodverify.data.connection import Connection, read_only
from prodverify.data.drill.observed import Compared, Comparison
from prodverify.data.drill.wishes import Live, LiveSlice
from prodverify.record.findings import Unjudged

_SHAPE = """
SELECT pg_catalog.array_agg(attname || ' ' || pg_catalog.format_type(atttypid, atttypmod) ORDER BY attnum)::text
FROM pg_catalog.pg_attribute
WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


def compare(live: Live, restored_dsn: str, taken_at: datetime, timeout_ms: int) -> Comparison:
    """
    Each slice, counted and hashed in both databases up to the same moment.

    Safe on a busy primary: for each slice one query without parallel workers, in a read-only transaction, that the
    live database ends after ``live.statement_timeout_ms``; an index on the column lets it read the old rows alone. A
    moving table is never compared whole.
    """
    return Comparison("live", tuple(_compared(live, each, restored_dsn, taken_at, timeout_ms) for each in live.slices))


def _compared(live: Live, wanted: LiveSlice, restored_dsn: str, taken_at: datetime, timeout_ms: int) -> Compared:
    limit = taken_at - timedelta(seconds=wanted.before_seconds)
    what = f"{wanted.table} before {limit:%Y-%m-%d %H:%M:%S} UTC"

    def told(why: str) -> Compared:
        return Compared(what, None, None, same=False, tolerance=wanted.tolerance_rows, incomparable=why)

    try:
        with read_only(live.dsn, statement_timeout_ms=live.statement_timeout_ms, purpose="drill") as connection:
            theirs = _read(connection, wanted, limit)
    except Unjudged as problem:
        return told(f"live: {problem.finding.observed}")
    try:
        with read_only(restored_dsn, statement_timeout_ms=timeout_ms, purpose="drill") as connection:
            ours = _read(connection, wanted, limit)
    except Unjudged as problem:
        return told(f"restored: {problem.finding.observed}")
    if theirs is None:
        return told("the live database has no such table")
    if ours is None:
        return Compared(what, theirs.rows, None, same=False, tolerance=wanted.tolerance_rows)
    if theirs.shape != ours.shape:
        return told("the live table has other columns than the restored one: it was migrated since")
    same = (theirs.rows, theirs.checksum) == (ours.rows, ours.checksum)
    if not same and theirs.rows == ours.rows and theirs.major != ours.major:
        return told(f"PostgreSQL {theirs.major} hashed it there and {ours.major} here")
    return Compared(what, theirs.rows, ours.rows, same, wanted.tolerance_rows)


class _Slice:
    def __init__(self, shape: str, rows: int, checksum: str, major: int) -> None:
        self.shape, self.rows, self.checksum, self.major = shape, rows, checksum, major


def _read(connection: Connection, wanted: LiveSlice, limit: datetime) -> _Slice | None:
    """Safe on a busy primary: see ``compare``."""
    pin(connection)
    schema, _, name = wanted.table.rpartition(".")
    table = sql.Identifier(schema or "public", name)
    row = connection.execute(_SHAPE, (table.as_string(connection),)).fetchone()
    if row is None or row[0] is None:
        return None
    query = sql.SQL(
        "SELECT pg_catalog.count(*), coalesce(sum(pg_catalog.hashtextextended((t.*)::text, 0)::numeric), 0)::text"
        " FROM {} AS t WHERE t.{} < %s"
    ).format(table, sql.Identifier(wanted.column))
    counted = connection.execute(query, (limit,)).fetchone()
    assert counted is not None  # an aggregate without GROUP BY has exactly one row
    return _Slice(str(row[0]), int(str(counted[0])), str(counted[1]), connection.info.server_version // 10000)
