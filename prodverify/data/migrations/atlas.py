"""Atlas's two sides: versioned scripts with a sum file, and a row for each that was begun."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from dataclasses import replace
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations import lock
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, rows, script_bytes

_OWN_ROW = ".atlas_cloud_identifier"
"""A row that names the table and is no revision (cmd/atlas/internal/migrate/migrate.go, ``revisionID``)."""

_CHECKPOINT = "checkpoint"
_DIRECTIVE = rb"^([ -~]*)atlas:%s(?: |\r?$)"


def code(folder: Path) -> History:
    """
    The scripts ``<version>[_<name>].sql`` of ``folder`` in order of name (sql/migrate/dir.go), in Atlas's own format.

    The checksum is Atlas's, sha256 of all names and scripts up to that one, so it depends on every earlier file; see
    ``settle``. As Atlas, refuses a folder that is not what its ``atlas.sum`` says.
    """
    files = sorted((path for path in folder.glob("*.sql") if path.is_file()), key=lambda path: path.name)
    running = hashlib.sha256()
    sums: list[tuple[str, str]] = []
    revisions = []
    for path in files:
        script = script_bytes(path)
        running.update(path.name.encode("utf-8", "surrogateescape"))
        checksum = ""
        if not re.match(rb"[ -~]*atlas:sum +ignore", script):
            running.update(script)
            checksum = base64.b64encode(running.digest()).decode("ascii")
            sums.append((path.name, checksum))
        labels = (_CHECKPOINT,) if _is_checkpoint(script) else ()
        revisions.append(Revision(path.stem.partition("_")[0], labels=labels, checksum=checksum))
    stated = folder / "atlas.sum"
    if stated.is_file() and _stated(stated) != sums:
        raise BrokenHistory("atlas.sum does not fit the scripts, so Atlas refuses to go on (`atlas migrate hash`)")
    return History.chain(revisions)


def _is_checkpoint(script: bytes) -> bool:
    """Whether one of the comments in front, which an empty line ends, is ``atlas:checkpoint``."""
    head, parted, _ = script.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head.split(b"\n") if parted else []
    comments = all(line.startswith((b"--", b"#")) for line in lines)
    return comments and any(re.match(_DIRECTIVE % b"checkpoint", line) for line in lines)


def _stated(file: Path) -> list[tuple[str, str]]:
    lines = script_bytes(file).decode("utf-8", "replace").splitlines()[1:]
    parted = [line.partition("h1:") for line in lines if line.strip()]
    return [(name.strip(), checksum.strip()) for name, _, checksum in parted]


def read(connection: Connection, table: TableName) -> Recorded:
    """
    What ran to its last statement is applied; a baseline, of which no statement was run, is too.

    A row is written before the script is begun and after each statement (sql/migrate/migrate.go, ``Execute``), so one
    that is short of statements without an error may still be running (``lock.may_go_on``). Safe on a busy primary: one
    small table, and of errors only whether there are any.
    """
    statement = sql.SQL(
        "SELECT version, coalesce(applied, 0), coalesce(total, 0), coalesce(error <> '', false), coalesce(hash, ''),"
        " coalesce(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - executed_at)::float8, 0)"
        " FROM {} WHERE version <> {} ORDER BY executed_at, version"
    ).format(table.sql, sql.Literal(_OWN_ROW))
    checksums: dict[str, str] = {}
    troubles = []
    for version, applied, total, failed, checksum, age in rows(connection, statement, table):
        done, all_of_it = int(str(applied)), int(str(total))
        if failed or done != all_of_it:
            going_on = not failed and lock.may_go_on(connection, float(str(age)))
            troubles.append(_trouble(str(version), done, all_of_it, bool(failed), float(str(age)), going_on))
        if done == all_of_it:
            checksums[str(version)] = str(checksum).removeprefix("h1:")
    order = tuple(checksums)
    return Recorded(
        frozenset(order), table.source, means="all", checksums=checksums, troubles=tuple(troubles), order=order
    )


def _trouble(version: str, done: int, total: int, failed: bool, age_seconds: float, going_on: bool) -> Trouble:
    ran = f"{done} of {total} statements of {version} have run"
    if going_on:
        return Trouble("running", version, f"{ran}, the last one {age_seconds:.0f} s ago")
    if 0 < done < total:
        return Trouble("partial", version, f"{ran}, and {'the next one failed' if failed else 'no more'}")
    return Trouble("failed", version, f"{ran}, and {'an error is recorded' if failed else 'no more'}")


def settle(code: History, recorded: Recorded) -> Recorded:
    """
    The rows as Atlas takes them (sql/migrate/migrate.go, ``Pending``): nothing before the first row is pending, which
    may be a baseline or a checkpoint, and a checkpoint never is where there are rows; on an empty database it stands
    for all before it.

    Of the checksums only those are left that tell something: as long as the versions up to it are the same on both
    sides and were run in order. After the first one that differs the others have to differ.
    """
    checkpoints = {each.identifier for each in code.revisions if _CHECKPOINT in each.labels}
    begun = recorded.applied | {trouble.revision for trouble in recorded.troubles}
    first = min(begun) if begun else max(checkpoints, default="")
    more = {name for name in code.known if name < first} | (checkpoints - {t.revision for t in recorded.troubles})
    return replace(
        recorded,
        applied=recorded.applied | (more if begun else {name for name in more if name < first}),
        checksums=_telling(code, recorded),
    )


def _telling(code: History, recorded: Recorded) -> dict[str, str]:
    telling = {}
    expected = code.checksums
    furthest = 0.0
    places = {revision.identifier: place for place, revision in enumerate(code.revisions, 1)}
    for count, name in enumerate(recorded.order, 1):
        furthest = max(furthest, places.get(name, math.inf))
        if name not in expected or not count == furthest == places[name]:
            continue
        telling[name] = recorded.checksums[name]
        if telling[name] != expected[name]:
            break
    return telling


TOOL = Tool(
    name="atlas",
    tables=("atlas_schema_revisions",),
    columns=frozenset({"version", "applied", "total", "error", "hash", "executed_at"}),
    read=read,
    code=code,
    manner=Manner(
        title="Atlas",
        means="all",
        scripts="a folder of Atlas migrations",
        upgrade="atlas migrate apply",
        look="atlas migrate status",
        repair="atlas migrate apply (which goes on where it stopped) or atlas migrate set",
        late="refuses",
        tells_trouble=True,
        checksums=True,
        key=lambda version: (version,),
        settle=settle,
    ),
)
