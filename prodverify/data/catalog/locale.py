"""How a database writes and orders text."""

from __future__ import annotations

from psycopg import sql

from prodverify.data.catalog.contents import Locale
from prodverify.data.connection import Connection

# PostgreSQL 15 has other providers than the C library, 17 another name for their locale
_LOCALE = """
SELECT pg_catalog.pg_encoding_to_char(d.encoding),
    CASE said ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
    d.datcollate, d.datctype, coalesce(said ->> 'datlocale', said ->> 'daticulocale', '')
FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_catalog.to_jsonb(d) AS said
WHERE d.datname = pg_catalog.current_database()
"""


def read_locale(connection: Connection) -> Locale:
    """What the database was created with. Safe on a busy primary: one row of the catalog, that everybody may read."""
    row = connection.execute(sql.SQL(_LOCALE), prepare=False).fetchone()
    assert row is not None  # the database that we are in
    return Locale(*map(str, row))
