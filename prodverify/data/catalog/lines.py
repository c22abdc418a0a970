"""One object of a schema as one line, and what the line is about. Pure: text in, text out."""

from __future__ import annotations

import hashlib
import re

from prodverify.data.catalog.contents import BESIDE
from prodverify.data.catalog.wording import settled

LONGEST = 300
"""Characters of a definition that a line holds; of a longer one it has the start and a hash."""

_KINDS = (
    "comment on", "default grants of", "grants on", "owner of",
    "text search configuration", "text search dictionary", "foreign data wrapper", "materialized view",
    "foreign table", "event trigger", "operator class", "operator family",
    "aggregate", "cast", "collation", "column", "constraint", "domain", "extension", "function", "index", "operator",
    "policy", "procedure", "publication", "rule", "schema", "sequence", "server", "statistics", "table", "trigger",
    "type", "view",
)  # fmt: skip
_CALLED = frozenset({"aggregate", "cast", "function", "operator", "procedure"})
"""Kinds whose name ends with the types of their arguments."""
_KIND = re.compile(rf"({'|'.join(_KINDS)}) ")
_QUOTED = r'"(?:[^"]|"")*"'
_NAME = re.compile(rf'(?:{_QUOTED}|[^\s"])+')
_PARTS = re.compile(
    rf"(?P<named>{_QUOTED})|(?P<literal>'(?:[^']|'')*')|(?P<broken>\s*\n\s*)"
    r"|(?<![\w\".$])public\.(?=[^\s)])"
)
_ESCAPE_LIKE = re.compile(r"\\(?=[nr\\\n\r])")
"""A backslash that would read like one of our own escapes, or before one."""


def line(kind: str, name: str, definition: str, body: str | None = None) -> str:
    """
    The line of one object: its kind and name, and after them all that is to be compared.

    Of a ``body``, which has many lines and may hold what is nobody's business, it has a hash.
    """
    named = _plain(f"{kind} {name}")
    said = _plain(settled(definition))
    if body is not None:
        said = f"{said}, definition {_hash(settled(body))}"
    if len(said) > LONGEST:
        said = f"{said[: LONGEST // 3]}… md5 {_hash(said)}"
    return f"{named} {said}".rstrip()


def _hash(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def about(text: str) -> str:
    """
    The part of ``text``, a line, that says which object it is about: ``column users.email``.

    The whole line where nothing can be told from it.
    """
    kind = _KIND.match(text)
    if kind is None:
        return next((beginning for beginning in BESIDE if text.startswith(beginning)), text)
    if kind[1].endswith((" of", " on")):
        subject, separator, _ = text.rpartition(": ")
        return subject if separator else text
    name = _NAME.match(text, kind.end())
    if name is None:
        return text
    return text[: _closed(text, kind.end())] if kind[1] in _CALLED else name[0].join((kind[0], ""))


def kind_of(text: str) -> str:
    """The kind of object that a line is about; empty for a line of no known kind."""
    kind = _KIND.match(text)
    return kind[1] if kind else ""


def _closed(text: str, start: int) -> int:
    # past the bracket that closes the arguments, whatever quoted names and brackets are within
    depth = 0
    for part in re.finditer(rf"{_QUOTED}|[()]", text[start:]):
        depth += (part[0] == "(") - (part[0] == ")")
        if part[0] == ")" and depth == 0:
            return start + part.end()
    return len(text)


def _plain(text: str) -> str:
    """``text`` on one line, with ``public`` left out; line breaks within a name or literal are written as escapes."""
    whole = _ESCAPE_LIKE.sub(r"\\\\", _PARTS.sub(_part, text).strip())
    return whole.replace("\r", "\\r").replace("\n", "\\n")


def _part(found: re.Match[str]) -> str:
    if found["named"] is not None:
        return found["named"]
    if found["literal"] is not None:
        registered = found.string.startswith("::reg", found.end())
        return found["literal"].replace("'public.", "'", 1) if registered else found["literal"]
    return " " if found["broken"] else ""
