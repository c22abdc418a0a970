"""Liquibase's row for each change set that was run, its lock, and what the code's change sets are against them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations import lock
from prodverify.data.migrations.changelog import ChangeSet, change_sets
from prodverify.data.migrations.history import History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, readable, rows

_FURTHEST_EAST_SECONDS = 14 * 3600.0
"""The lock's time is the local one of whoever took it, without its zone: so much may it be ahead of UTC."""

_LOCK = "databasechangeloglock"


def code(folder: Path) -> History:
    """
    The change sets in the changelogs of ``folder`` and below, as ``changelog.change_sets`` finds them, by
    ``file::id::author``, with files as they are called from ``folder``.

    There are no checksums: Liquibase's md5sum is of the change that its parser made of the text, in a form that
    differs from version to version (``8:``, ``9:``), so that the file does not tell it.
    """
    return History.chain(
        Revision(_name(each.file, each.id, each.author), labels=(each.condition,) if each.condition else ())
        for each in change_sets(folder)
    )


def _name(file: str, identifier: str, author: str) -> str:
    return f"{ChangeSet.path(file)}::{identifier}::{author}"


def read(connection: Connection, table: TableName) -> Recorded:
    """
    Every change set that has a row, in the order in which they were run: one that failed or was skipped has none
    (MarkChangeSetRanGenerator.java), and ``MARK_RAN`` counts as run (ChangeSet.java). Where one was run again its row
    tells the last time alone, so that its place in the order is not known.

    Safe on a busy primary: two small tables, and ``lock.migrating`` only where the lock is held.
    """
    statement = sql.SQL("SELECT filename, id, author, exectype FROM {} ORDER BY dateexecuted, orderexecuted").format(
        table.sql
    )
    applied: dict[str, bool] = {}
    troubles = []
    for file, identifier, author, kind in rows(connection, statement, table):
        name = _name(str(file), str(identifier), str(author))
        if str(kind).upper() == "FAILED":
            troubles.append(Trouble("failed", name, f"{name} is recorded as failed"))
        elif str(kind).upper() != "SKIPPED":
            applied[name] = str(kind).upper() == "RERAN"
    return Recorded(
        frozenset(applied),
        table.source,
        means="all",
        troubles=(*troubles, *_locked(connection, table)),
        order=tuple(name for name, again in applied.items() if not again),
    )


def _locked(connection: Connection, table: TableName) -> tuple[Trouble, ...]:
    place = table.beside(_LOCK)
    if not readable(connection, place):
        return ()
    statement = sql.SQL(
        "SELECT (EXTRACT(EPOCH FROM pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()) - lockgranted))::float8"
        " FROM {} WHERE locked"
    ).format(place.sql)
    held = rows(connection, statement, place)
    if not held:
        return ()
    ages = [float(str(row[0])) for row in held if row[0] is not None]
    possible = [age for age in ages if age >= -_FURTHEST_EAST_SECONDS]
    if lock.may_go_on(connection, min(possible, default=math.inf)):
        return (Trouble("running", "", f"locked in {place}, and it may be by a run that goes on"),)
    since = f"for about {max(ages) / 3600:.0f} h" if ages else "without a time"
    return (Trouble("locked", "", f"locked in {place} {since}, and no other session is changing tables"),)


def settle(code: History, recorded: Recorded) -> Recorded:
    """
    The rows by the code's names: a file is recorded as it was called where Liquibase ran, which may be longer or
    shorter than from the folder (``classpath:db/changelog/a.sql`` and ``a.sql``).

    A change set with contexts or labels that has no row may have been left out on purpose, as long as none with the
    same contexts and labels has been run in this database; before anything has, none is.
    """
    known: dict[str, list[str]] = {}
    for name in code.known:
        known.setdefault(name.partition("::")[2], []).append(name)

    def called(name: str) -> str:
        if name in code.known:
            return name
        file, _, rest = name.partition("::")
        same = [each for each in known.get(rest, ()) if _same_file(file, each.partition("::")[0])]
        return same[0] if len(same) == 1 else name

    applied = frozenset(map(called, recorded.applied))
    ran_here = {each.labels for each in code.revisions if each.identifier in applied} | {()}
    left_out = frozenset(each.identifier for each in code.revisions if each.labels not in ran_here)
    left_out = left_out if applied & code.known else frozenset()
    return replace(recorded, applied=applied, order=tuple(map(called, recorded.order)), left_out=left_out)


def _same_file(one: str, other: str) -> bool:
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


TOOL = Tool(
    name="liquibase",
    tables=("databasechangelog",),
    columns=frozenset({"id", "author", "filename", "dateexecuted", "orderexecuted", "exectype", "md5sum"}),
    read=read,
    code=code,
    manner=Manner(
        title="Liquibase",
        means="all",
        scripts="a folder of Liquibase changelogs",
        upgrade="liquibase update",
        look="liquibase status --verbose",
        repair="liquibase release-locks",
        tells_trouble=True,
        settle=settle,
    ),
)
