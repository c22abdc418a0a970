"""How many connections there are, against every limit that ends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_LIMITS = 40
"""Limits that are read: the server's, and the fullest of roles and databases."""
BETWEEN_ATTEMPTS = "; "
"""What stands in a finding between the refusals of several attempts to connect."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``used`` connections of the ``most`` that ``whose`` may have, in words: ``the server``, ``role app``."""

    whose: str
    used: int
    most: int


def read(connection: Connection) -> tuple[Limit, ...]:
    """
    The server's limit, less what is reserved for superusers and others, and those of roles and databases that have one.
    Our own connection is not counted: it fills nothing, not even the limit of 1 that our role may have.

    Safe on a busy primary: pg_stat_activity is a copy of shared memory (no lock on tables, one entry a connection),
    pg_roles and pg_database have few rows; at most ``MOST_LIMITS`` come back. Every role sees who is connected to
    what; where background processes cannot be told apart, those without a user or a database are left out.
    """
    rows = connection.execute(
        """
        WITH clients AS MATERIALIZED (
            SELECT datid, usesysid FROM pg_catalog.pg_stat_activity
            WHERE pid <> pg_catalog.pg_backend_pid()
              AND (backend_type = 'client backend'
                   OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL))
        )
        SELECT whose, used, most FROM (
            SELECT 'the server' AS whose, (SELECT count(*) FROM clients) AS used,
                   sum(CASE name WHEN 'max_connections' THEN setting::bigint ELSE -setting::bigint END) AS most
            FROM pg_catalog.pg_settings
            WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
            UNION ALL
            SELECT 'database ' || datname, (SELECT count(*) FROM clients WHERE datid = d.oid), datconnlimit
            FROM pg_catalog.pg_database AS d WHERE datconnlimit > 0
            UNION ALL
            SELECT 'role ' || rolname, (SELECT count(*) FROM clients WHERE usesysid = r.oid), rolconnlimit
            FROM pg_catalog.pg_roles AS r WHERE rolconnlimit > 0
        ) AS limits
        ORDER BY used::float8 / greatest(most, 1) DESC LIMIT %s
        """,
        (MOST_LIMITS,),
    ).fetchall()
    return tuple(Limit(str(whose), int(str(used)), int(str(most))) for whose, used, most in rows)
