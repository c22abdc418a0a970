"""Where the sequences of a database are. They are of no transaction: what is read here is so at that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from prodverify.data.catalog.checksums import TableName
from prodverify.data.catalog.contents import Position, Span
from prodverify.data.catalog.relations import NO_MEMBER, OURS
from prodverify.data.connection import Connection

_AT_ONCE = 100

_RIGHT = "CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') END"
# one that was dropped meanwhile has no rights any more; one that is not logged cannot be read on a standby
_SEQUENCES = f"""
SELECT n.nspname, c.relname, q.seqincrement, q.seqcycle, {_RIGHT}
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_sequence q ON q.seqrelid = c.oid
WHERE c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND {_RIGHT} IS NOT NULL
  AND ({OURS} AND {NO_MEMBER.format("pg_class", "c.oid")}
       OR c.oid IN (SELECT pg_catalog.unnest(e.extconfig) FROM pg_catalog.pg_extension e))
"""
_FEEDING = """
  AND c.oid IN (
    SELECT d.objid FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.deptype IN ('a', 'i') AND d.refobjid = pg_catalog.to_regclass(%(table)s)
    UNION ALL
    SELECT d.refobjid FROM pg_catalog.pg_attrdef f
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND f.adrelid = pg_catalog.to_regclass(%(table)s))
"""


def read_sequences(connection: Connection) -> dict[str, Span]:
    """
    Each sequence that a dump carries, by name, within the transaction of ``connection``.

    Safe on a busy primary: each is one row in memory, read under ACCESS SHARE, which is given back at once. Whoever
    may not read one of them may not dump it either.
    """
    return _read(connection, connection.execute(sql.SQL(_SEQUENCES), prepare=False).fetchall())


def read_feeding(connection: Connection, table: str) -> tuple[dict[str, Span], tuple[str, ...]]:
    """
    The sequences that give ``table``, a name as SQL has it, its values; and the names of those that may not be read.

    Safe on a busy primary as ``read_sequences`` is.
    """
    rows = connection.execute(sql.SQL(_SEQUENCES + _FEEDING), {"table": table}, prepare=False).fetchall()
    unread = tuple(_name(row) for row in rows if not row[4])
    return _read(connection, [row for row in rows if row[4]]), unread


def spans(before: Mapping[str, Span], after: Mapping[str, Span]) -> dict[str, Span]:
    """Where each sequence was between two readings; one that was dropped or made meanwhile is in no dump."""
    return {
        name: Span(span.first, after[name].last, span.increment, span.cycles)
        for name, span in before.items()
        if name in after
    }


def _name(row: Sequence[object]) -> str:
    return str(TableName(str(row[0]), str(row[1])))


def _read(connection: Connection, rows: Sequence[Sequence[object]]) -> dict[str, Span]:
    found = {}
    for start in range(0, len(rows), _AT_ONCE):
        batch = rows[start : start + _AT_ONCE]
        each = (
            sql.SQL("SELECT {}, last_value, is_called FROM {}").format(
                sql.Literal(number), sql.Identifier(str(row[0]), str(row[1]))
            )
            for number, row in enumerate(batch)
        )
        with connection.transaction(force_rollback=True):  # locks of very many sequences are more than a server holds
            for number, last, called in connection.execute(sql.SQL(" UNION ALL ").join(each), prepare=False):
                row = batch[int(str(number))]
                position = Position(int(str(last)), bool(called))
                found[_name(row)] = Span(position, position, int(str(row[2])), bool(row[3]))
    return dict(sorted(found.items()))
