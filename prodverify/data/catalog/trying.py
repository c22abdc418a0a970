"""The newest migration on a scratch database: up, down by one, and up again."""

from __future__ import annotations

import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.cache import Cache, CacheError
from prodverify.data.catalog.checksums import pin, table_digests, table_names
from prodverify.data.catalog.contents import Digest
from prodverify.data.catalog.reached import Sessions
from prodverify.data.catalog.round_trip import RoundTrip
from prodverify.data.catalog.scratch import scratch, unjudged
from prodverify.data.catalog.snapshot import schema_lines
from prodverify.data.connection import read_only
from prodverify.data.supervisor import Supervisor, SupervisorError
from prodverify.record.findings import Unjudged
from prodverify.wire import clock

_READ_TIMEOUT_MS = 60_000
_HANDED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
_OUTPUT_BYTES = 256 << 10
_PROBLEM = re.compile(r"(?i)[\w.]*(?:errors?|exception|fatal)\b[\w.]*.*")
# what a database adds to its message quotes rows, and what an object-relational mapper adds quotes statements
_QUOTED = re.compile(r"(?i)^\s*(?:DETAIL|\[SQL|\[parameters|\(Background)")
_VALUE = re.compile(r"(?is): [\"'].*|=\(.*|\bdetail:.*|\bfailing row contains.*|\[parameters: .*")


@dataclass(frozen=True, slots=True)
class Commands:
    """
    How the tool is run: word by word, in ``folder``; the scratch database is told in the variable ``dsn_variable``.

    The address begins with ``dsn_scheme``. ``networked`` says that the commands may reach a network.
    """

    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]
    folder: Path
    dsn_variable: str = "DATABASE_URL"
    dsn_scheme: str = "postgresql"
    environment: Mapping[str, str] = field(default_factory=dict)
    networked: bool = False


def try_round_trip(
    dsn: str,
    commands: Commands,
    *,
    rows: int,
    deadline_seconds: float,
    statement_timeout_ms: int,
    configured: str = "",
    version_tables: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> RoundTrip:
    """
    Apply what is pending, take the newest migration back, and apply it again, on a copy of the live schema.

    The commands never learn the address of the live database: their environment holds the scratch database's, a folder
    of ours as HOME, PATH, and what ``commands`` says. They are kept from every network unless ``networked``, so that
    one that knows the live address by itself cannot reach it, and the downgrade is not run where the upgrade did not
    connect to the scratch database. Raises ``Unjudged`` where it could not be tried.
    """
    began = time.monotonic()
    with scratch(
        dsn,
        rows=rows,
        deadline_seconds=deadline_seconds,
        statement_timeout_ms=statement_timeout_ms,
        configured=configured,
        version_tables=version_tables,
    ) as made:
        try:
            supervisor = Supervisor.start(Cache.locate(unprivileged(), environ).ledgers)
        except (NoAccount, CacheError, SupervisorError) as problem:
            raise unjudged("a command that can be run", str(problem)) from None
        try:
            running = _Running(supervisor, commands, made.dsn, began + deadline_seconds, environ)
            seen: list[_Seen] = []
            sessions = Sessions(made.dsn)
            for step, command in (
                ("upgrade", commands.upgrade),
                ("downgrade", commands.downgrade),
                ("upgrade again", commands.upgrade),
            ):
                if said := running.run(step, command):
                    return RoundTrip(made.rows, made.unread, step, said, seconds=time.monotonic() - began)
                if not seen and not sessions.more():
                    raise _elsewhere(commands.dsn_variable)
                seen.append(_look(made.dsn))
        except SupervisorError as problem:
            raise unjudged("a command that can be run", str(problem).rstrip(".")) from None
        except (psycopg.Error, clock.NotInTime) as problem:
            raise unjudged("a private PostgreSQL that answers", str(problem).rstrip(".")) from None
        finally:
            supervisor.stop()
    up, down, again = seen
    return RoundTrip(
        made.rows,
        made.unread,
        up=up.lines,
        down=down.lines,
        again=again.lines,
        unchanged=up == down,
        seconds=time.monotonic() - began,
    )


def _elsewhere(variable: str) -> Unjudged:
    # one that has an address of its own would take the newest migration of that database back
    return unjudged(
        "an upgrade that connects to the scratch database",
        "it connected to none, so the downgrade was not run: it might have met another database",
        f"let both commands take the address from {variable}, or name their variable as dsn_env in [schema.scratch]",
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    lines: tuple[str, ...]
    digests: Mapping[str, Digest]


def _look(dsn: str) -> _Seen:
    with read_only(dsn, statement_timeout_ms=_READ_TIMEOUT_MS, purpose="scratch") as connection:
        pin(connection)
        return _Seen(schema_lines(connection), table_digests(connection, table_names(connection)))


class _Running:
    """Commands, one after the other, each with what is left of the time."""

    def __init__(
        self, supervisor: Supervisor, commands: Commands, dsn: str, deadline: float, environ: Mapping[str, str]
    ) -> None:
        self._supervisor, self._commands, self._deadline = supervisor, commands, deadline
        home = Path(tempfile.gettempdir()).resolve() / f"prodverify-{secrets.token_hex(8)}"
        self._home = supervisor.make_folder(home)
        if not commands.networked and (refused := supervisor.leave_network()):
            raise unjudged(
                "commands that are kept from the network, so that they cannot reach the live database",
                refused,
                "run it on Linux with the right to do so, or say networked = true in [schema.scratch]",
            )
        values = conninfo_to_dict(dsn)
        self._environ = {
            **{name: environ[name] for name in _HANDED_ON if name in environ},
            "HOME": str(home),
            "PGHOST": str(values["host"]),
            "PGUSER": str(values["user"]),
            "PGDATABASE": str(values["dbname"]),
            **commands.environment,
            commands.dsn_variable: f"{commands.dsn_scheme}://{dsn.partition('://')[2]}",
        }

    def run(self, step: str, command: tuple[str, ...]) -> str:
        """What the command said where it failed, in one line without values of rows; empty where it did not."""
        name = step.replace(" ", "-")
        words = [word.replace("{python}", sys.executable) for word in command]
        log = self._home / f"{name}.log"
        left = self._deadline - time.monotonic()
        if left > 0:
            try:
                self._supervisor.spawn(name, words, env=self._environ, cwd=self._commands.folder, log=log)
            except SupervisorError as problem:
                raise unjudged(
                    f"{quoted(words[0])} for the {step}",
                    str(problem).rstrip("."),
                    "install it, or correct the command and its folder in [schema.scratch]",
                ) from None
            try:
                status = self._supervisor.wait(name, left)
            except SupervisorError:
                left = 0
        if left <= 0:
            raise unjudged(
                f"the {step} in time",
                "the deadline passed while it ran",
                "raise deadline_seconds in [schema.scratch]",
            )
        if status == 0:
            return ""
        with log.open("rb") as file:
            return reason(file.read(_OUTPUT_BYTES).decode("utf-8", "replace")) or f"it ended with status {status}"


def quoted(word: str) -> str:
    """A word of a command, short."""
    return Path(word).name or word


def reason(said: str) -> str:
    """The line of a command's output that says why it failed, without what it quotes of rows; empty where none does."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _QUOTED.match(line)]
    problems = [match[0] for line in lines if (match := _PROBLEM.search(line)) and ":" in match[0]]
    chosen = problems[0] if problems else lines[-1] if lines else ""
    return _VALUE.sub("", chosen)[:300]
