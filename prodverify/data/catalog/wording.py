"""One definition in one wording: PostgreSQL writes a list of values in two, one before a restore and one after it."""

from __future__ import annotations

import re

_START = "(ARRAY["
_PART = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[\[\](),]""")
_CAST = re.compile(r"\)::((?:\"(?:[^\"]|\"\")*\"|[\w .])+(?:\(\d+(?:,\d+)?\))?)\[\]")


def settled(definition: str) -> str:
    """
    ``definition`` as a database that was restored writes it.

    ``code IN ('a', 'b')`` on a varchar is told as ``(ARRAY['a'::character varying, ...])::text[]`` where it was made,
    and as ``ARRAY[('a'::character varying)::text, ...]`` where that was read once more: the same list, each member cast
    instead of all of them.
    """
    at = definition.find(_START)
    while at >= 0:
        told = _members(definition, at + len(_START))
        if told is not None:
            members, end = told
            cast = _CAST.match(definition, end)
            if cast is not None:
                each = ", ".join(f"({member})::{cast[1]}" for member in members)
                definition = f"{definition[:at]}ARRAY[{each}]{definition[cast.end() :]}"
        at = definition.find(_START, at + 1)
    return definition


def _members(text: str, start: int) -> tuple[list[str], int] | None:
    # up to the bracket that closes the list, whatever quoted texts and brackets are within; None where none does
    members, depth, begun = [], 0, start
    for part in _PART.finditer(text, start):
        if part[0] in "([":
            depth += 1
        elif part[0] in ")]" and depth:
            depth -= 1
        elif part[0] == "]":
            members.append(text[begun : part.start()].strip())
            return members, part.end()
        elif part[0] == "," and not depth:
            members.append(text[begun : part.start()].strip())
            begun = part.end()
    return None
