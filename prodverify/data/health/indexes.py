"""Indexes that PostgreSQL keeps, or does not keep, and never uses: what a failed concurrent build leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_INDEXES = 50


@dataclass(frozen=True, slots=True)
class BadIndex:
    """An index that is not valid, its table, and whether somebody is building or dropping it right now."""

    name: str
    table: str
    under_way: bool


def read(connection: Connection) -> tuple[BadIndex, ...]:
    """
    Safe on a busy primary: pg_index and pg_class alone; only where an invalid index was found are the lock manager
    and the progress view asked, once, whether it is under way. At most ``MOST_INDEXES`` rows.

    Works for every role: that a build holds its table's lock is visible to all, which index it builds is not.
    """
    rows = connection.execute(
        """
        SELECT i.indexrelid::bigint, i.indrelid::bigint, n.nspname || '.' || x.relname, t.relname::text
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = x.relnamespace
        JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
        WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
        ORDER BY 3 LIMIT %s
        """,
        (MOST_INDEXES,),
    ).fetchall()
    if not rows:
        return ()
    locked = connection.execute(
        """
        SELECT l.relation::bigint FROM pg_catalog.pg_locks AS l
        WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock'
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
          AND (l.relation = ANY(%s::bigint[]::oid[])
               OR l.pid IN (SELECT pid FROM pg_catalog.pg_stat_progress_create_index))
        """,
        ([int(str(row[0])) for row in rows],),
    ).fetchall()
    held = {int(str(relation)) for (relation,) in locked}
    return tuple(
        BadIndex(str(name), str(table), int(str(index)) in held or int(str(owner)) in held)
        for index, owner, name, table in rows
    )
