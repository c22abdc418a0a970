"""One migration tool: which tables are its own, how they are read, and how its scripts are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded
from prodverify.data.migrations.manner import Manner
from prodverify.record.findings import Unjudged, inconclusive

MOST_ROWS = 100_000
"""More migrations than anybody has; a larger table is somebody else's, and is not read to its end."""

LARGEST_SCRIPT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TableName:
    """A table by schema and name; ``str()`` leaves ``public`` out."""

    schema: str
    name: str

    @classmethod
    def of(cls, text: str, schema: str = "public") -> TableName:
        """``table`` in ``schema``, or ``schema.table``."""
        before, _, after = text.rpartition(".")
        return cls(before or schema, after)

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @property
    def source(self) -> str:
        """For messages."""
        return f"table {self}"

    def beside(self, name: str) -> TableName:
        """The table of another name in the same schema."""
        return TableName(self.schema, name)

    @property
    def sql(self) -> sql.Identifier:
        """Quoted, for a statement."""
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the catalog says of a table: the types of its columns by name, and the tables in its schema."""

    table: TableName
    columns: Mapping[str, str]
    neighbours: frozenset[str]


Read = Callable[[Connection, TableName], Recorded]
Code = Callable[[Path], History]


@dataclass(frozen=True, slots=True)
class Tool:
    """
    ``name`` is the word of a target file. ``tables`` are the names that its version table has unless told otherwise,
    in whatever schema (``schema.table`` where the tool always uses one of its own).

    Its table has all of ``columns`` and none of ``without``; in its schema are all of ``beside`` and none of
    ``alone_from``: that tells it from the tables of other tools that are called the same.

    ``read(connection, table)`` reads a table that exists, that fits and that may be read, by SELECT alone: it names
    every table with its schema, and uses ``rows``. ``code(folder)`` reads scripts in the tool's own layout and
    executes nothing; it may raise ``BrokenHistory`` and ``OSError``. Neither is called but through ``tools.py`` and
    ``history``. ``together`` does the same for several folders of one history, where sorting what each holds by
    ``manner.key`` is not enough because their scripts name each other.
    """

    name: str
    tables: tuple[str, ...]
    columns: frozenset[str]
    read: Read
    code: Code
    manner: Manner
    without: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    alone_from: frozenset[str] = frozenset()
    together: Callable[[Sequence[Path]], History] | None = None

    def has_columns(self, shape: Shape) -> bool:
        """Whether a table of that shape has this tool's columns."""
        columns = frozenset(shape.columns)
        return self.columns <= columns and not self.without & columns

    def fits(self, shape: Shape) -> bool:
        """Whether a table of that shape is this tool's and no other's."""
        return self.has_columns(shape) and self.beside <= shape.neighbours and not self.alone_from & shape.neighbours

    def history(self, folder: Path, branches: tuple[str, ...] = (), more: Sequence[Path] = ()) -> History:
        """
        The scripts in ``folder`` and in ``more`` of the same history, or those of ``branches`` and what these need.

        Raises ``Unjudged`` where a folder cannot be read, makes no history, or has no such branch.
        """
        for each in more:
            if not each.is_dir():
                raise self.unreadable(each, "no such folder", f"let more_folders name {self.manner.scripts}")
        try:
            if not folder.is_dir():
                raise BrokenHistory("a file" if folder.exists() else "No such file or directory")
            history = self._joined([folder, *more]) if more else self.code(folder)
        except BrokenHistory as broken:
            raise self.unreadable(folder, str(broken)) from None
        except OSError as error:
            raise self.unreadable(folder, error.strerror or str(error)) from None
        if not history.revisions:
            raise self.unreadable(folder, "no script")
        missing = [branch for branch in branches if branch not in history.labels]
        if missing:
            known = ", ".join(sorted(history.labels)) or "none"
            step = f"let branches in [[migrations]] name those that the scripts have: {known}"
            raise self.unreadable(folder, f"no branch {missing[0]}", step)
        return history.restricted(branches) if branches else history

    def declared(self, heads: Iterable[str]) -> History:
        """The little that is known of the code where somebody names its heads, spelt as rows are."""
        return History.of_heads(map(self.manner.spelling, heads))

    def _joined(self, folders: Sequence[Path]) -> History:
        if self.together is not None:
            return self.together(folders)
        revisions = [revision for folder in folders for revision in self.code(folder).revisions]
        key = self.manner.key
        return History.chain(sorted(revisions, key=lambda each: key(each.identifier)) if key else revisions)

    def unreadable(self, folder: Path, observed: str, next_step: str = "") -> Unjudged:
        """That the scripts in ``folder`` make no history, to be raised."""
        return Unjudged(
            inconclusive(
                "migrations-scripts-unreadable",
                f"{self.manner.scripts} at {folder}",
                observed,
                next_step=next_step or f"let folder in [[migrations]] name {self.manner.scripts}",
            )
        )


