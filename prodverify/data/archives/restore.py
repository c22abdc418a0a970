"""Restoring a dump with psql: all of it in one transaction, or nothing."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from prodverify.data.binaries import Binaries
from prodverify.record.findings import Unjudged, inconclusive

# what a restore fails for that another machine would have: the backup is not to blame
_ENVIRONMENT = re.compile(
    r"extension .* is not available|could not open extension control file|could not access file|could not load library"
    r"|unrecognized configuration parameter|invalid value for parameter \"default_tablespace\"|tablespace .* not exist"
    r"|collation .* does not exist|ICU is not supported|unrecognized collation provider|role .* does not exist"
    r"|compression method .* not supported|No space left on device|must be loaded via|out of memory"
    r"|invalid command \\restrict|terminating connection|connection to server|server closed the connection"
)
_PROBLEM = re.compile(r"(?:ERROR|FATAL|PANIC|error): +(.*)")
_VALUE = re.compile(r": \".*")
_LONGEST = 300


class Refused(Exception):  # noqa: N818 - what PostgreSQL said to the backup
    """PostgreSQL refused a statement of the dump; the text is its message, without values of rows."""


def restore(binaries: Binaries, dsn: str, pieces: Iterator[bytes], *, deadline_seconds: float) -> None:
    """
    Run the SQL in ``pieces`` on the database of ``dsn``: committed whole, or not at all.

    psql runs in its restricted mode under a token of ours, so that no line of the dump is a command to this machine;
    its SQL is trusted as the database that it came from. psql is told to commit only after the last piece, so that
    whatever interrupts ``pieces`` rolls back. Raises ``Refused`` where the dump is to blame, ``Unjudged`` where this
    machine lacks something or the deadline passes.
    """
    token = secrets.token_hex(16).encode()
    with tempfile.TemporaryFile() as complaints:
        with _psql(binaries, dsn, complaints) as process:
            late = threading.Event()

            def give_up() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(deadline_seconds, give_up)
            timer.daemon = True
            timer.start()
            try:
                assert process.stdin is not None
                _feed(process.stdin, token, pieces)
                status = process.wait()
            finally:
                timer.cancel()
        if late.is_set():
            raise _unjudged(f"a restore within {deadline_seconds:g} s", "it was still running", "allow it more time")
        if status != 0:
            complaints.seek(0)
            raise _problem(complaints.read().decode("utf-8", "replace"), binaries)


def _feed(sink: IO[bytes], token: bytes, pieces: Iterator[bytes]) -> None:
    with suppress(BrokenPipeError):  # psql stopped at an error: its exit status and its message say which
        sink.write(b"\\restrict " + token + b"\nBEGIN;\n")
        for piece in pieces:
            sink.write(piece)
        sink.write(b"\nCOMMIT;\n\\unrestrict " + token + b"\n")
        sink.close()


@contextmanager
def _psql(binaries: Binaries, dsn: str, complaints: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    process = subprocess.Popen(
        [
            str(binaries.tool("psql")),
            "--no-psqlrc",
            "--quiet",
            "--no-password",
            "--set=ON_ERROR_STOP=1",
            "--set=VERBOSITY=terse",  # without the details, which quote rows
            f"--dbname={dsn}",
            "--file=-",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        env={**environ, "LC_ALL": "C"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # what was not sent yet is not wanted any more
            process.stdin.close()


def _problem(said: str, binaries: Binaries) -> Exception:
    problems = _PROBLEM.findall(said) or [said.strip() or "psql ended without a word"]
    message = _VALUE.sub("", problems[0])[:_LONGEST]
    if _ENVIRONMENT.search(message):
        return _unjudged(
            "a server that has what the backup needs",
            f"PostgreSQL {binaries}: {message}",
            "install what is missing, or name other programs as binaries in [backups]",
        )
    return Refused(message)


def _unjudged(expected: str, observed: str, next_step: str) -> Unjudged:
    return Unjudged(inconclusive("restore-not-verified", expected, observed, next_step=next_step))
