"""What was seen of a migration that went up, down by one, and up again. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """
    What was seen: the schema's lines after the upgrade, after the downgrade, and after the second upgrade.

    ``rows`` is how many rows the tables held; ``unread`` are those that got none because the role may not read them.
    ``failed`` is the step that failed (``upgrade``, ``downgrade``, ``upgrade again``) and ``said`` why; both are empty
    where none did. ``unchanged`` is whether the downgrade changed neither the schema nor any row, the tool's own record
    included.
    """

    rows: int
    unread: tuple[str, ...] = ()
    failed: str = ""
    said: str = ""
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    unchanged: bool = False
    seconds: float = 0.0
