"""The rows in the SQL of a dump: each block of COPY, as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodverify.data.archives.encodings import decoded

_NAME = rb'(?:"(?:[^"]|"")+"|[^\s",;().]+)'
_COPY = re.compile(  # pg_dump leaves two spaces where a table has no column that could be written
    rb"COPY (" + _NAME + rb"\." + _NAME + rb"|" + _NAME + rb") (?:\(.*\) | )?FROM stdin;"
)
_END = b"\n\\.\n"
_LONGEST_LINE = 16 << 20


def table_of(statement: bytes, encoding: str) -> str:
    """The table that a statement of COPY fills, as it is written there in ``encoding``; empty where it is none."""
    copy = _COPY.fullmatch(statement)
    return decoded(copy[1], encoding) if copy else ""


def split(pieces: Iterator[bytes], encoding: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """
    Each table of a script with its lines, without the last one, which ends the block; see ``Archive.rows``.

    What is between two tables is passed over. A table whose lines were not used up is used up before the next.
    """
    reading = _Reading(pieces, encoding)
    while (name := reading.next_table()) is not None:
        lines = reading.lines()
        yield name, lines
        for _ in lines:
            continue


class _Reading:
    def __init__(self, pieces: Iterator[bytes], encoding: str) -> None:
        self._pieces = pieces
        self._encoding = encoding
        self._ahead = b""

    def _more(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._ahead += piece
                return True
        return False

    def next_table(self) -> str | None:
        at = 0
        while True:
            end = self._ahead.find(b"\n", at)
            if end < 0:
                self._ahead = self._ahead[at:] if len(self._ahead) - at < _LONGEST_LINE else b""
                at = 0
                if not self._more():
                    return None
                continue
            if self._ahead.startswith(b"COPY ", at) and (table := table_of(self._ahead[at:end], self._encoding)):
                self._ahead = self._ahead[end:]  # an empty block ends with this very line break
                return table
            at = end + 1

    def lines(self) -> Iterator[bytes]:
        first = True
        while True:
            end = self._ahead.find(_END)
            whole = self._ahead[: end + 1] if end >= 0 else self._ahead[: 1 - len(_END)]
            if end >= 0:
                self._ahead = self._ahead[end + len(_END) :]
            else:
                self._ahead = self._ahead[len(whole) :]
            if first and whole:
                whole, first = whole[1:], False
            if whole:
                yield whole
            if end >= 0:
                return
            if not self._more():
                return
