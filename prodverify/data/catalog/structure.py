"""What holds the tables of a database together, read from the catalog in a few plain statements."""

from __future__ import annotations

from psycopg import sql

from prodverify.data.catalog.beside import lines_beside
from prodverify.data.catalog.checksums import (
    TableName,
    configured_tables,
    partly_away,
    pin,
    rows_here,
    table_digests,
    table_names,
)
from prodverify.data.catalog.contents import Contents, Structure, Table
from prodverify.data.catalog.relations import NO_MEMBER, OURS
from prodverify.data.catalog.sequences import read_sequences
from prodverify.data.catalog.snapshot import schema_lines
from prodverify.data.connection import Connection
from prodverify.data.migrations import tools

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

# a column that may not be null is a constraint of its own from PostgreSQL 18 on; one that is not to be enforced is told
# by its definition, and what was made of a foreign key for each partition by the key itself
_BROKEN = """
SELECT 'constraint ' || k.conrelid::regclass || '.' || pg_catalog.quote_ident(k.conname) || ' is not validated'
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE k.conrelid <> 0 AND k.contype IN ('c', 'f', 'p', 'u', 'x', 'n') AND NOT k.convalidated
  AND k.conparentid = 0 AND pg_catalog.to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false' AND {ours} AND {member_of}
UNION ALL
SELECT 'index ' || i.indexrelid::regclass || ' is not valid'
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relpersistence <> 't' AND {ours} AND {index_of}
UNION ALL
SELECT 'materialized view ' || c.oid::regclass || ' is not populated'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND NOT c.relispopulated AND {ours} AND {view}
ORDER BY 1
""".format(
    ours=OURS,
    member_of=NO_MEMBER.format("pg_class", "k.conrelid"),
    index_of=NO_MEMBER.format("pg_class", "i.indrelid"),
    view=NO_MEMBER.format("pg_class", "c.oid"),
)

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


def read_contents(connection: Connection, *, parallel: bool = False) -> Contents:
    """Counts, checksums, structure, migration heads and sequences, within the transaction of ``connection``."""
    pin(connection, parallel=parallel)
    names = (*table_names(connection), *configured_tables(connection))
    columns: dict[str, tuple[str, ...]] = {
        str(TableName(str(schema), str(name))): tuple(described)  # type: ignore[arg-type]
        for schema, name, described in connection.execute(_COLUMNS, prepare=False)
    }
    digests = table_digests(connection, names)
    recorded = tools.found(connection)
    return Contents(
        tables={
            name: Table(digests[name].rows, digests[name].checksum, columns.get(name, ()), table.extension)
            for name, table in ((str(each), each) for each in names)
        },
        structure=read_structure(connection),
        server_version_num=connection.info.server_version,
        migration_heads=tools.lines(recorded) if recorded else None,
        sequences=read_sequences(connection),
    )


def read_structure(connection: Connection) -> Structure:
    """Everything but the rows, and what of it is broken, within the transaction of ``connection`` after ``pin``."""
    broken = [str(line).replace(" public.", " ") for (line,) in connection.execute(sql.SQL(_BROKEN), prepare=False)]
    return Structure(
        tuple(sorted([*schema_lines(connection), *lines_beside(connection)])),
        tuple(broken + _sequences_behind(connection)),
    )


def _sequences_behind(connection: Connection) -> list[str]:
    # the next value of such a sequence collides with a row that is there
    broken = []
    away = partly_away(connection)
    for sequence_schema, sequence, schema, table, column in connection.execute(_SEQUENCES, prepare=False).fetchall():
        query = sql.SQL(
            "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END, (SELECT max({}) FROM {} AS t) FROM {}"
        ).format(
            sql.Identifier(str(column)),
            rows_here(connection, str(schema), str(table))
            if (schema, table) in away
            else sql.Identifier(str(schema), str(table)),
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
