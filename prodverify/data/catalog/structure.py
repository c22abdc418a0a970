"""What holds the tables of a database together, read from the catalog in a few plain statements."""

from __future__ import annotations

from psycopg import sql

from prodverify.data.catalog.checksums import TableName, pin, table_digests, table_names
from prodverify.data.catalog.contents import Contents, Structure, Table
from prodverify.data.connection import Connection
from prodverify.data.migrations import alembic
from prodverify.data.migrations.history import VERSION_TABLE

# names are written as regclass writes them under the pinned search_path; public is left out afterwards
_COLUMNS = """
SELECT n.nspname, c.relname, pg_catalog.array_agg(
    a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END ORDER BY a.attnum)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
GROUP BY 1, 2
"""

_OBJECTS = """
WITH spaces AS (
    SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
), foreigners AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
), lines AS (
    SELECT 'pg_catalog.pg_constraint'::regclass AS classid, k.oid AS objid, k.conrelid AS parent,
           'constraint ' || k.conrelid::regclass || '.' || pg_catalog.quote_ident(k.conname) AS line,
           CASE WHEN NOT k.convalidated THEN 'is not validated' END AS trouble
    FROM pg_catalog.pg_constraint k JOIN spaces s ON s.oid = k.connamespace
    WHERE k.conrelid <> 0 AND k.contype IN ('c', 'f', 'p', 'u', 'x')
  UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, c.oid, coalesce(i.indrelid, 0),
           CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
                          WHEN 'f' THEN 'foreign table ' WHEN 'c' THEN 'type '
                          WHEN 'r' THEN 'table ' WHEN 'p' THEN 'table ' ELSE 'index ' END || c.oid::regclass,
           CASE WHEN NOT i.indisvalid THEN 'is not valid'
                WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'is not populated' END
    FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE c.relkind IN ('v', 'm', 'S', 'f', 'c', 'r', 'p', 'i', 'I') AND c.relpersistence <> 't'
  UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass, p.oid, 0, 'function ' || p.oid::regprocedure, NULL
    FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace
  UNION ALL
    SELECT 'pg_catalog.pg_trigger'::regclass, t.oid, t.tgrelid,
           'trigger ' || t.tgrelid::regclass || '.' || pg_catalog.quote_ident(t.tgname), NULL
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN spaces s ON s.oid = c.relnamespace WHERE NOT t.tgisinternal
  UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass, t.oid, 0, 'type ' || t.oid::regtype, NULL
    FROM pg_catalog.pg_type t JOIN spaces s ON s.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r')
  UNION ALL
    SELECT 'pg_catalog.pg_policy'::regclass, p.oid, p.polrelid,
           'policy ' || p.polrelid::regclass || '.' || pg_catalog.quote_ident(p.polname), NULL
    FROM pg_catalog.pg_policy p
  UNION ALL
    SELECT 0::regclass, 0, 0, 'extension ' || pg_catalog.quote_ident(extname), NULL FROM pg_catalog.pg_extension
  UNION ALL
    SELECT 0::regclass, 0, 0, 'large objects: ' || count(*), NULL
    FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0
)
SELECT line, trouble FROM lines l
WHERE NOT EXISTS (SELECT FROM foreigners f
                  WHERE f.classid = l.classid AND f.objid = l.objid
                     OR f.classid = 'pg_catalog.pg_class'::regclass AND f.objid = l.parent)
ORDER BY 1
"""

_SEQUENCES = """
SELECT s.nspname, s.relname, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_depend d
JOIN (SELECT x.oid, y.nspname, x.relname FROM pg_catalog.pg_class x
      JOIN pg_catalog.pg_namespace y ON y.oid = x.relnamespace WHERE x.relkind = 'S') s ON s.oid = d.objid
JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid AND q.seqincrement > 0 AND NOT q.seqcycle
JOIN pg_catalog.pg_class c ON c.oid = d.refobjid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND s.nspname !~ '^pg_'
  AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
ORDER BY 1, 2
"""


def read_contents(connection: Connection, *, parallel: bool = False, version_table: str = VERSION_TABLE) -> Contents:
    """Counts, checksums, columns, structure and migration heads, within the transaction of ``connection``."""
    pin(connection, parallel=parallel)
    names = table_names(connection)
    columns: dict[str, tuple[str, ...]] = {
        str(TableName(str(schema), str(name))): tuple(described)  # type: ignore[arg-type]
        for schema, name, described in connection.execute(_COLUMNS, prepare=False)
    }
    digests = table_digests(connection, names)
    recorded = alembic.recorded(connection, version_table)
    return Contents(
        tables={name: Table(each.rows, each.checksum, columns.get(name, ())) for name, each in digests.items()},
        structure=read_structure(connection),
        server_version_num=connection.info.server_version,
        migration_heads=tuple(sorted(recorded.heads)) if recorded.table_exists else None,
    )


def read_structure(connection: Connection) -> Structure:
    """Names of everything but the rows, and what of it is broken, within the transaction of ``connection``."""
    objects: list[str] = []
    broken: list[str] = []
    for line, trouble in connection.execute(_OBJECTS, prepare=False):
        name = str(line).replace(" public.", " ")
        objects.append(name)
        if trouble is not None:
            broken.append(f"{name} {trouble}")
    return Structure(tuple(objects), tuple(broken + _sequences_behind(connection)))


def _sequences_behind(connection: Connection) -> list[str]:
    # the next value of such a sequence collides with a row that is there
    broken = []
    for sequence_schema, sequence, schema, table, column in connection.execute(_SEQUENCES, prepare=False).fetchall():
        query = sql.SQL(
            "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END, (SELECT max({}) FROM {}) FROM {}"
        ).format(
            sql.Identifier(str(column)),
            sql.Identifier(str(schema), str(table)),
            sql.Identifier(str(sequence_schema), str(sequence)),
        )
        row = connection.execute(query, prepare=False).fetchone()
        assert row is not None  # a sequence is a relation of exactly one row
        last, highest = row
        if highest is not None and int(str(last)) < int(str(highest)):
            name = TableName(str(sequence_schema), str(sequence))
            behind = f"{TableName(str(schema), str(table))}.{column}"
            broken.append(f"sequence {name} is behind {behind}")
    return broken
