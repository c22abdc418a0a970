"""How a drill speaks to its own database, and what it says where it cannot tell, without a row's value."""

from __future__ import annotations

import re

import psycopg

from prodverify.record.findings import Unjudged, inconclusive

Connection = psycopg.Connection[tuple[object, ...]]

_VALUE = re.compile(r": \".*", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
# data exception, integrity constraint violation, what a function raises; a value may stand in any of these
_OF_ROWS = {"22", "23", "P0"}
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


def said(error: psycopg.Error, statement: str = "") -> str:
    """
    What PostgreSQL said, in words that are nobody's data.

    Its message is told where it is of a class that speaks of statements or of the server; there, what it quotes is told
    where ``statement`` has it, too. Of a value that did not fit, of a message that a function of the backup wrote and
    of one that arose inside a function it is severity, SQLSTATE and the name of that condition
    (https://www.postgresql.org/docs/current/errcodes-appendix.html).
    """
    state = error.sqlstate or ""
    text = error.diag.message_primary or (str(error) if isinstance(error, psycopg.OperationalError) else "")
    lines = text.strip().splitlines()
    if not lines or state[:2] in _OF_ROWS or error.diag.context or error.diag.internal_query:
        return " ".join(filter(None, (error.diag.severity_nonlocalized, state, _condition(error))))
    line = _VALUE.sub("", lines[0])
    if statement:
        line = _QUOTED.sub(lambda found: found[0] if found[1] in statement else '"..."', line)
    return line[:_LONGEST]


def _condition(error: psycopg.Error) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
