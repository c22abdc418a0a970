"""How long a query of the target's own takes, asked one time after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prodverify.record.findings import Unjudged, inconclusive
from prodverify.wire import clock

WARM_UP = 3
"""Answers before the sample: a plan and pages that are read for the first time are not the query's latency."""
MOST_SECONDS = 20.0
"""A sample ends here, however many answers it has."""
ANSWERED, CANCELLED = 200, 500
"""How answers are written down where objectives are judged, which speaks of statuses."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds and outcome (``ANSWERED`` or ``CANCELLED``) of each answer, in their order."""

    elapsed_ms: tuple[float, ...]
    statuses: tuple[int, ...]


def sample(
    dsn: str,
    query: str,
    *,
    statement_timeout_ms: int,
    enough: Callable[[Sequence[float], Sequence[int]], bool],
    most_seconds: float = MOST_SECONDS,
) -> Timed:
    """
    Runs ``query`` until ``enough`` says so, or until ``most_seconds`` have passed.

    Safe on a busy primary as far as the query is: one connection, one statement at a time, in a read-only transaction
    with statement and lock timeouts, sent so that the server takes no second statement behind it. A statement that a
    timeout ends counts as an answer that came too late. Raises Unjudged where the server refuses it otherwise.
    """
    from psycopg import Error, errors

    from prodverify.data.connection import CONNECT_TIMEOUT_SECONDS, answering, read_only, said

    elapsed_ms: list[float] = []
    statuses: list[int] = []
    patience_seconds = most_seconds + statement_timeout_ms / 1000.0 + CONNECT_TIMEOUT_SECONDS
    with (
        read_only(dsn, statement_timeout_ms=statement_timeout_ms, purpose="objective") as connection,
        answering(connection, patience_seconds),
    ):
        connection.execute("SAVEPOINT sample")
        deadline = clock.monotonic() + most_seconds
        warm = 0
        while not enough(elapsed_ms, statuses) and clock.monotonic() < deadline:
            began = clock.monotonic()
            try:
                # In the binary format it goes by the extended protocol, which takes one statement alone.
                connection.execute(query.encode(), binary=True)
                status = ANSWERED
            except (errors.QueryCanceled, errors.LockNotAvailable):
                connection.execute("ROLLBACK TO SAVEPOINT sample")
                status = CANCELLED
            except Error as error:
                if connection.closed or connection.broken:
                    raise
                raise Unjudged(
                    inconclusive(
                        "query-refused",
                        "the objective's query to be answered",
                        said(error, dsn),
                        next_step="run the query as the role that the suite reads as, and mend it or its rights",
                    )
                ) from None
            if warm < WARM_UP and status == ANSWERED:
                warm += 1
                continue
            elapsed_ms.append((clock.monotonic() - began) * 1000.0)
            statuses.append(status)
    return Timed(tuple(elapsed_ms), tuple(statuses))
