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

_TABLES = """
SELECT n.nspname, c.relname, c.relkind = 'p'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table by schema and name; ``str()`` is what reports call it: quoted where SQL would, ``public`` left out."""

    schema: str
    name: str
    partitioned: bool = False

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
    settings = _SETTINGS if parallel else {**_SETTINGS, "max_parallel_workers_per_gather": "0"}
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


def table_digests(connection: Connection, tables: Iterable[TableName]) -> dict[str, Digest]:
    """
    Count and checksum of each table, in one pass over it, within the transaction of ``connection`` after ``pin``.

    The hash is taken of the row's text: the hash of the record itself depends on the numbers that the server gave to
    enum values, misses 2.5 for 2.50, and does not exist for json. A sum sees a duplicated pair, which XOR does not.
    ``t.*`` is the row even where a column is called ``t``.
    Tables that others inherit from are read without their children, which are tables of their own.
    """
    digests = {}
    for table in tables:
        query = sql.SQL(
            "SELECT pg_catalog.count(*), coalesce(sum(pg_catalog.hashtextextended((t.*)::text, 0)::numeric), 0)::text"
            " FROM {} {} AS t"
        ).format(sql.SQL("" if table.partitioned else "ONLY"), sql.Identifier(table.schema, table.name))
        row = connection.execute(query, prepare=False).fetchone()
        assert row is not None  # an aggregate without GROUP BY has exactly one row
        digests[str(table)] = Digest(int(str(row[0])), str(row[1]))
    return digests
