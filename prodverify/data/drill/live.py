"""Old rows of the live database against the restored ones: those that nobody changes any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import sql

from prodverify.data.catalog.checksums import pin
from prodverify.data.catalog.contents import Span
from prodverify.data.catalog.sequences import read_feeding
from prodverify.data.connection import Connection, read_only
from prodverify.data.drill.observed import Compared, ComparedSequence, Comparison
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
    moving table is never compared whole. The sequences that feed those tables are read beside them, one row each.
    """
    sequences: dict[str, ComparedSequence] = {}
    unread: dict[str, None] = {}
    tables = []
    for each in live.slices:
        compared, theirs, ours = _compared(live, each, restored_dsn, taken_at, timeout_ms)
        tables.append(compared)
        if theirs is not None and ours is not None:
            unread.update(dict.fromkeys(theirs.unread))
            for name, span in theirs.sequences.items():
                found = ours.sequences.get(name)
                sequences[name] = ComparedSequence(name, span, found.last if found else None)
    return Comparison("live", tuple(tables), sequences=tuple(sequences.values()), unread=tuple(unread))


def _compared(
    live: Live, wanted: LiveSlice, restored_dsn: str, taken_at: datetime, timeout_ms: int
) -> tuple[Compared, _Slice | None, _Slice | None]:
    limit = taken_at - timedelta(seconds=wanted.before_seconds)
    what = f"{wanted.table} before {limit:%Y-%m-%d %H:%M:%S} UTC"

    def told(why: str) -> tuple[Compared, None, None]:
        return Compared(what, None, None, same=False, tolerance=wanted.tolerance_rows, incomparable=why), None, None

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
        return Compared(what, theirs.rows, None, same=False, tolerance=wanted.tolerance_rows), theirs, None
    if theirs.shape != ours.shape:
        return told("the live table has other columns than the restored one: it was migrated since")
    same = (theirs.rows, theirs.checksum) == (ours.rows, ours.checksum)
    if not same and theirs.rows == ours.rows and theirs.major != ours.major:
        return told(f"PostgreSQL {theirs.major} hashed it there and {ours.major} here")
    return Compared(what, theirs.rows, ours.rows, same, wanted.tolerance_rows), theirs, ours


@dataclass(frozen=True, slots=True)
class _Slice:
    shape: str
    rows: int
    checksum: str
    major: int
    sequences: Mapping[str, Span]
    unread: tuple[str, ...]


def _read(connection: Connection, wanted: LiveSlice, limit: datetime) -> _Slice | None:
    """Safe on a busy primary: see ``compare``."""
    pin(connection)
    schema, _, name = wanted.table.rpartition(".")
    table = sql.Identifier(schema or "public", name)
    named = table.as_string(connection)
    row = connection.execute(_SHAPE, (named,)).fetchone()
    if row is None or row[0] is None:
        return None
    query = sql.SQL(
        "SELECT pg_catalog.count(*), coalesce(sum(pg_catalog.hashtextextended((t.*)::text, 0)), 0)::text"
        " FROM {} AS t WHERE t.{} < %s"
    ).format(table, sql.Identifier(wanted.column))
    counted = connection.execute(query, (limit,)).fetchone()
    assert counted is not None  # an aggregate without GROUP BY has exactly one row
    major = connection.info.server_version // 10000
    return _Slice(str(row[0]), int(str(counted[0])), str(counted[1]), major, *read_feeding(connection, named))
