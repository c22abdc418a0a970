"""Alembic's two sides: the revisions in a folder of scripts, read and never run, and the heads in a database."""

from __future__ import annotations

import ast
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import VERSION_TABLE, BrokenHistory, History, Recorded, Revision
from prodverify.record.findings import Unjudged, inconclusive

_NAMES = ("revision", "down_revision", "depends_on", "branch_labels")


def history(folder: Path) -> History:
    """
    The revisions of the scripts in ``folder``, read with ``ast``: nothing is imported and nothing is executed.

    Files are chosen as Alembic chooses them: ``*.py`` without ``__init__`` and ``.#``. Raises ``Unjudged`` where the
    folder cannot be read, holds no revision, or its scripts do not make a history.
    """
    try:
        files = sorted(
            path for path in folder.iterdir() if path.suffix == ".py" and not path.name.startswith((".#", "__init__"))
        )
    except OSError as error:
        raise _unjudged(folder, f"{error.strerror or error}") from None
    if not files or (folder / "env.py") in files:
        versions = folder / "versions"
        found = "env.py, so it is the one above" if files else "no script"
        raise _unjudged(folder, found, f"name {versions} instead" if versions.is_dir() else "")
    try:
        return History.of(_revision(path) for path in files)
    except BrokenHistory as error:
        raise _unjudged(folder, str(error)) from None


def _revision(path: Path) -> Revision:
    try:
        tree = ast.parse(path.read_bytes(), filename=path.name)
    except (OSError, SyntaxError, ValueError) as error:
        raise BrokenHistory(f"{path.name} cannot be read as Python: {error}") from None
    values: dict[str, tuple[str, ...]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _NAMES:
                values[target.id] = _names(value, path.name, target.id)
    if len(values.get("revision", ())) != 1:
        raise BrokenHistory(f"{path.name} states no revision")
    return Revision(
        values["revision"][0],
        values.get("down_revision", ()),
        values.get("depends_on", ()),
        values.get("branch_labels", ()),
    )


def _names(node: ast.expr, file: str, name: str) -> tuple[str, ...]:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        raise BrokenHistory(
            f"{file} computes its {name}, which cannot be known without running it (declare heads in [migrations])"
        ) from None
    if value is None:
        return ()
    names = tuple(value) if isinstance(value, (tuple, list, set, frozenset)) else (value,)
    if not all(isinstance(each, str) and each for each in names):
        raise BrokenHistory(f"{file} has a {name} that is neither a name nor names: {value!r}")
    return names


def recorded(connection: Connection, version_table: str = VERSION_TABLE) -> Recorded:
    """The heads in ``version_table`` (``table`` in public, or ``schema.table``), by one plain SELECT."""
    parts = version_table.split(".")
    schema, table = (parts[0], parts[1]) if len(parts) == 2 else ("public", version_table)
    source = f"table {version_table}"
    found = connection.execute(
        "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v')",
        (schema, table),
    ).fetchone()
    if found is None:
        return Recorded(frozenset(), source, table_exists=False)
    rows = connection.execute(
        sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(schema, table)), prepare=False
    ).fetchall()
    return Recorded(frozenset(str(row[0]) for row in rows), source)


def reported(value: object, source: str) -> Recorded:
    """The heads that a service reports: a JSON string, a list of strings, or null for none. Else ``Unjudged``."""
    heads = [value] if isinstance(value, str) else [] if value is None else value
    if isinstance(heads, list) and all(isinstance(head, str) and head for head in heads):
        return Recorded(frozenset(heads), source)
    raise Unjudged(
        inconclusive(
            "migrations-report-unreadable",
            "a head of migrations, or a list of heads",
            f"{type(value).__name__} at {source}",
            next_step="let reported_at in [migrations] point at the head or heads",
        )
    )


def _unjudged(folder: Path, observed: str, next_step: str = "") -> Unjudged:
    return Unjudged(
        inconclusive(
            "migrations-scripts-unreadable",
            f"a folder of Alembic revisions at {folder}",
            observed,
            next_step=next_step or "let folder in [migrations] name the versions folder of the code deployed",
        )
    )
