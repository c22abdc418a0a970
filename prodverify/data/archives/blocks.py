"""
The data of a custom archive: blocks behind its table of contents, each of one table or of large objects.

Written as PostgreSQL's ``src/bin/pg_dump/pg_backup_custom.c`` has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.codecs import Unpacking
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.toc import read_int

ROWS, LARGE_OBJECTS = 1, 3
"""Kinds of blocks, BLK_DATA and BLK_BLOBS."""
_BATCH = 1 << 18
_LONGEST_CHUNK = 1 << 30


@dataclass(frozen=True, slots=True)
class Block:
    """The beginning of one: the entry that it belongs to, and where it is."""

    number: int
    is_rows: bool
    position: int


def next_block(stream: ByteStream, int_size: int) -> Block:
    """The head of the block that begins here. Raises ``DamagedDump``."""
    position = stream.position
    kind = stream.exactly(1)[0]
    if kind not in (ROWS, LARGE_OBJECTS):
        raise DamagedDump("it is damaged: a block of its data is none that pg_dump writes")
    return Block(read_int(stream, int_size), kind == ROWS, position)


def contents(
    stream: ByteStream, block: Block, int_size: int, compression: str
) -> Iterator[tuple[int, Iterator[bytes]]]:
    """
    What is in a block, unpacked: the rows of a table, or each large object with its number as it is written there.

    Each is to be used up before the next. Raises ``DamagedDump``, and ``Unjudged`` where the codec is not installed.
    """
    for number, chunks in _streams(stream, block, int_size):
        yield number, unpacked(chunks, compression)
        for _ in chunks:
            continue


def skip(stream: ByteStream, block: Block, int_size: int) -> None:
    """Go to the end of a block without unpacking it. Raises ``DamagedDump``."""
    for _, chunks in _streams(stream, block, int_size):
        for _ in chunks:
            continue


def unpacked(chunks: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """The content of ``chunks``, which pg_dump has packed by ``compression``."""
    if compression == "none":
        return chunks
    return iter(Unpacking(Chunks(chunks), "zlib" if compression == "gzip" else compression))


class Chunks:
    """Chunks of any size as a source of batches, because a call for each 4 KiB costs more than its unpacking."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, size: int, /) -> bytes:
        """The next chunks, together about a quarter MiB; none at the end."""
        batch, length = [], 0
        for chunk in self._chunks:
            batch.append(chunk)
            length += len(chunk)
            if length >= min(size, _BATCH):
                break
        return b"".join(batch)


def _streams(stream: ByteStream, block: Block, int_size: int) -> Iterator[tuple[int, Iterator[bytes]]]:
    if block.is_rows:
        yield 0, _chunks(stream, int_size)
    else:
        while number := read_int(stream, int_size):  # the OID of each, and 0 behind the last
            yield number, _chunks(stream, int_size)


def _chunks(stream: ByteStream, int_size: int) -> Iterator[bytes]:
    head = Struct("<BI" if int_size == 4 else "<BQ")
    while True:
        yield from stream.framed(head, _LONGEST_CHUNK)
        length = read_int(stream, int_size)
        if length == 0:
            return
        if not 0 < length <= _LONGEST_CHUNK:
            raise DamagedDump(f"it is damaged: a piece of its data announces {length} bytes")
        yield from stream.parts(length)
