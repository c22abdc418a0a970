"""
An archive whose data is packed by a codec that this pg_restore was built without, as one that is not packed.

Heads, entries and data are copied as they are; only what packs them is another. Written as PostgreSQL's
``src/bin/pg_dump/pg_backup_custom.c`` does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence

from prodverify.data.archives.blocks import LARGE_OBJECTS, ROWS
from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.nameless import Deadline, Written
from prodverify.data.archives.toc import AT_OFFSET, CUSTOM, NO_DATA, TAR, Head, read_entries, read_head, written_int
from prodverify.data.binaries import Binaries
from prodverify.data.network import cut_off

NEEDING = frozenset({"zstd", "lz4"})
"""What PostgreSQL can be built without, and often is."""
_FORMAT_AT, _COMPRESSION_AT = 10, 11  # in the head, from 1.15 on, the first to have these codecs


def is_foreign(
    programs: Binaries, source: str, descriptors: Sequence[int], compression: str, deadline: Deadline
) -> bool:
    """Whether this pg_restore says that it cannot unpack the data of the archive ``source``, which it can read."""
    if compression not in NEEDING:
        return False
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    try:
        asked = subprocess.run(
            cut_off([str(programs.tool("pg_restore")), "--list", source]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=deadline.left(),
            check=False,
            env={**environ, "LC_ALL": "C"},
            pass_fds=descriptors,
        )
    except subprocess.TimeoutExpired:
        raise deadline.overdue() from None
    return b"does not support compression" in asked.stderr


class Loosened:
    """A custom archive that is not packed, as it is written to ``file`` from what ``stream`` says: see ``contents``."""

    def __init__(self, file: Written, stream: ByteStream) -> None:
        self._file = file
        self._stream = stream
        self._places: dict[int, int] = {}
        self.head = self._contents()

    def rows(self, number: int, content: Iterator[bytes]) -> None:
        """The data of a table, of entry ``number``."""
        self._begin(number, ROWS)
        self._data(content)

    def large_objects(self, number: int, objects: Iterator[tuple[int, Iterator[bytes]]]) -> None:
        """The large objects of entry ``number``, each with its own number."""
        self._begin(number, LARGE_OBJECTS)
        for own, content in objects:
            self._file.write(self._int(own))
            self._data(content)
        self._file.write(self._int(0))

    def _contents(self) -> Head:
        # the stream must be one that remembers
        head = read_head(self._stream)
        raw = bytearray(self._stream.heard())
        raw[_FORMAT_AT], raw[_COMPRESSION_AT] = CUSTOM, 0
        self._file.write(raw)
        for entry in read_entries(self._stream, head):
            raw = bytearray(self._stream.heard())
            own = head.int_size + 1 + len(entry.file.encode()) if head.format == TAR else 1 + head.offset_size
            self._file.write(raw[:-own])
            self._places[entry.number] = self._file.tell()
            self._file.write(bytes([NO_DATA]) + bytes(head.offset_size))
        return head

    def _begin(self, number: int, kind: int) -> None:
        at = self._file.tell()
        self._file.seek(self._places[number])
        self._file.write(bytes([AT_OFFSET]) + at.to_bytes(self.head.offset_size, "little"))
        self._file.seek(at)
        self._file.write(bytes([kind]) + self._int(number))

    def _data(self, content: Iterator[bytes]) -> None:
        for piece in content:
            if piece:
                self._file.write(self._int(len(piece)))
                self._file.write(piece)
        self._file.write(self._int(0))

    def _int(self, value: int) -> bytes:
        return written_int(value, self.head.int_size)
