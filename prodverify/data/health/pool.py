"""
How full a PgBouncer is, and who waits there, as its admin console tells.

The console takes SHOW from a user of ``stats_users`` and nothing else, and we send nothing else: no SET, no BEGIN, no
RELOAD. It speaks the simple query protocol alone, so there is no transaction and no timeout of the server's; ours ends
the connection instead. https://www.pgbouncer.org/usage.html#admin-console
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prodverify.data.health.connections import Limit
from prodverify.record.findings import Unjudged, inconclusive

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

CONSOLE = "pgbouncer"
"""The console's own database and user, which are no pool of anybody's."""
PATIENCE_SECONDS = 5.0
"""How long its answers may take together: it makes them from memory, in a millisecond."""
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Pool:
    """
    The connections that ``user`` shares in ``database``, as PgBouncer names both.

    ``active`` of the ``size`` connections to the server are linked to a client; ``waiting`` clients have asked and got
    none yet, the first of them for ``waits_seconds``.
    """

    database: str
    user: str
    active: int
    size: int
    waiting: int
    waits_seconds: float


@dataclass(frozen=True, slots=True)
class Pooler:
    """
    One process of PgBouncer: its pools, and its ``clients`` against the limit at which the next one is refused.

    ``limits`` are those of single databases, by their names. ``databases`` are all it knows; ``closed`` names those
    that are paused or disabled, and which of both. ``part`` says that other processes take connections at the same
    address (``so_reuseport``), of which nothing is told.
    """

    pools: tuple[Pool, ...]
    clients: Limit
    limits: tuple[tuple[str, Limit], ...] = ()
    databases: tuple[str, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    part: bool = False


def read(dsn: str) -> Pooler:
    """
    Safe on a busy PgBouncer, which has one thread: five lists that it keeps counted, one entry a pool, database, user
    or setting. SHOW CLIENTS and SHOW SERVERS, which walk over every connection, and SHOW FDS, which blocks, are not
    asked.

    Raises Unjudged where it cannot be reached, refuses us, or is no PgBouncer.
    """
    with _console(dsn) as console:
        return told({what: _shown(console, what) for what in ("DATABASES", "USERS", "POOLS", "LISTS", "CONFIG")})


def told(shown: Mapping[str, Sequence[Row]]) -> Pooler:
    """What the rows of each SHOW say. Raises KeyError and ValueError where they are not those of a PgBouncer."""
    databases = [row for row in shown["DATABASES"] if row["name"] != CONSOLE]
    lists = {row["list"]: row["items"] for row in shown["LISTS"]}
    config = {row["key"]: row["value"] for row in shown["CONFIG"]}
    # a user may have a size of its own from 1.24 on, which goes before its database's; who has none has an empty text
    of_users = {row["name"]: size for row in shown["USERS"] if (size := str(row.get("pool_size") or "").strip())}
    of_databases = {row["name"]: row["pool_size"] for row in databases}
    return Pooler(
        pools=tuple(
            _pool(row, _count(of_users.get(row["user"], of_databases.get(row["database"], 0))))
            for row in shown["POOLS"]
            if row["database"] != CONSOLE
        ),
        # We are a client too, and gone when anybody else would be refused for our sake.
        clients=Limit("the pooler", max(0, _count(lists["used_clients"]) - 1), _count(config["max_client_conn"])),
        limits=tuple(_limits(databases)),
        databases=tuple(str(row["name"]) for row in databases),
        closed=tuple(
            (str(row["name"]), word) for row in databases for word in ("paused", "disabled") if _count(row[word])
        ),
        part=str(config.get("so_reuseport", "0")) not in ("0", "no"),
    )


def _pool(row: Row, size: int) -> Pool:
    return Pool(
        str(row["database"]),
        str(row["user"]),
        _count(row["sv_active"]),
        size,
        _count(row["cl_waiting"]),
        _count(row["maxwait"]) + _count(row.get("maxwait_us", 0)) / 1e6,
    )


def _limits(databases: Sequence[Row]) -> Iterator[tuple[str, Limit]]:
    """What each database may have of clients, which PgBouncer limits from 1.24 on."""
    for row in databases:
        if most := _count(row.get("max_client_connections") or 0):
            name = str(row["name"])
            yield name, Limit(f"database {name} of the pooler", _count(row["current_client_connections"]), most)


@contextmanager
def _console(dsn: str) -> Iterator[Connection]:
    import psycopg

    from prodverify.data.connection import CONNECT_TIMEOUT_SECONDS, answering, location, refusals, without_password
    from prodverify.data.health.connections import BETWEEN_ATTEMPTS

    where = location(dsn)
    expected = f"the console of PgBouncer, {where}, to answer SHOW"
    try:
        console = psycopg.connect(dsn, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg.Error as error:
        raise _unreadable(expected, BETWEEN_ATTEMPTS.join(refusals(error, dsn))) from None
    with console:
        try:
            with answering(console, PATIENCE_SECONDS):
                yield console
        except psycopg.Error as error:
            raise _unreadable(expected, without_password(str(error), dsn)) from None
        except (KeyError, ValueError) as other:
            said = f"an answer of another form ({type(other).__name__} {other})"
            raise _unreadable(expected, said) from None


def _shown(console: Connection, what: str) -> list[Row]:
    """Rows by their columns' names, as versions add columns between others."""
    cursor = console.execute(f"SHOW {what}".encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _count(value: object) -> int:
    return int(str(value))


def _unreadable(expected: str, observed: str) -> Unjudged:
    step = "let the DSN name PgBouncer's own database, pgbouncer, and a user of its stats_users"
    return Unjudged(inconclusive("pool-unreadable", expected, observed, next_step=step))
