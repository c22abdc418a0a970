"""How a complaint about a target file is worded: where it is, what was expected, what came instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]
"""Where in a file: section, then entry (its name, or its number from 0) and key."""

TABLE_LISTS = frozenset(
    {"tokens", "health", "endpoints", "journeys", "webhooks", "receivers", "slos", "waivers", "objects", "migrations"}
)
NAMED_TABLES = frozenset({"roles"})
LONGEST_QUOTE = 60
_MOST_OFFERED = 30
_FEW = 3


class TargetError(Exception):
    """The target file is wrong. ``complaints`` holds every complaint, one sentence each, naming the file."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(map(_on_one_line, complaints))
        super().__init__(*self.complaints)

    def __str__(self) -> str:
        if len(self.complaints) == 1:
            return self.complaints[0]
        return "\n  ".join((f"{len(self.complaints)} complaints about the target file:", *self.complaints))


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong at one place of a target file."""

    place: Place
    text: str

    def sentence(self, file: str) -> str:
        """The complaint as a person reads it, the file first."""
        return f"{file}: {_words(self.place)}: {self.text}"


def named(place: Place, said: Mapping[str, Any]) -> Place:
    """``place`` with the numbers of entries replaced by their names, where ``said`` gives them one."""
    if len(place) < 2 or not isinstance(place[1], int):
        return place
    entries = said.get(str(place[0]))
    entry = entries[place[1]] if isinstance(entries, list) and place[1] < len(entries) else None
    name = entry.get("check" if place[0] == "waivers" else "name") if isinstance(entry, dict) else None
    if place[0] == "migrations" and name is None and isinstance(entry, dict):
        name = entry.get("tool", "alembic")
    return (place[0], name, *place[2:]) if isinstance(name, str) and name else place


def nearest(word: str, valid: Iterable[str]) -> str:
    """A clause that offers the valid word nearest to ``word``, or where none is near all of them, or some of many."""
    words = list(dict.fromkeys(valid))
    if not words:
        return "; there are none"
    folded = {valid.lower(): valid for valid in words}
    near = difflib.get_close_matches(word.lower(), folded, 1, 0.6)
    if near:
        return f'; did you mean "{folded[near[0]]}"?'
    if len(words) > _MOST_OFFERED:
        some = [folded[one] for one in difflib.get_close_matches(word.lower(), folded, _FEW, 0.0)]
        return f"; expected one of {len(words)}, such as {alternatives(some)}"
    return f"; expected {alternatives(words)}"


def alternatives(words: Iterable[str]) -> str:
    """The words in quotes, the last joined by "or"."""
    *rest, last = [f'"{word}"' for word in words]
    return f"{', '.join(rest)} or {last}" if rest else last


def came(value: object) -> str:
    """What stands in the file, short and in TOML's words. Never called with what may be a secret."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{_short(value)}"'
        case int() | float():
            return f"{value}" if isinstance(value, float) or abs(value) < 10**30 else "a very large number"
        case list():
            return "a list"
        case dict():
            return "a table"
    return "something else"


def _words(place: Place) -> str:
    """``[section] key`` as it stands in a file."""
    if len(place) == 1 and not isinstance(place[0], int):
        return f"(top level) {_short(place[0])}"
    section, rest = _short(str(place[0])), place[1:]
    if section in TABLE_LISTS:
        return " ".join(part for part in (f"[[{section}]]", _entry(rest[0]), _dotted(rest[1:])) if part)
    if section in NAMED_TABLES:
        return " ".join(part for part in (f"[{section}.{_short(str(rest[0]))}]", _dotted(rest[1:])) if part)
    return f"[{section}] {_dotted(rest)}"


def _entry(part: str | int) -> str:
    return f"#{part + 1}" if isinstance(part, int) else f'"{_short(part)}"'


def _dotted(place: Place) -> str:
    words = ""
    for part in place:
        words += f" #{part + 1}" if isinstance(part, int) else f".{_short(part)}"
    return words.lstrip(". ")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _on_one_line(sentence: str) -> str:
    """What a terminal would obey, or cannot show, as its escape sequence."""
    if sentence.isprintable():
        return sentence
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in sentence
    )
