"""How a drill speaks to its own database, and what it says where it cannot tell, without a row's value."""

from __future__ import annotations

import re

import psycopg

from prodverify.record.findings import Unjudged, inconclusive

Connection = psycopg.Connection[tuple[object, ...]]

_VALUE = re.compile(r": \".*", re.DOTALL)
_LONGEST = 300


def unjudged(expected: str, observed: str, next_step: str = "") -> Unjudged:
    """To be raised: this machine cannot tell, and ``next_step`` says what it needs."""
    step = next_step or "free what the drill needs on this machine and repeat it"
    return Unjudged(inconclusive("restore-not-verified", expected, observed, next_step=step))


def connect(dsn: str, deadline_seconds: float = 0.0) -> Connection:
    """
    A connection to a database of a drill that may do everything, each statement by itself. Raises ``psycopg.Error``.

    A statement takes ``deadline_seconds`` at most, where that is no 0: an index or ANALYZE may call the backup's own
    functions. The backup's own triggers are off, so that none of them ends what is done here. Names come as text in
    it, also where the database has no encoding.
    """
    limits = f"-c statement_timeout={int(deadline_seconds * 1000)} -c session_replication_role=replica"
    return psycopg.connect(dsn, autocommit=True, client_encoding="UTF8", options=limits)


def said(error: psycopg.Error) -> str:
    """The first line of what PostgreSQL said, without the value that it quotes at the end."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    return _VALUE.sub("", text.strip().splitlines()[0])[:_LONGEST]
