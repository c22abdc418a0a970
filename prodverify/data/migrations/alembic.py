"""Alembic's two sides: the revisions in a folder of scripts, read and never run, and the heads in a database."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.tool import TableName, Tool, every_row, script_bytes

_NAMES = ("revision", "down_revision", "depends_on", "branch_labels")


def code(folder: Path) -> History:
    """The revisions of the scripts in ``folder``, read with ``ast``: nothing is imported and nothing is executed."""
    return together([folder])


def together(folders: Sequence[Path]) -> History:
    """The same of several folders, which are the ``version_locations`` of one environment."""
    return History.of(_revision(path) for folder in folders for path in _scripts(folder))


def _scripts(folder: Path) -> list[Path]:
    """
    Files are chosen as Alembic chooses them: ``*.py`` without ``__init__`` and ``.#`` (script/base.py,
    ``_only_source_rev_file``).
    """
    files = sorted(
        path for path in folder.iterdir() if path.suffix == ".py" and not path.name.startswith((".#", "__init__"))
    )
    if not files or (folder / "env.py") in files:
        versions = folder / "versions"
        found = "env.py, so it is the one above" if files else "no script"
        raise TOOL.unreadable(folder, found, f"name {versions} instead" if versions.is_dir() else "")
    return files


def _revision(path: Path) -> Revision:
    try:
        tree = ast.parse(script_bytes(path), filename=path.name)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
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
            f"{file} computes its {name}, which cannot be known without running it (declare heads in [[migrations]])"
        ) from None
    if value is None:
        return ()
    names = tuple(value) if isinstance(value, (tuple, list, set, frozenset)) else (value,)
    if not all(isinstance(each, str) and each for each in names):
        raise BrokenHistory(f"{file} has a {name} that is neither a name nor names: {value!r}")
    return names


def read(connection: Connection, table: TableName) -> Recorded:
    """The heads, which are the rows (ddl/impl.py ``version_table_impl``: one column, ``version_num varchar(32)``)."""
    return replace(every_row(connection, table, "version_num"), means="heads")


TOOL = Tool(
    name="alembic",
    tables=("alembic_version",),
    columns=frozenset({"version_num"}),
    read=read,
    code=code,
    together=together,
    manner=Manner(
        title="Alembic",
        means="heads",
        scripts="a folder of Alembic revisions",
        upgrade="alembic upgrade head",
        look="alembic current --check-heads",
        repair="alembic stamp",
    ),
)
