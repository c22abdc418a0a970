"""All readings of one database, taken once a run through one connection, each for itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from prodverify.data.health import (
    activity,
    connections,
    indexes,
    replication,
    session,
    settings,
    statements,
    storage,
    wraparound,
)
from prodverify.record.findings import Finding, Unjudged, inconclusive

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

T = TypeVar("T")

_STEPS = {
    "42501": "GRANT pg_monitor TO the role that the suite reads as",
    "57014": "raise statement_timeout_ms of [database], or ask when the server has less to do",
    "55P03": "ask again: a catalog was locked by somebody who alters the schema",
    "0A000": "ask the provider's own monitoring: its server does not tell this by SQL",
}
"""What to do, by SQLSTATE: insufficient_privilege, query_canceled, lock_not_available, feature_not_supported."""


_MOST_STATEMENTS = 8
"""Statements of one reading, its savepoint included: each has a timeout, which a server that hangs does not keep."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was read, or the finding that says why it could not be."""

    value: T | None = None
    refused: Finding | None = None

    def __call__(self) -> T:
        """The value. Raises Unjudged where the server refused it."""
        if self.refused is not None:
            raise Unjudged(self.refused)
        assert self.value is not None
        return self.value


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that is judged of a live database but its objectives."""

    session: Reading[session.Session]
    connections: Reading[tuple[connections.Limit, ...]]
    activity: Reading[activity.Activity]
    statements: Reading[statements.Statements]
    ages: Reading[wraparound.Ages]
    indexes: Reading[tuple[indexes.BadIndex, ...]]
    pages: Reading[storage.Pages]
    size: Reading[int]
    used: Reading[int]
    settings: Reading[Mapping[str, str]]
    standbys: Reading[replication.Replication]
    slots: Reading[tuple[replication.Slot, ...]]


def read(
    dsn: str,
    *,
    statement_timeout_ms: int,
    settings_named: Collection[str] = (),
    min_calls: int = 1,
    size: bool = False,
    disk: bool = False,
) -> Readings:
    """
    One connection, one read-only transaction, about twenty statements of a millisecond each.

    A reading that the server refuses (no rights, an older version) leaves the others whole: each stands behind a
    savepoint, which a standby and a transaction pooler have too. ``size`` asks for what this database stores, ``disk``
    for what the whole server does: both look at every file, so nobody asks who need not know. Raises Unjudged where
    there is no connection.
    """
    from prodverify.data.connection import CONNECT_TIMEOUT_SECONDS, read_only

    patience_seconds = _MOST_STATEMENTS * statement_timeout_ms / 1000.0 + CONNECT_TIMEOUT_SECONDS
    with read_only(dsn, statement_timeout_ms=statement_timeout_ms, purpose="health") as connection:

        def take(name: str, reader: Callable[[Connection], T]) -> Reading[T]:
            return _take(connection, dsn, name, reader, within_seconds=patience_seconds)

        names = {*settings.DANGEROUS, *settings_named}
        return Readings(
            session=take("our own session", session.read),
            connections=take("connections", connections.read),
            activity=take("sessions", activity.read),
            statements=take("statements", lambda each: statements.read(each, min_calls)),
            ages=take("ages of transactions", wraparound.read),
            indexes=take("indexes", indexes.read),
            pages=take("checksums of pages", storage.read_pages),
            size=take("the database's size", storage.read_size) if size else Reading(),
            used=take("what the server stores", storage.read_used) if disk else Reading(),
            settings=take("settings", lambda each: settings.read(each, names)),
            standbys=take("standbys", replication.read),
            slots=take("replication slots", replication.read_slots),
        )


def _take(
    connection: Connection, dsn: str, name: str, reader: Callable[[Connection], T], *, within_seconds: float
) -> Reading[T]:
    from psycopg import Error, OperationalError

    from prodverify.data.connection import answering, said

    try:
        with answering(connection, within_seconds), connection.transaction():
            return Reading(reader(connection))
    except Error as error:
        if connection.closed or (isinstance(error, OperationalError) and connection.broken):
            raise  # the server is gone, and there is nothing more to be read
        return Reading(
            refused=inconclusive(
                "database-reading-refused",
                f"the server to tell of {name}",
                said(error, dsn),
                next_step=_STEPS.get(
                    error.sqlstate or "", "the suite reads PostgreSQL 14 and newer; look at its version"
                ),
            )
        )
