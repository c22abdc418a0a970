"""Restoring a dump with psql: all of it in one transaction, or nothing."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from prodverify.data.archives.problems import Refused, overdue, problem
from prodverify.data.binaries import Binaries
from prodverify.data.network import cut_off

__all__ = ["Refused", "restore"]


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
            raise overdue(deadline_seconds)
        if status != 0:
            complaints.seek(0)
            raise problem(complaints.read().decode("utf-8", "replace"), binaries)


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
    command = [
        str(binaries.tool("psql")),
        "--no-psqlrc",
        "--quiet",
        "--no-password",
        "--set=ON_ERROR_STOP=1",
        "--set=VERBOSITY=terse",  # without the details, which quote rows
        f"--dbname={dsn}",
        "--file=-",
    ]
    process = subprocess.Popen(
        cut_off(command),
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
