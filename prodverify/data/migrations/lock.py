"""Whether a migration that began, or a lock that it took in a table, may be of a run that goes on right now."""

from __future__ import annotations

from prodverify.data.connection import Connection

STILL_RUNNING_SECONDS = 3600.0
"""How long a migration that has begun and not ended counts as running, whatever locks it holds."""

_MIGRATING = """
SELECT pg_catalog.pg_is_in_recovery() OR EXISTS (
    SELECT 1 FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
      AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                     'AccessExclusiveLock')
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a
                      WHERE a.pid = l.pid AND a.backend_type = 'autovacuum worker'))
"""


def migrating(connection: Connection) -> bool:
    """
    Whether another session may hold a lock that statements of migrations take and those of services do not.

    ``true`` on a standby, which does not know the locks of its primary. ``false`` proves nothing of a migration that
    is between two statements or only changes rows.
    Safe on a busy primary: reads the server's table of locks once, takes none itself, and any role may ask.
    """
    row = connection.execute(_MIGRATING).fetchone()
    return row is not None and row[0] is True


def may_go_on(connection: Connection, age_seconds: float) -> bool:
    """
    Whether what began so long ago, and has not ended, may still be running: while it is young, and as long as
    ``migrating``, which alone is asked of the server, and only once it is old.
    """
    return age_seconds < STILL_RUNNING_SECONDS or migrating(connection)
