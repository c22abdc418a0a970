"""What a target file says of its drill, as the wishes of one."""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.connection import Connection, read_only, system_identifier
from prodverify.data.drill.wishes import Live, LiveSlice, Question, Reader, Wishes
from prodverify.data.migrations.source import DatabaseSide, database_side
from prodverify.record.findings import Unjudged
from prodverify.target.backups import Backups, NewestRow
from prodverify.target.drill import Query
from prodverify.target.load import Target
from prodverify.target.migrations import Migrations


def wishes(target: Target) -> Wishes:
    """What the drill of a backup of ``target``, which declares ``[backups]``, is asked for."""
    backups = target.promises.backups
    assert backups is not None
    declared = backups.drill
    rows = [Question(newest_row_name(row), _newest(row), dated=True) for row in backups.newest_rows]
    queries = [question(each) for each in declared.queries]
    return Wishes(
        configured=str(target.folder / backups.binaries) if backups.binaries else "",
        live_system_identifier=_live_identifier(target),
        identity=target.secret(declared.identity) if declared.identity else "",
        jobs=declared.jobs or 0,
        deadline_seconds=declared.deadline_seconds,
        modes=declared.compare,
        live=_live(target, backups),
        amcheck=declared.amcheck != "off",
        questions=(*queries, *rows),
        query_timeout_ms=declared.query_timeout_ms,
        readers=readers(target.promises.migrations),
    )


def question(query: Query) -> Question:
    """A query of the target's own, as it is asked of the restored database."""
    dated = query.max_age_seconds is not None
    return Question(query.name, query.sql, query.expect, max(query.min_rows or 1, 1), dated)


def readers(migrations: Iterable[Migrations]) -> dict[str, Reader]:
    """By its label, what reads the migrations that one tool recorded."""
    return {each.label: _reader(each) for each in migrations}


def newest_row_name(row: NewestRow) -> str:
    """What the answer about this row is called: ``table.column``, which no query is, as those have no dot."""
    return f"{row.table}.{row.column}"


def _live(target: Target, backups: Backups) -> Live | None:
    database, declared = target.promises.database, backups.drill
    if database is None or not declared.slices or (declared.compare and "live" not in declared.compare):
        return None
    slices = tuple(LiveSlice(**each.model_dump()) for each in declared.slices)
    return Live(target.dsn, database.statement_timeout_ms, slices)


def _reader(declared: Migrations) -> Reader:
    def read(connection: Connection) -> DatabaseSide:
        return database_side(declared, connection)

    return read


def _newest(row: NewestRow) -> str:
    table = ".".join(_quoted(part) for part in row.table.split("."))
    return f"SELECT max({_quoted(row.column)}) FROM {table}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _live_identifier(target: Target) -> str:
    """
    The live server's identifier, so that a drill can tell that it is not on it.

    Empty where no database is declared, or it cannot be reached: then a drill matters most.
    """
    database = target.promises.database
    if database is None:
        return ""
    try:
        with read_only(target.dsn, statement_timeout_ms=database.statement_timeout_ms) as connection:
            return system_identifier(connection)
    except Unjudged:
        return ""
