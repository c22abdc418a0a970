"""Every migration tool that is known, and which of them have a table in a database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType

from prodverify.data.connection import Connection
from prodverify.data.migrations import (
    alembic,
    atlas,
    dbmate,
    diesel,
    django,
    drizzle,
    ecto,
    efcore,
    flyway,
    golang_migrate,
    goose,
    knex,
    laravel,
    liquibase,
    node_pg_migrate,
    prisma,
    rails,
    sequelize,
    sqlx,
    typeorm,
)
from prodverify.data.migrations.history import Recorded
from prodverify.data.migrations.tool import NotAVersionTable, Shape, TableName, Tool, readable
from prodverify.record.findings import Unjudged, inconclusive

_MODULES = (
    alembic,
    atlas,
    dbmate,
    diesel,
    django,
    drizzle,
    ecto,
    efcore,
    flyway,
    golang_migrate,
    goose,
    knex,
    laravel,
    liquibase,
    node_pg_migrate,
    prisma,
    rails,
    sequelize,
    sqlx,
    typeorm,
)

TOOLS: Mapping[str, Tool] = MappingProxyType({module.TOOL.name: module.TOOL for module in _MODULES})
"""By the word of a target file."""

_SHAPES = """
SELECT n.nspname, c.relname,
    (SELECT pg_catalog.json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, NULL))
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    ARRAY(SELECT o.relname::text FROM pg_catalog.pg_class o
          WHERE o.relnamespace = c.relnamespace AND o.relkind IN ('r', 'p', 'v') AND o.relname = ANY (%s))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND c.relpersistence <> 't' AND c.relname = ANY (%s)
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (%s::text IS NULL OR n.nspname = %s)
ORDER BY 1, 2
"""


def detect(connection: Connection) -> tuple[tuple[Tool, TableName], ...]:
    """
    Every known tool's tables in every schema, in order of table, told apart by their columns.

    Safe on a busy primary: one statement on the catalog, by the names of tables, which are indexed.
    """
    named: dict[str, list[Tool]] = {}
    for tool in TOOLS.values():
        for name in _names(tool):
            named.setdefault(name, []).append(tool)
    return tuple(
        (tool, shape.table)
        for shape in _shapes(connection, sorted(named))
        for tool in named[shape.table.name]
        if tool.fits(shape) and _at_home(tool, shape.table)
    )


def found(connection: Connection) -> tuple[Recorded, ...]:
    """
    What each of these tables records. Raises ``Unjudged`` where one may not be read.

    A table that is too large to be one is left out: somebody may have called a table of their own so.

    Safe on a busy primary: as ``detect``, and one small SELECT for each table that it finds.
    """
    recorded = []
    for tool, table in detect(connection):
        with suppress(NotAVersionTable):
            recorded.append(_read(tool, connection, table))
    return tuple(recorded)


def read(tool: Tool, connection: Connection, version_table: str = "") -> Recorded:
    """
    What ``version_table`` (``table`` or ``schema.table``) records; without it, the tool's own wherever it is.

    As the tool is named, its columns are enough where no table has the right neighbours too: what Rails keeps beside
    its own may be switched off, or be left from before another tool was taken.
    A table that is not there is told by ``table_exists``. Raises ``Unjudged`` where it may not be read, where it is
    not such a table, and where several schemas have one.
    """
    if version_table:
        table = TableName.of(version_table)
        shapes = _shapes(connection, [table.name], table.schema)
        if not shapes:
            return Recorded(frozenset(), table.source, table_exists=False, means=tool.manner.means)
        if not tool.has_columns(shapes[0]):
            raise _other(tool, table, shapes[0])
        return _read(tool, connection, table)
    shapes = [shape for shape in _shapes(connection, _names(tool)) if _at_home(tool, shape.table)]
    possible = [shape for shape in shapes if tool.has_columns(shape)]
    tables = [shape.table for shape in possible if tool.fits(shape)] or [shape.table for shape in possible]
    if not tables:
        missing = TableName.of(tool.tables[0]).source + (f" of {tool.manner.title}" if shapes else "")
        return Recorded(frozenset(), missing, table_exists=False, means=tool.manner.means)
    if len(tables) > 1:
        raise _several(f"one version table of {tool.manner.title}", [str(table) for table in tables])
    return _read(tool, connection, tables[0])


def only(connection: Connection) -> Tool:
    """The one tool that has a table in this database. Raises ``Unjudged`` where there is none, or several."""
    tools = sorted({tool.name for tool, _ in detect(connection)})
    if len(tools) == 1:
        return TOOLS[tools[0]]
    raise _several("the version table of one migration tool", tools)


def lines(recorded: tuple[Recorded, ...]) -> tuple[str, ...]:
    """
    One line for each table that says where the database is, for manifests: ``alembic_version: 0007``.

    Where every migration has a row, the line counts them and has the start of a digest of their names.
    """
    return tuple(sorted(_line(each) for each in recorded if each.table_exists))


def _line(recorded: Recorded) -> str:
    table = recorded.source.removeprefix("table ")
    applied = sorted(recorded.applied)
    if recorded.means != "all" or len(applied) <= 1:
        return f"{table}: {', '.join(applied) or 'none'}"
    digest = hashlib.sha256("\n".join(applied).encode("utf-8", "replace")).hexdigest()
    return f"{table}: {len(applied)} applied, {digest[:12]}"


def _read(tool: Tool, connection: Connection, table: TableName) -> Recorded:
    readable(connection, table)
    return tool.read(connection, table)


def _shapes(connection: Connection, names: list[str], schema: str | None = None) -> list[Shape]:
    neighbours = sorted({name for tool in TOOLS.values() for name in tool.beside | tool.alone_from})
    answered = connection.execute(_SHAPES, (neighbours, names, schema, schema)).fetchall()
    return [
        Shape(TableName(str(space), str(name)), columns if isinstance(columns, dict) else {}, frozenset(_texts(near)))
        for space, name, columns, near in answered
    ]


def _names(tool: Tool) -> list[str]:
    return [TableName.of(name).name for name in tool.tables]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from map(str, value)


def _at_home(tool: Tool, table: TableName) -> bool:
    """Whether the tool would look for its table in that schema."""
    return any(
        name.rpartition(".")[2] == table.name and name.rpartition(".")[0] in {"", table.schema} for name in tool.tables
    )


def _other(tool: Tool, table: TableName, shape: Shape) -> Unjudged:
    missing = ", ".join(sorted(tool.columns - frozenset(shape.columns)))
    strange = ", ".join(sorted(tool.without & frozenset(shape.columns)))
    return Unjudged(
        inconclusive(
            "migrations-table-of-another-tool",
            f"a version table of {tool.manner.title} as {table.source}",
            f"no column {missing}" if missing else f"a column {strange}, which that tool does not make",
            next_step="let tool and version_table in [[migrations]] name what migrates this database",
        )
    )


def _several(expected: str, names: list[str]) -> Unjudged:
    return Unjudged(
        inconclusive(
            "migrations-tool-unclear",
            expected,
            ", ".join(names) or "none that is known",
            next_step="let tool and version_table in [[migrations]] say which one is meant",
        )
    )
