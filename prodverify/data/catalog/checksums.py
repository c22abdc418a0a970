"""Counts and whole-table checksums, the same for the same rows wherever and in whatever order they are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from prodverify.data.catalog.contents import Digest
from prodverify.data.connection import Connection

# every setting that changes how a value is written as text, or which rows are seen
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmlbinary": "base64",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "search_path": "pg_catalog",
    "row_security": "off",
    "jit": "off",
}
_ALONE = {"max_parallel_workers_per_gather": "0"}
# the planner does not know what making text and a hash of a row costs, so it thinks workers too dear
_TOGETHER = {"min_parallel_table_scan_size": "0", "parallel_setup_cost": "100"}

_TABLES = """
SELECT n.nspname, c.relname, c.relkind = 'p'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""

AWAY = """
WITH RECURSIVE away (oid) AS (
    SELECT i.inhparent FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class f ON f.oid = i.inhrelid AND f.relkind = 'f'
    UNION SELECT i.inhparent FROM away JOIN pg_catalog.pg_inherits i ON i.inhrelid = away.oid)
"""
"""How a statement begins that knows as ``away`` the tables of which a partition or child is a foreign table."""

_PARTLY_AWAY = f"""
{AWAY}
SELECT n.nspname, c.relname
FROM away JOIN pg_catalog.pg_class c ON c.oid = away.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
"""
_HERE = """
WITH RECURSIVE here (oid) AS (
    SELECT pg_catalog.to_regclass(%s)::oid
    UNION SELECT i.inhrelid FROM here JOIN pg_catalog.pg_inherits i ON i.inhparent = here.oid)
SELECT n.nspname, c.relname
FROM here JOIN pg_catalog.pg_class c ON c.oid = here.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
"""
_COLUMNS = """
SELECT attname FROM pg_catalog.pg_attribute
WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
# what pg_extension_config_dump said of them
_CONFIGURED = """
SELECT n.nspname, c.relname, c.relkind = 'p', coalesce(x.condition, ''), e.extname || ' ' || e.extversion
FROM pg_catalog.pg_extension e
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS x (oid, condition)
JOIN pg_catalog.pg_class c ON c.oid = x.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """
    A table by schema and name; ``str()`` is what reports call it: quoted where SQL would, ``public`` left out.

    Of a table of an ``extension``, which is told with its version, a dump has the rows of ``condition``.
    """

    schema: str
    name: str
    partitioned: bool = False
    condition: str = ""
    extension: str = ""

    def __str__(self) -> str:
        return _quoted(self.name) if self.schema == "public" else f"{_quoted(self.schema)}.{_quoted(self.name)}"


def _quoted(name: str) -> str:
    plain = name.isascii() and name.replace("_", "a").replace("$", "a").isalnum() and name == name.lower()
    return name if plain and not name[0].isdigit() else '"' + name.replace('"', '""') + '"'


def pin(connection: Connection, *, parallel: bool = False) -> None:
    """
    Set, for the current transaction alone, everything that the text of a value depends on.

    Without ``parallel`` one process of the server does the work: a live database has other things to do.
    """
    settings = {**_SETTINGS, **(_TOGETHER if parallel else _ALONE)}
    calls = sql.SQL(", ").join(
        sql.SQL("pg_catalog.set_config({}, {}, true)").format(sql.Literal(name), sql.Literal(value))
        for name, value in settings.items()
    )
    connection.execute(sql.SQL("SELECT {}").format(calls), prepare=False)


def table_names(connection: Connection) -> tuple[TableName, ...]:
    """
    Every table that a dump carries rows of, in order of name.

    A partitioned table stands for its partitions; tables that belong to an extension are the extension's.
    """
    rows = connection.execute(_TABLES, prepare=False).fetchall()
    return tuple(TableName(str(schema), str(name), bool(partitioned)) for schema, name, partitioned in rows)


def configured_tables(connection: Connection) -> tuple[TableName, ...]:
    """The tables of extensions whose rows are the user's, so that a dump has them, as the extensions themselves say."""
    rows = connection.execute(_CONFIGURED, prepare=False).fetchall()
    return tuple(TableName(str(row[0]), str(row[1]), bool(row[2]), str(row[3]), str(row[4])) for row in rows)


def table_digests(connection: Connection, tables: Iterable[TableName]) -> dict[str, Digest]:
    """
    Count and checksum of each table, in one pass over it, within the transaction of ``connection`` after ``pin``.

    The hash is taken of the row's text: the hash of the record itself depends on the numbers that the server gave to
    enum values, misses 2.5 for 2.50, and does not exist for json. A sum sees a duplicated pair, which XOR does not.
    ``t.*`` is the row even where a column is called ``t``.
    Tables that others inherit from are read without their children, which are tables of their own; partitions that are
    foreign tables are left out: no dump has their rows, and nobody is dialled for them.
    """
    digests = {}
    away = partly_away(connection)
    for table in tables:
        rows = sql.SQL("{} {}").format(
            sql.SQL("" if table.partitioned else "ONLY"), sql.Identifier(table.schema, table.name)
        )
        if table.partitioned and (table.schema, table.name) in away:
            rows = rows_here(connection, table.schema, table.name)
            if table.condition:
                rows = sql.SQL("{} AS {}").format(rows, sql.Identifier(table.name))
        if table.condition:  # which may name its table, as it does for pg_dump
            rows = sql.SQL("(SELECT * FROM {} {})").format(rows, sql.SQL(table.condition))
        query = sql.SQL(
            "SELECT pg_catalog.count(*), coalesce(sum(pg_catalog.hashtextextended((t.*)::text, 0)), 0)::text"
            " FROM {} AS t"
        ).format(rows)
        row = connection.execute(query, prepare=False).fetchone()
        assert row is not None  # an aggregate without GROUP BY has exactly one row
        digests[str(table)] = Digest(int(str(row[0])), str(row[1]))
    return digests


def partly_away(connection: Connection) -> frozenset[tuple[str, str]]:
    """By schema and name, the tables of which a partition or child is a foreign table."""
    return frozenset((str(schema), str(name)) for schema, name in connection.execute(_PARTLY_AWAY, prepare=False))


def rows_here(connection: Connection, schema: str, name: str) -> sql.Composed:
    """The rows of a table, its partitions and children that are no foreign tables, in its columns, to stand in FROM."""
    whole = sql.Identifier(schema, name)
    named = (whole.as_string(connection),)
    columns = sql.SQL(", ").join(sql.Identifier(str(row[0])) for row in connection.execute(_COLUMNS, named))
    # no row of it first, so that there is a query where every partition is away
    parts = [sql.SQL("SELECT {} FROM ONLY {} WHERE false").format(columns, whole)]
    for each in connection.execute(_HERE, named).fetchall():
        parts.append(sql.SQL("SELECT {} FROM ONLY {}").format(columns, sql.Identifier(*map(str, each))))
    return sql.SQL("({})").format(sql.SQL(" UNION ALL ").join(parts))
