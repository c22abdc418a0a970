"""
One value inside a JSON document, by its pointer.

RFC 6901.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from prodverify.judges.quotation import quote

CLAUSE = "RFC 6901"

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing is there. ``reason`` says how far the pointer led and what was missing."""

    reason: str

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return self.reason


def lookup(document: Any, pointer: str) -> Any:
    """The value at ``pointer``, or ``Absent``; the empty pointer names the whole document. Raises nothing."""
    if pointer and not pointer.startswith("/"):
        return Absent(f"{quote(pointer, 80)} is not a JSON Pointer: it does not start with /")
    value, path = document, ""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        place = quote(path, 80) or "the top"
        if isinstance(value, dict):
            if name not in value:
                return Absent(f"no member {quote(name, 60)} at {place}")
            value = value[name]
        elif isinstance(value, list):
            if not _INDEX.fullmatch(name) or int(name) >= len(value):
                return Absent(f"no item {quote(name, 60)} at {place}, a list of {len(value)}")
            value = value[int(name)]
        else:
            return Absent(f"{place} holds {kind(value)}, which has no member {quote(name, 60)}")
        path = f"{path}/{token}"
    return value


def build(tokens: Iterable[object]) -> str:
    """The pointer that leads through ``tokens``: member names and indexes."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def walk(document: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every value below ``document`` that is neither object nor list: its pointer, the last member name, the value."""
    waiting: list[tuple[str, str, Any]] = [(path, "", document)]
    while waiting:
        place, name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((place + build((key,)), str(key), child) for key, child in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend((f"{place}/{index}", name, child) for index, child in reversed(list(enumerate(value))))
        else:
            yield place, name, value


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return f"an object of {len(value)} members"
    return "nothing"
