"""Django: a row for every migration of every app that was applied."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from psycopg import sql

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.numbering import below
from prodverify.data.migrations.tool import TableName, Tool, rows, script_bytes

_MODULE = "migrations"
"""``MIGRATIONS_MODULE_NAME`` of db/migrations/loader.py."""


def _app(identifier: str) -> str:
    return identifier.partition(".")[0]


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The rows of ``django_migrations(id, app, name, applied)``, each as ``app.name``.

    A row always means applied; one that is taken back loses it (db/migrations/recorder.py). Rows of apps that are
    installed no more stay and trouble nobody.
    """
    statement = sql.SQL("SELECT app, name FROM {} ORDER BY id").format(table.sql)
    order = tuple(dict.fromkeys(f"{app}.{name}" for app, name in rows(connection, statement, table)))
    return Recorded(frozenset(order), table.source, means="all", order=order)


def code(folder: Path) -> History:
    """The migrations of every app under ``folder``."""
    return together([folder])


def together(folders: Sequence[Path]) -> History:
    """
    The migrations of every app under ``folders`` that has a package ``migrations``, read with ``ast`` and never run.

    Chosen as Django chooses them (db/migrations/loader.py, ``load_disk``): ``*.py`` whose name does not begin with
    ``_``, ``.`` or ``~``, in a package with ``__init__.py``. What depends on apps that are not there, or on a setting,
    is of no account here: those apps have rows of their own. An app is called what ``label`` in its apps.py says, else
    as its folder.
    """
    apps: dict[str, dict[str, _Script]] = {}
    for package in (package for folder in folders for package in _packages(folder)):
        scripts = {path.stem: _Script(path) for path in sorted(package.glob("*.py")) if path.name[0] not in "_.~"}
        strange = next((name for name, script in scripts.items() if not script.migrates), None)
        if strange is not None:
            if any(name[0].isdigit() for name in scripts):
                raise BrokenHistory(f"{package.parent.name}/{_MODULE}/{strange}.py has no class Migration")
            continue  # code about migrations, as django/db/migrations: no app's own, or Django would refuse to start
        apps.setdefault(_label(package.parent), {}).update(scripts)
    known = {f"{app}.{name}" for app, scripts in apps.items() for name in scripts}
    instead: dict[str, list[str]] = {}
    for app, scripts in apps.items():
        for name, script in scripts.items():
            for replaced in script.replaces:
                instead.setdefault(replaced, []).append(f"{app}.{name}")
    revisions = [
        _revision(app, name, script, known, instead)
        for app, scripts in apps.items()
        for name, script in scripts.items()
    ]
    try:
        return History.of(revisions)
    except BrokenHistory:
        # squashed migrations may need each other's apps in a circle, which Django bears: parents alone make the heads
        return History.of(
            Revision(each.identifier, each.parents, (), each.labels, "", each.replaces) for each in revisions
        )


class _Script:
    """Whether a file is a migration, and what it says of others: ``dependencies`` and ``replaces`` as ``app.name``."""

    def __init__(self, path: Path) -> None:
        try:
            tree = ast.parse(script_bytes(path), filename=path.name)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise BrokenHistory(f"{path.name} cannot be read as Python: {error}") from None
        classes = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == "Migration"]
        self.migrates = bool(classes)
        self.dependencies = tuple(_pairs(classes[0], "dependencies", path.name)) if classes else ()
        self.replaces = tuple(_pairs(classes[0], "replaces", path.name)) if classes else ()


def _pairs(made: ast.ClassDef, name: str, file: str) -> Iterator[str]:
    for statement in made.body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            for element in value.elts if isinstance(value, ast.List | ast.Tuple) else (value,):
                try:
                    pair = ast.literal_eval(element)
                except (ValueError, TypeError):
                    if name == "replaces":
                        raise BrokenHistory(
                            f"{file} computes its replaces, which nobody knows who does not run it"
                        ) from None
                    continue  # swappable_dependency(settings...): the app of a setting
                if isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
                    yield f"{pair[0]}.{pair[1]}"


def _revision(app: str, name: str, script: _Script, known: set[str], instead: dict[str, list[str]]) -> Revision:
    identifier = f"{app}.{name}"
    before: list[str] = []
    for dependency in script.dependencies:
        squashed = [each for each in instead.get(dependency, ()) if each != identifier]
        before += [each for each in (dependency, *squashed) if each in known and each not in script.replaces]
    parents = tuple(dict.fromkeys(each for each in before if _app(each) == app and each != identifier))
    needs = tuple(dict.fromkeys(each for each in before if _app(each) != app))
    return Revision(identifier, parents, needs, (app,), "", script.replaces)


def _packages(folder: Path) -> Iterator[Path]:
    if folder.name == _MODULE and (folder / "__init__.py").is_file():
        yield folder
        return
    for path in below(folder):
        if path.name == "__init__.py" and path.parent.name == _MODULE:
            yield path.parent


def _label(app: Path) -> str:
    try:
        tree = ast.parse((app / "apps.py").read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return app.name
    for made in tree.body:
        for statement in made.body if isinstance(made, ast.ClassDef) else ():
            if (
                isinstance(statement, ast.Assign)
                and any(isinstance(target, ast.Name) and target.id == "label" for target in statement.targets)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            ):
                return statement.value.value
    return app.name


TOOL = Tool(
    name="django",
    tables=("django_migrations",),
    columns=frozenset({"id", "app", "name", "applied"}),
    read=read,
    code=code,
    together=together,
    manner=Manner(
        title="Django",
        means="all",
        scripts="a folder with apps that have migrations",
        upgrade="python manage.py migrate",
        look="python manage.py migrate --check",
        late="runs",
        family=_app,
        bears_gaps=True,
    ),
)
