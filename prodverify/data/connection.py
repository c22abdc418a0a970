"""One connection to the live database that can only read, and errors that never carry the password."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import quote, quote_plus

import psycopg
from psycopg.conninfo import conninfo_to_dict

from prodverify.data.health.connections import BETWEEN_ATTEMPTS
from prodverify.record.findings import Unjudged, inconclusive

Connection = psycopg.Connection[tuple[object, ...]]

APPLICATION_NAME = "prodverify"
CONNECT_TIMEOUT_SECONDS = 10
LOCK_TIMEOUT_MS = 1000
IDLE_TIMEOUT_MS = 60_000
SECRET_OPTIONS = {"sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"}
"""Options of a connection, beside the password, that no variable of the environment stands for."""
_WITHOUT_VALUES = ("08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "XX001", "XX002")
"""SQLSTATEs, by their start, whose messages speak of the query, its names or the server; others may quote a row."""
_BEFORE_REFUSAL = re.compile(r"^(- (host: .*: )?)?(connection (failed|is bad): )?(?=connection to server )|^- ")
"""What psycopg puts before libpq's words, which name the address themselves."""
_LOCKED = "somebody holds a lock that even a reader waits for: look at pg_locks and pg_stat_activity, and repeat it"
_LATE = "see whether the server hangs, and whether a pooler before it has a connection left (SHOW POOLS at its console)"
_FORM = (
    "write postgresql://USER:PASSWORD@HOST:PORT/NAME into the secret that [database] names,"
    " with %40 for '@' and %2F for '/' in the password"
)


class Late(psycopg.OperationalError):
    """The server or what stands before it takes connections, and did not answer in time."""


_STEPS: Mapping[type[Exception], str] = {psycopg.errors.LockNotAvailable: _LOCKED, Late: _LATE}


@contextmanager
def read_only(
    dsn: str,
    *,
    statement_timeout_ms: int,
    lock_timeout_ms: int = LOCK_TIMEOUT_MS,
    idle_timeout_ms: int = IDLE_TIMEOUT_MS,
    purpose: str = "",
) -> Iterator[Connection]:
    """
    One read-only, repeatable-read transaction on the database of ``dsn``, rolled back at the end.

    Times are in milliseconds, 0 means no limit; ``purpose`` is said in the name that the server lists us under.
    Every limit is set for this transaction alone, never for the session:
    behind a transaction pooler a session setting would outlive us and make somebody else's connection read-only.
    ``row_security = off`` turns rows that a policy hides into an error instead of a smaller count.
    Raises ``Unjudged`` where the database cannot be reached or refuses a statement of ours.
    """
    where = location(dsn)
    try:
        connection = psycopg.connect(
            dsn,
            autocommit=True,
            prepare_threshold=None,
            client_encoding="UTF8",  # or names come as bytes where the database's encoding is SQL_ASCII
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name=f"{APPLICATION_NAME} {purpose}".strip(),
        )
    except psycopg.Error as error:
        raise _unjudged(f"a connection to {where}", BETWEEN_ATTEMPTS.join(refusals(error, dsn))) from None
    with connection:
        try:
            # by a query, because after one the transaction can no longer be made to write
            settings = {
                "default_transaction_read_only": "on",
                "statement_timeout": str(statement_timeout_ms),
                "lock_timeout": str(lock_timeout_ms),
                "idle_in_transaction_session_timeout": str(idle_timeout_ms),
                "row_security": "off",
                "DateStyle": "ISO",  # psycopg reads times in no other, and a database may have another by default
                "IntervalStyle": "postgres",
            }
            # A pooler without a free connection takes us in and lets this wait, where no timeout of a server's counts.
            with answering(connection, CONNECT_TIMEOUT_SECONDS):
                connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                connection.execute(
                    "SELECT pg_catalog.set_config(name, value, true) FROM ROWS FROM "
                    "(pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[])) AS settings (name, value)",
                    (list(settings), list(settings.values())),
                )
            yield connection
        except (psycopg.Error, UnicodeDecodeError) as error:
            step = _STEPS.get(type(error), "")
            raise _unjudged(f"{where} to answer a reading statement", said(error, dsn), step) from None
        finally:
            if not connection.closed:
                _end(connection)


