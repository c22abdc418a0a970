"""How old the oldest transactions are that the server still has to tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_DATABASES = 50


@dataclass(frozen=True, slots=True)
class Age:
    """``whose`` oldest transaction (``kind``: transactions or multixacts) is ``age`` transactions ago."""

    whose: str
    kind: str
    age: int


@dataclass(frozen=True, slots=True)
class Ages:
    """
    Ages of databases, the oldest first, and of this database's oldest table.

    ``limits`` are the ages by kind at which autovacuum begins to freeze by itself, as the server is set.
    """

    databases: tuple[Age, ...]
    table: Age | None
    limits: dict[str, int]


def read(connection: Connection) -> Ages:
    """
    Safe on a busy primary: pg_database and pg_class alone, sorted in memory, at most ``MOST_DATABASES`` rows and one.

    Works for every role, on a standby too, where the ages are those of what was replayed.
    """
    rows = connection.execute(
        """
        SELECT 'database ' || datname, kind, age FROM pg_catalog.pg_database,
        LATERAL (VALUES ('transactions', pg_catalog.age(datfrozenxid)),
                        ('multixacts', pg_catalog.mxid_age(datminmxid))) AS ages (kind, age)
        ORDER BY age DESC LIMIT %s
        """,
        (MOST_DATABASES,),
    ).fetchall()
    table = connection.execute(
        "SELECT 'table ' || n.nspname || '.' || c.relname, pg_catalog.age(c.relfrozenxid)"
        " FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 't', 'm') AND c.relfrozenxid <> '0' ORDER BY 2 DESC LIMIT 1"
    ).fetchone()
    limits = connection.execute(
        "SELECT CASE name WHEN 'autovacuum_freeze_max_age' THEN 'transactions' ELSE 'multixacts' END, setting::bigint"
        " FROM pg_catalog.pg_settings"
        " WHERE name IN ('autovacuum_freeze_max_age', 'autovacuum_multixact_freeze_max_age')"
    ).fetchall()
    return Ages(
        tuple(Age(str(whose), str(kind), int(str(age))) for whose, kind, age in rows),
        Age(str(table[0]), "transactions", int(str(table[1]))) if table else None,
        {str(kind): int(str(limit)) for kind, limit in limits},
    )