_RIGHTS = """
SELECT current_user::text,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v')
"""


def readable(connection: Connection, table: TableName) -> bool:
    """
    Whether there is such a table. Raises ``Unjudged``, with the GRANT that is missing, where it may not be read.

    Safe on a busy primary: one look-up in an index of the catalog.
    """
    row = connection.execute(_RIGHTS, (table.schema, table.name)).fetchone()
    if row is None or (row[1] and row[2]):
        return row is not None
    role = sql.Identifier(str(row[0])).as_string(connection)
    schema = sql.Identifier(table.schema).as_string(connection)
    rights = [] if row[1] else [f"GRANT USAGE ON SCHEMA {schema} TO {role};"]
    rights += [] if row[2] else [f"GRANT SELECT ON {table.sql.as_string(connection)} TO {role};"]
    raise Unjudged(
        inconclusive(
            "migrations-table-unreadable",
            f"{table.source} may be read by {row[0]}",
            "permission denied",
            next_step=" ".join(rights),
        )
    )


class NotAVersionTable(Unjudged):
    """A table that is called and shaped like a version table, and cannot be one."""


def rows(connection: Connection, statement: sql.Composed, table: TableName) -> list[tuple[object, ...]]:
    """
    Every row that ``statement`` selects. Raises ``NotAVersionTable`` beyond ``MOST_ROWS``.

    Safe on a busy primary: one reading statement on a table of at most a few thousand rows, which stops by itself at
    the limit, under the connection's own time limits.
    """
    found = connection.execute(sql.SQL("{} LIMIT {}").format(statement, MOST_ROWS + 1), prepare=False).fetchall()
    if len(found) > MOST_ROWS:
        raise NotAVersionTable(
            inconclusive(
                "migrations-table-too-large",
                f"at most {MOST_ROWS} rows in {table.source}",
                "more",
                next_step="name the tool's own table as version_table in [[migrations]]",
            )
        )
    return found


def every_row(
    connection: Connection, table: TableName, column: str, *order: str, spelling: Callable[[str], str] = str
) -> Recorded:
    """
    What a table records that has a row for each migration that was applied, with its name in ``column``: once each,
    and in the order of the columns ``order``, where they tell when it was applied.
    """
    sorting = sql.SQL(", ").join(map(sql.Identifier, order))
    statement = sql.SQL("SELECT {}::text FROM {}").format(sql.Identifier(column), table.sql)
    found = rows(connection, sql.SQL("{} ORDER BY {}").format(statement, sorting) if order else statement, table)
    names = tuple(dict.fromkeys(spelling(str(row[0])) for row in found if row[0] is not None))
    return Recorded(frozenset(names), table.source, means="all", order=names if order else ())


def script_bytes(path: Path) -> bytes:
    """What a script holds. Raises ``OSError``, and ``BrokenHistory`` for one that no script is as large as."""
    if path.stat().st_size > LARGEST_SCRIPT_BYTES:
        raise BrokenHistory(f"{path.name} is larger than {LARGEST_SCRIPT_BYTES // (1024 * 1024)} MiB, as no script is")
    return path.read_bytes()
