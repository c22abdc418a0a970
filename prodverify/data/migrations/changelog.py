"""Liquibase's changelogs on disk: which change sets they hold, in the order in which they are run."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from prodverify.data.migrations.history import BrokenHistory
from prodverify.data.migrations.numbering import below
from prodverify.data.migrations.tool import script_bytes

_FORMATTED = re.compile(r"\s*--\s*liquibase\s*formatted(?P<rest>.*)", re.IGNORECASE)
_CHANGE_SET = re.compile(
    r"""\s*--\s*changeset\s+(?P<author>"[^"]+"|[^:]+):\s*(?P<id>"[^"]+"|\S+)(?P<rest>.*)""", re.IGNORECASE
)
_SUFFIXES = (".xml", ".yaml", ".yml", ".json", ".sql")
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """
    ``file`` is the path from the folder, or what ``logicalFilePath`` says. ``condition`` are the contexts and labels
    that decide whether it is run, its own and those of the includes that lead to it; empty where it always is.
    """

    file: str
    id: str
    author: str
    condition: str = ""

    @staticmethod
    def path(text: str) -> str:
        """A path as Liquibase compares it (DatabaseChangeLog.java, ``normalizePath``)."""
        parts = text.removeprefix("classpath:").replace("\\", "/").split("/")
        return "/".join(part for part in parts if part not in {"", "."})


@dataclass(frozen=True, slots=True)
class _Element:
    """One thing of a changelog, whatever its format: ``changeSet``, ``include`` or ``includeAll``."""

    kind: str
    values: dict[str, Any]

    def text(self, *names: str) -> str:
        return next((str(self.values[name]) for name in names if self.values.get(name) not in {None, ""}), "")

    def condition(self, outer: str) -> str:
        """What its contexts and labels add to those of what it is in."""
        contexts, labels = self.text("contextFilter", "context"), self.text("labels")
        own = (f"contexts {contexts}" if contexts else "", f"labels {labels}" if labels else "")
        return "; ".join(filter(None, (outer, *own)))


def change_sets(folder: Path) -> tuple[ChangeSet, ...]:
    """
    The change sets of all changelogs in ``folder`` and below, once each, in the order in which they are run.

    Where changelogs include others, those that are included nowhere begin, and files that nobody includes are no part
    of it; otherwise every changelog is one, in order of path. Change sets for other kinds of databases and those that
    are to be ignored are left out. Raises ``OSError``, and ``BrokenHistory`` for a changelog that cannot be read or
    whose includes go in a circle.
    """
    files = {
        path.relative_to(folder).as_posix(): path
        for path in below(folder)
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not path.name.startswith(".")
    }
    logs = {name: elements for name, path in files.items() if (elements := _elements(path)) is not None}
    included = {name: tuple(_included(name, elements, files)) for name, elements in logs.items()}
    inner = {name for names in included.values() for name in names}
    outer = [name for name in logs if name not in inner]
    roots = [name for name in outer if included[name]] or outer
    if logs and not roots:
        raise BrokenHistory("the changelogs include each other in a circle")
    found: dict[tuple[str, str, str], ChangeSet] = {}
    for root in roots:
        for each in _run(root, logs, files, 0):
            found.setdefault((each.file, each.id, each.author), each)
    return tuple(found.values())


def _run(
    name: str, logs: dict[str, list[_Element]], files: dict[str, Path], depth: int, condition: str = ""
) -> Iterator[ChangeSet]:
    if depth > _DEEPEST:
        raise BrokenHistory(f"{name} includes itself")
    if name not in logs:
        # a script that is no changelog is one change set (SqlChangeLogParser.java)
        yield ChangeSet(name, "raw", "includeAll", condition)
        return
    own, *elements = logs[name]
    condition = own.condition(condition)
    for element in elements:
        if element.text("ignore").lower() == "true":
            continue
        if element.kind == "changeSet":
            yield from _change_set(element, own.text("logicalFilePath") or name, condition)
        else:
            # what is included inherits the contexts and labels of the include (DatabaseChangeLog.java, ``include``)
            for inner in _included(name, [element], files):
                yield from _run(inner, logs, files, depth + 1, element.condition(condition))


def _change_set(element: _Element, file: str, condition: str) -> Iterator[ChangeSet]:
    identifier, author = element.text("id"), element.text("author")
    if "${" in identifier + author:
        raise BrokenHistory(f"{file} computes the id of a change set, which cannot be known without running it")
    kinds = {kind.strip().lower() for kind in element.text("dbms").split(",") if kind.strip()}
    wanted = {kind for kind in kinds if not kind.startswith("!")}
    excluded = "none" in kinds or "!postgresql" in kinds or (wanted and not wanted & {"postgresql", "all"})
    if not excluded:
        yield ChangeSet(element.text("logicalFilePath") or file, identifier, author, element.condition(condition))


def _included(name: str, elements: list[_Element], files: dict[str, Path]) -> Iterator[str]:
    here = name.rpartition("/")[0]
    for element in elements:
        wanted = element.text("file", "path")
        if element.kind not in {"include", "includeAll"} or not wanted:
            continue
        relative = element.text("relativeToChangelogFile").lower() == "true"
        path = _joined(here, wanted) if relative else ChangeSet.path(wanted)
        if element.kind == "include":
            # what is named from elsewhere than the folder, a class path for one, ends as the file here does
            found = [path] if path in files else [each for each in files if path.endswith(f"/{each}")][:1]
        else:
            found = _inside(path, files)
        if not found and element.text("errorIfMissing", "errorIfMissingOrEmpty").lower() != "false":
            raise BrokenHistory(f"{name} includes {wanted}, which is not in the folder")
        yield from found


def _inside(path: str, files: dict[str, Path]) -> list[str]:
    """All files below ``path``, in order of name (DatabaseChangeLog.java, ``includeAll``)."""
    below = [name for name in files if name.startswith(f"{path}/") or not path]
    while not below and "/" in path:
        path = path.partition("/")[2]
        below = [name for name in files if name.startswith(f"{path}/")]
    return sorted(below)


def _joined(here: str, wanted: str) -> str:
    parts = here.split("/") if here else []
    for part in ChangeSet.path(wanted).split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(part for part in parts if part)


def _elements(path: Path) -> list[_Element] | None:
    """What a file holds, the file's own attributes first; None where it is no changelog."""
    read: dict[str, Callable[[bytes], list[_Element] | None]] = {".xml": _xml, ".sql": _sql, ".json": _json}
    try:
        return read.get(path.suffix.lower(), _yaml)(script_bytes(path))
    except (ElementTree.ParseError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise BrokenHistory(f"{path.name} cannot be read: {error}") from None


def _xml(script: bytes) -> list[_Element] | None:
    if b"databaseChangeLog" not in script:
        return None
    if b"<!ENTITY" in script:
        raise ValueError("it defines entities, which a changelog does not need")
    root = ElementTree.fromstring(script)
    if _local(root.tag) != "databaseChangeLog":
        return None
    return [_Element("file", dict(root.attrib)), *(_Element(_local(each.tag), dict(each.attrib)) for each in root)]


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _json(script: bytes) -> list[_Element] | None:
    return _tree(json.loads(script)) if b"databaseChangeLog" in script else None


def _yaml(script: bytes) -> list[_Element] | None:
    if b"databaseChangeLog" not in script:
        return None
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise BrokenHistory("a changelog in YAML needs the extra liquibase, or declare heads") from None
    try:
        return _tree(yaml.safe_load(script))
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _tree(document: Any) -> list[_Element] | None:
    if not isinstance(document, dict) or "databaseChangeLog" not in document:
        return None
    found = [_Element("file", {})]
    for entry in document["databaseChangeLog"] or ():
        for kind, values in entry.items():
            if kind == "logicalFilePath":
                found[0] = _Element("file", {"logicalFilePath": values})
            elif isinstance(values, dict):
                found.append(_Element(kind, values))
    return found


def _sql(script: bytes) -> list[_Element] | None:
    lines = script.decode("utf-8-sig", "replace").splitlines()
    first = next((line for line in lines if line.strip()), "")
    formatted = _FORMATTED.match(first)
    if formatted is None:
        return None
    found = [_Element("file", _attributes(formatted["rest"]))]
    for line in lines:
        begun = _CHANGE_SET.match(line)
        if begun is not None:
            named = {"id": begun["id"].strip('"'), "author": begun["author"].strip().strip('"')}
            found.append(_Element("changeSet", {**_attributes(begun["rest"]), **named}))
    return found


def _attributes(text: str) -> dict[str, Any]:
    return {name: value.strip('"') for name, value in re.findall(r'(\w+):\s*("[^"]*"|\S+)', text)}
