"""What the planner needs to know of a restored database before its answers are as quick as they were."""

from __future__ import annotations

from psycopg import sql

from prodverify.data.catalog.checksums import AWAY
from prodverify.data.drill.refusing import Connection, connect
from prodverify.data.drill.together import ONE_CONNECTION_BYTES, together

# ANALYZE of a table asks its partitions and children, too, and where one is a foreign table the server that has it
_ANY_AWAY = f"{AWAY} SELECT EXISTS (SELECT FROM away)"
# those of the catalog too, which is read next; a partitioned table is looked at with all of its partitions
_TABLES = f"""
{AWAY}
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits i ON c.relispartition AND i.inhrelid = c.oid
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
  AND c.oid NOT IN (SELECT oid FROM away) AND (NOT c.relispartition OR i.inhparent IN (SELECT oid FROM away))
ORDER BY c.relkind = 'p' DESC, pg_catalog.pg_relation_size(c.oid) DESC, 1, 2
"""


def analyze(dsn: str, jobs: int, deadline_seconds: float) -> None:
    """
    ANALYZE all tables of the database of ``dsn`` that it has itself, those of a large one by ``jobs`` connections.

    Raises ``psycopg.Error``.
    """
    with connect(dsn, deadline_seconds) as connection:
        row = connection.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").fetchone()
        small = jobs < 2 or row is None or int(str(row[0])) < ONE_CONNECTION_BYTES
        if small and connection.execute(_ANY_AWAY).fetchone() == (False,):
            connection.execute("ANALYZE")
            return
        found = connection.execute(_TABLES).fetchall()
    tables = [sql.Identifier(str(schema), str(name)) for schema, name in found]
    together(dsn, jobs, deadline_seconds, tables, _analyze)


def _analyze(connection: Connection, table: sql.Identifier) -> None:
    connection.execute(sql.SQL("ANALYZE {}").format(table))
