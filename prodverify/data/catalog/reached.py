"""Whether anybody has connected to a scratch database since it was made."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from prodverify.wire import clock

_ENDED_SECONDS = 5.0
_COUNTED_SECONDS = 2.0

# a session is counted before it is out of the list of those that are there; until PostgreSQL 14 it is told a little
# late, and until 13 transactions alone are counted
_SEEN = """
SELECT coalesce((pg_catalog.to_jsonb(d) ->> 'sessions')::bigint, d.xact_commit + d.xact_rollback),
    EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a
            WHERE a.datname = d.datname AND a.backend_type = 'client backend')
FROM pg_catalog.pg_stat_database d WHERE d.datname = %s
"""


class Sessions:
    """The sessions of the database of ``dsn``, as its server counts them; our own are over, or soon will be."""

    def __init__(self, dsn: str) -> None:
        self._name = str(conninfo_to_dict(dsn)["dbname"])
        self._server = make_conninfo(dsn, dbname="postgres")
        with psycopg.connect(self._server, autocommit=True) as connection:

            def ended() -> int | None:
                count, present = self._seen(connection)
                return None if present else count

            self._before = clock.poll(ended, within_seconds=_ENDED_SECONDS, what="our own sessions ended")

    def more(self) -> bool:
        """Whether there is, or has been, another one."""
        with psycopg.connect(self._server, autocommit=True) as connection:

            def begun() -> bool | None:
                count, present = self._seen(connection)
                return present or count > self._before or None

            try:
                return clock.poll(begun, within_seconds=_COUNTED_SECONDS, what="another session was counted")
            except clock.NotInTime:
                return False

    def _seen(self, connection: psycopg.Connection[tuple[object, ...]]) -> tuple[int, bool]:
        row = connection.execute(_SEEN, (self._name,)).fetchone()
        assert row is not None  # the database is ours, and there
        return int(str(row[0])), row[1] is True