@contextmanager
def answering(connection: Connection, within_seconds: float) -> Iterator[None]:
    """
    Ends the connection where what is asked of it meanwhile takes longer, which no timeout of a server that hangs would.

    Raises ``Late`` then.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(within_seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg.OperationalError as error:
        raise Late(f"no answer within {within_seconds:g} s") if late.is_set() else error from None
    finally:
        timer.cancel()


def _end(connection: Connection) -> None:
    try:
        with answering(connection, CONNECT_TIMEOUT_SECONDS):
            connection.execute("ROLLBACK")
    except psycopg.OperationalError:
        connection.close()  # the server went away: what it was doing for us is over


def system_identifier(connection: Connection) -> str:
    """The number that initdb gave to this server's data, by which two servers are told apart."""
    row = connection.execute("SELECT system_identifier FROM pg_catalog.pg_control_system()").fetchone()
    assert row is not None  # a function call in FROM that returns one row
    return str(row[0])


def exposing(options: Iterable[str]) -> Unjudged:
    """To be raised where a program would be given secrets that no variable of the environment stands for."""
    return _unjudged(
        "a connection string without secrets that a program is given in its command line",
        " and ".join(sorted(options)),
        "put it into a service file, and name that by service= in the DSN",
    )


def location(dsn: str) -> str:
    """The database that ``dsn`` names, for messages: ``database NAME at HOST:PORT``, never user or password."""
    try:
        values = conninfo_to_dict(dsn)
    except psycopg.Error:
        # the parser's own message quotes the whole string
        raise _unjudged("a PostgreSQL connection string", "a text that is none", _FORM) from None
    if "://" in dsn and any("@" in str(values.get(part, "")) for part in ("host", "dbname")):
        # what stands before that sign is the end of a password, and libpq would say it in its own messages
        raise _unjudged("a PostgreSQL connection string", "a password in which '@' or '/' is written as it is", _FORM)
    name = values.get("dbname") or values.get("user") or "of the default name"
    host = values.get("host") or values.get("hostaddr") or values.get("service") or "the local socket"
    port = f":{values['port']}" if values.get("port") else ""
    return f"database {name} at {host}{port}"


def said(error: Exception, dsn: str) -> str:
    """
    What the server said, on one line and without password, or where that may quote a row the name of the error alone:
    ``division by zero``, by the manual's table of codes.
    """
    state = getattr(error, "sqlstate", None) or ""
    inside = isinstance(error, psycopg.Error) and (error.diag.context or error.diag.internal_query)  # a function's own
    if not state or (state.startswith(_WITHOUT_VALUES) and not inside):
        return without_password(str(error), dsn)
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{name} (SQLSTATE {state}): it may quote a row"


def refusals(error: psycopg.Error, dsn: str) -> tuple[str, ...]:
    """
    What each attempt to connect was told, without password: every host of ``dsn``, and every address of its name, is
    tried, and the last of them may lack what another one said.
    """
    lines = _lines(str(error), dsn)
    told = [_BEFORE_REFUSAL.sub("", line) for line in lines if line.startswith("- ") or "connection to server " in line]
    return tuple(dict.fromkeys(told)) or (lines[0],)


def without_password(text: str, dsn: str) -> str:
    """The first line of ``text``, in which no form of the password of ``dsn`` occurs."""
    return _lines(text, dsn)[0]


def _lines(text: str, dsn: str) -> list[str]:
    try:
        password = str(conninfo_to_dict(dsn).get("password") or "")
    except psycopg.Error:
        return ["the connection string cannot be read"]
    for form in {dsn, password, quote(password, safe=""), quote_plus(password)} - {""}:
        text = text.replace(form, "***")
    return [re.sub(r"\s+", " ", line.strip()) for line in text.splitlines() if line.strip()] or ["no reason given"]


def _unjudged(expected: str, observed: str, next_step: str = "") -> Unjudged:
    return Unjudged(
        inconclusive(
            "database-unreadable",
            expected,
            observed,
            next_step=next_step or "check address, credentials and read rights of the DSN that [database] names",
        )
    )
