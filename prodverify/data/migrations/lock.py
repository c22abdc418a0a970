"""A lock that a tool keeps in a table of its own, and whether somebody may be migrating right now."""

from __future__ import annotations

from prodverify.data.connection import Connection
from prodverify.data.migrations.tool import TableName

_EXISTS = """
SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v')
"""

_MIGRATING = """
SELECT EXISTS (
    SELECT 1 FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
      AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                     'AccessExclusiveLock')
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a
                      WHERE a.pid = l.pid AND a.backend_type = 'autovacuum worker'))
"""


def exists(connection: Connection, table: TableName) -> bool:
    """
    Whether there is such a table.

    Safe on a busy primary: one look-up in an index of the catalog.
    """
    return connection.execute(_EXISTS, (table.schema, table.name)).fetchone() is not None


def migrating(connection: Connection) -> bool:
    """
    Whether another session holds a lock that statements of migrations take and those of services do not.

    ``false`` proves nothing of a migration that is between two statements or only changes rows.
    Safe on a busy primary: reads the server's table of locks once, takes none itself, and any role may ask.
    """
    row = connection.execute(_MIGRATING).fetchone()
    return row is not None and row[0] is True
