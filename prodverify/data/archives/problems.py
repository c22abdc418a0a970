"""What a restore failed for: the backup, its file, or this machine."""

from __future__ import annotations

import re

from prodverify.data.archives.damage import DamagedDump
from prodverify.data.binaries import Binaries
from prodverify.record.findings import Unjudged, inconclusive

# what a restore fails for that another machine would have: the backup is not to blame
_ENVIRONMENT = re.compile(
    r"extension .* is not available|could not open extension control file|could not access file|could not load library"
    r"|unrecognized configuration parameter|invalid value for parameter \"default_tablespace\"|tablespace .* not exist"
    r"|collation .* does not exist|ICU is not supported|unrecognized collation provider|role .* does not exist"
    r"|compression method .* not supported|out of (?:shared )?memory|be loaded via"
    r"|invalid command \\restrict|terminating connection|connection to server|server closed the connection"
    r"|does not support compression|unsupported version|could not fork|could not create communication channels"
    r"|could not open input file|too many clients|remaining connection slots"
    r"|worker process died unexpectedly"
)
_ROOM = "No space left on device"
_PROBLEM = re.compile(r"(?:ERROR|FATAL|PANIC|error): +(?:.*(?:ERROR|FATAL|PANIC): +)?(.*)")
_SERVERS = re.compile(r"(?:ERROR|FATAL|PANIC): ")
# a value of a row: all behind a colon and a quote, and what is quoted behind these words
_VALUE = re.compile(r": \".*|(?<=value )\".*?\"(?= is out of range)|(?<= at or near )\".*\"")
_LONGEST = 300


class Refused(Exception):  # noqa: N818 - what PostgreSQL said to the backup
    """PostgreSQL refused a statement of the dump; the text is its message, without values of rows."""


def problem(said: str, binaries: Binaries, program: str = "psql") -> Refused | DamagedDump | Unjudged:
    """Why ``program`` failed, from what it said. What it did not have from the server is about the file."""
    problems = _PROBLEM.search(said)
    if program == "psql" and not said.strip():  # no SQL silences it: it was killed, or its words found no room either
        return silenced(program)
    message = problems[1] if problems else said.strip() or f"{program} ended without a word"
    message = _VALUE.sub("", message)[:_LONGEST]
    if _ROOM in message:
        step = "make room, or let TMPDIR name a folder on a larger disk"
        return unjudged("room for the restored database", f"PostgreSQL {binaries}: {message}", step)
    if _ENVIRONMENT.search(message):
        return unjudged(
            "a server that has what the backup needs",
            f"PostgreSQL {binaries}: {message}",
            "install what is missing, or name other programs as binaries in [backups]",
        )
    if program == "pg_restore" and not (problems and _SERVERS.search(problems[0])):
        return DamagedDump(f"it is damaged: pg_restore {binaries.version} cannot read it: {message}")
    return Refused(message)


def silenced(program: str) -> Unjudged:
    """That ``program`` was ended by something else than the backup."""
    step = "look whether this machine has room and memory enough, and repeat it"
    return unjudged(f"{program} to restore the backup or to say why not", "it ended without a word", step)


def overdue(seconds: float) -> Unjudged:
    """That a restore was ended because its time was over."""
    return unjudged(f"a restore within {seconds:g} s", "it was still running", "allow it more deadline_seconds")


def unjudged(expected: str, observed: str, next_step: str) -> Unjudged:
    """A restore that could not be made or not be waited for."""
    return Unjudged(inconclusive("restore-not-verified", expected, observed, next_step=next_step))
