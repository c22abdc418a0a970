"""Lines of a log, as whoever reads them gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MOST_BYTES = 16 << 20
"""Bytes of a log that one observation holds at most."""
MOST_LINES = 200_000
"""And lines: short ones without end cost a hundred times their bytes."""


@dataclass(frozen=True, slots=True)
class Read:
    """
    Whole lines, the oldest first, without what ends them; bytes that are no UTF-8 as lone surrogates.

    ``note`` says what was left out, for a person; empty where nothing was.
    """

    lines: tuple[str, ...]
    note: str = ""


class Reader(Protocol):
    """A log from the moment at which its reader was made."""

    def read(self, request_id: str) -> Read:
        """Every line so far that may belong to the request. Raises Unjudged where the log cannot be read."""

    def close(self) -> None:
        """Lets go of what it holds."""


def read_of(data: bytes, note: str = "") -> Read:
    """The lines in ``data`` that are not blank, at most ``MOST_LINES``. ``note``: what was left out already."""
    pieces = data.split(b"\n", MOST_LINES)
    if len(pieces) > MOST_LINES and pieces.pop():
        note = f"only {MOST_LINES:,} lines were read"
    texts = (line.strip(b"\0\r \t").decode("utf-8", "surrogateescape") for line in pieces)
    return Read(tuple(text for text in texts if text), note)
