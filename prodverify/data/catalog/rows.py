"""A few live rows for a scratch database, each with the rows that it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from prodverify.data.catalog.checksums import TableName, table_names
from prodverify.data.connection import Connection
from prodverify.data.migrations import tools
from prodverify.data.migrations.tool import TableName as VersionTable
from prodverify.record.findings import Unjudged, inconclusive

_RECORDS = 100_000
"""Rows of a migration tool's own table that are copied: it needs all of them to know where it is."""
_PARENTS = 10_000
"""Rows that are looked up at a time because others refer to them."""
_ROUNDS = 200
"""Times that this is done: as long a chain of tables as anybody has."""

_READABLE = """
SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid)
FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(%s)
"""

_COLUMNS = """
SELECT a.attname FROM pg_catalog.pg_attribute a
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""

_REFERENCES = """
SELECT cn.nspname, c.relname, pn.nspname, p.relname,
    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS x (n, o)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.n ORDER BY x.o),
    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS x (n, o)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.n ORDER BY x.o)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.convalidated
ORDER BY 1, 2, k.conname
"""


@dataclass(frozen=True, slots=True)
class _Reference:
    child: sql.Identifier
    parent: tuple[str, str]
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def orphans(self) -> sql.Composed:
        """Which rows of the child refer to a row that is not there."""
        given = [sql.SQL("child.{} IS NOT NULL").format(sql.Identifier(column)) for column in self.columns]
        same = [
            sql.SQL("parent.{} = child.{}").format(sql.Identifier(key), sql.Identifier(column))
            for key, column in zip(self.keys, self.columns, strict=True)
        ]
        return sql.SQL("{} AND NOT EXISTS (SELECT FROM {} AS parent WHERE {})").format(
            sql.SQL(" AND ").join(given), sql.Identifier(*self.parent), sql.SQL(" AND ").join(same)
        )


def copy_rows(
    live: Connection, ours: Connection, rows: int, version_tables: Sequence[str] = ()
) -> tuple[int, tuple[str, ...]]:
    """
    Fill ``ours``, which has the tables of ``live`` and no constraint between them; returns how many rows it got.

    It gets at most ``rows`` of each table, those that these refer to, and all rows of a migration tool's own table,
    which is called as usual or one of ``version_tables``. Rows whose parent cannot be had are left out. The second
    value names the tables that the live role may not read, or not whole; a tool's own is none of them, as without its
    rows every migration would be run again: raises ``Unjudged`` for that. Safe on a busy primary: it reads the first
    rows of each table, and others by their key alone.
    """
    named = [*map(VersionTable.of, version_tables), *(table for _, table in tools.detect(live))]
    records = {(table.schema, table.name): table for table in named}
    readable: dict[tuple[str, str], _Table] = {}
    unread: list[str] = []
    copied = 0
    for name in table_names(live):
        table = _Table(live, ours, name)
        if not table.columns:
            continue
        if not table.readable():
            if record := records.get((name.schema, name.name)):
                raise _unreadable(record)
            unread.append(str(name))
            continue
        readable[name.schema, name.name] = table
        copied += table.copy(sql.SQL(""), _RECORDS if (name.schema, name.name) in records else rows)
    references = _references(live)
    for _ in range(_ROUNDS):
        came = sum(
            _parents(ours, each, readable[each.parent]) for each in references if each.parent in readable
        )  # fmt: skip
        copied += came
        if not came:
            break
    return copied - _left_out(ours, references), tuple(unread)


def _unreadable(record: VersionTable) -> Unjudged:
    expected, observed = f"every row of {record.source}", "the role of [database] may not read it, or not whole"
    step = "GRANT SELECT on it to that role, and where it has policies give the role BYPASSRLS"
    return Unjudged(inconclusive("migrations-table-unreadable", expected, observed, next_step=step))


class _Table:
    """One table, in both databases."""

    def __init__(self, live: Connection, ours: Connection, name: TableName) -> None:
        self._live, self._ours = live, ours
        self.identifier = sql.Identifier(name.schema, name.name)
        self._only = sql.SQL("" if name.partitioned else "ONLY ")
        self._named = (self.identifier.as_string(live),)
        self.columns = [str(row[0]) for row in live.execute(_COLUMNS, self._named, prepare=False)]

    def readable(self) -> bool:
        return self._live.execute(_READABLE, self._named, prepare=False).fetchone() == (True,)

    def copy(self, where: sql.Composable, limit: int) -> int:
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        taken = sql.SQL("COPY (SELECT {} FROM {}{} {} LIMIT {}) TO STDOUT").format(
            columns, self._only, self.identifier, where, sql.Literal(limit)
        )
        put = sql.SQL("COPY {} ({}) FROM STDIN").format(self.identifier, columns)
        cursor = self._ours.cursor()
        with self._live.cursor().copy(taken) as source, cursor.copy(put) as sink:
            for piece in source:
                sink.write(piece)
        return cursor.rowcount


def _references(live: Connection) -> list[_Reference]:
    return [
        _Reference(sql.Identifier(str(schema), str(name)), (str(above), str(parent)), tuple(columns), tuple(keys))  # type: ignore[arg-type]
        for schema, name, above, parent, columns, keys in live.execute(_REFERENCES, prepare=False)
    ]


def _parents(ours: Connection, reference: _Reference, parent: _Table) -> int:
    wanted = sql.SQL("SELECT DISTINCT {} FROM {} AS child WHERE {} LIMIT {}").format(
        sql.SQL(", ").join(sql.SQL("child.{}::text").format(sql.Identifier(column)) for column in reference.columns),
        reference.child,
        reference.orphans,
        sql.Literal(_PARENTS),
    )
    missing = ours.execute(wanted).fetchall()
    if not missing:
        return 0
    keys = sql.SQL(", ").join(map(sql.Identifier, reference.keys))
    # literals without a type take the key's, so that its index serves
    values = sql.SQL(", ").join(sql.SQL("({})").format(_literals(row)) for row in missing)
    return parent.copy(sql.SQL("WHERE ({}) IN ({})").format(keys, values), len(missing))


def _literals(values: Sequence[object]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Literal(str(value)) for value in values)


def _left_out(ours: Connection, references: list[_Reference]) -> int:
    total = 0
    while True:  # each time there are fewer rows
        gone = sum(
            ours.execute(sql.SQL("DELETE FROM {} AS child WHERE {}").format(each.child, each.orphans)).rowcount
            for each in references
        )
        if not gone:
            return total
        total += gone
