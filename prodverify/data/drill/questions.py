"""The target's own queries, asked of the restored database in a transaction that only reads."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

import psycopg

from prodverify.data.connection import Connection, read_only
from prodverify.data.drill.observed import Answer
from prodverify.data.drill.refusing import said
from prodverify.data.drill.wishes import Question

_WORDS = {"t": "true", "f": "false"}
MOST_ROWS = 100_000
"""Rows that are fetched at most, whatever a target file says."""


def ask(dsn: str, questions: Iterable[Question], taken_at: datetime, timeout_ms: int) -> tuple[Answer, ...]:
    """
    What becomes of each question, each in a transaction of its own with ``timeout_ms`` for each statement.

    A cursor fetches no more rows than the question asks for, and of those only the first value is looked at: what is
    kept is whether it is the expected one, and how long before ``taken_at`` the time in it lies.
    """
    return tuple(_answer(dsn, question, taken_at, timeout_ms) for question in questions)


def _answer(dsn: str, question: Question, taken_at: datetime, timeout_ms: int) -> Answer:
    with read_only(dsn, statement_timeout_ms=timeout_ms, purpose="drill") as connection:
        try:
            return _fetched(connection, question, taken_at)
        except (psycopg.Error, UnicodeError) as error:
            words = said(error, question.sql) if isinstance(error, psycopg.Error) else "it cannot be written as UTF-8"
            return Answer(question.name, refused=words)


def _fetched(connection: Connection, question: Question, taken_at: datetime) -> Answer:
    statement = question.sql.strip().rstrip(";")
    connection.execute(b"DECLARE question NO SCROLL CURSOR FOR " + statement.encode())
    count = min(max(question.at_least, 1), MOST_ROWS)
    cursor = connection.execute(f"FETCH {count} FROM question".encode())
    result = cursor.pgresult
    assert result is not None  # the cursor has executed
    rows = result.ntuples
    raw = result.get_value(0, 0) if rows and result.nfields else None
    equal = older = None
    if question.expect is not None:
        equal = raw is not None and _same(question.expect, raw.decode("utf-8", "replace"))
    if question.dated and raw is not None:
        row = cursor.fetchone()
        moment = _moment(row[0] if row else None)
        older = None if moment is None else (taken_at - moment).total_seconds()
    return Answer(question.name, rows, equal, older)


def _same(expected: str, found: str) -> bool:
    if expected == found or expected == _WORDS.get(found):
        return True
    with suppress(InvalidOperation):
        return Decimal(expected) == Decimal(found)
    return False


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None
