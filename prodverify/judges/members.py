"""
The members of a header field's value, quoted strings kept whole.

RFC 9110 sections 5.3 (lines of one name combine with commas) and 5.6.4 (quoted strings).
"""

from __future__ import annotations

from collections.abc import Iterable

OWS = " \t"
"""Optional white space: what may stand around a member."""


def split(value: str, separator: str) -> tuple[str, ...]:
    """The members of ``value`` between separators that stand outside quoted strings, trimmed; empty ones are kept."""
    members: list[str] = []
    start, quoted, escaped = 0, False, False
    for index, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            members.append(value[start:index].strip(OWS))
            start = index + 1
    members.append(value[start:].strip(OWS))
    return tuple(members)


def of(lines: Iterable[str]) -> tuple[str, ...]:
    """The members of all lines of one list-valued field, in order, empty ones left out."""
    return tuple(member for line in lines for member in split(line, ",") if member)


def unquote(text: str) -> str:
    """The content of a quoted string; anything else as it is."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text
