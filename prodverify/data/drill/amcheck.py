"""PostgreSQL's own look at its files: every table's pages, and every row of it in each of its indexes."""

from __future__ import annotations

import psycopg
from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.drill.observed import Integrity
from prodverify.data.drill.refusing import connect, said
from prodverify.data.drill.together import ONE_CONNECTION_BYTES, together

_MOST_PROBLEMS = 20
_RELATIONS = """
SELECT c.oid, c.oid::pg_catalog.regclass::text, c.relkind IN ('i'), pg_catalog.pg_relation_size(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (c.relkind IN ('r', 'm', 't') AND a.amname = 'heap'
       OR c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready)
ORDER BY 3 DESC, 4 DESC, 2
"""
# https://www.postgresql.org/docs/current/amcheck.html
_INDEX = "SELECT {}.bt_index_check(%s::pg_catalog.oid::pg_catalog.regclass, true)"
_TABLE = "SELECT msg FROM {}.verify_heapam(%s::pg_catalog.oid::pg_catalog.regclass) LIMIT 1"
_HEAP_SINCE = 140000

_Task = tuple[object, str, bool]


def check(dsn: str, jobs: int, deadline_seconds: float = 0.0) -> Integrity:
    """
    Look at every heap table and every B-tree of the database of ``dsn``, which gets the extension amcheck for that.

    So it is done after everything else was read. Each B-tree is checked with ``heapallindexed``: that every row of the
    table is found in it. Large databases are checked by ``jobs`` connections at once.
    """
    with connect(dsn, deadline_seconds) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_catalog.pg_available_extensions WHERE name = 'amcheck'"
        ).fetchone()
        if row is None or not row[0]:
            return Integrity(unavailable="this PostgreSQL lacks the extension amcheck")
        try:
            schema = _schema(connection)
        except psycopg.Error as error:
            return Integrity(unavailable=f"the extension amcheck cannot be made: {said(error)}")
        found = connection.execute(_RELATIONS, prepare=False).fetchall()
        tables = connection.info.server_version >= _HEAP_SINCE
    tasks = [(oid, str(name), bool(is_index)) for oid, name, is_index, _ in found if is_index or tables]
    seen = _Seen(len(tasks), schema)
    small = sum(int(str(size)) for *_, size in found) < ONE_CONNECTION_BYTES
    together(dsn, 1 if small else jobs, deadline_seconds, tasks, seen.look)
    unchecked = () if tables else ("the tables' pages, as PostgreSQL before 14 cannot look at them",)
    problems = tuple(sorted(seen.problems)[:_MOST_PROBLEMS])
    return Integrity(
        seen.relations, problems, (*sorted(seen.unchecked), *unchecked), unended=tuple(sorted(seen.unended))
    )


def _schema(connection: Connection) -> str:
    """The schema of the extension: the backup's own, or one that is made for it."""
    row = connection.execute(
        "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'amcheck'"
    ).fetchone()
    if row is not None:
        return str(row[0])
    connection.execute("CREATE SCHEMA prodverify_amcheck")
    connection.execute("CREATE EXTENSION amcheck SCHEMA prodverify_amcheck")
    return "prodverify_amcheck"


class _Seen:
    def __init__(self, relations: int, schema: str) -> None:
        self.relations = relations
        self.index, self.table = (sql.SQL(query).format(sql.Identifier(schema)) for query in (_INDEX, _TABLE))
        self.problems: list[str] = []
        self.unchecked: list[str] = []
        self.unended: list[str] = []

    def look(self, connection: Connection, task: _Task) -> None:
        """Note what PostgreSQL says of one relation."""
        oid, name, is_index = task
        try:
            row = connection.execute(self.index if is_index else self.table, (oid,)).fetchone()
            if not is_index and row is not None:
                self.problems.append(f"table {name}: {row[0]}")
        except (psycopg.errors.IndexCorrupted, psycopg.errors.DataCorrupted) as error:
            self.problems.append(f"{'index' if is_index else 'table'} {name}: {said(error)}")
        except psycopg.errors.QueryCanceled:
            self.unended.append(name)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:  # an expression of the index that raises here, such as one without search_path
            self.unchecked.append(f"{name}: {said(error)}")
