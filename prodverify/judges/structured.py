"""
Structured fields, as browsers read them: a field that cannot be parsed is no field.

RFC 9651. All lines of a field are joined before they are parsed (section 4.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 16384
"""Bytes of a field that are parsed; servers accept and send no longer ones."""


def token(lines: Sequence[str]) -> str | None:
    """The token that the lines hold, its parameters left out; None for a string, a list, or what cannot be parsed."""
    parsed = _parsed(lines, "item")
    return None if parsed is None else as_token(parsed[0])


def as_token(value: object) -> str | None:
    """``value`` where it is a token, None where it is a string or anything else."""
    return str(value) if type(value).__name__ == "Token" else None


def dictionary(lines: Sequence[str]) -> Mapping[str, Any] | None:
    """Members by name, each with its parameters; None where the lines are no dictionary."""
    parsed: Mapping[str, Any] | None = _parsed(lines, "dictionary")
    return parsed


def _parsed(lines: Sequence[str], kind: str) -> Any:
    # Imported where it is needed: most runs judge no such field.
    import http_sf

    value = ", ".join(lines).encode("utf-8", "replace")
    try:
        return http_sf.parse(value, tltype=kind) if len(value) <= LONGEST else None
    except (ValueError, ArithmeticError, OverflowError, OSError, RecursionError):  # of dates far away, too
        return None
