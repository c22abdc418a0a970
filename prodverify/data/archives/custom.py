"""An archive in pg_dump's custom format, packed from outside or not."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from prodverify.data.archives import blocks
from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.codecs import Unpacking, pieces
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.ending import counted, without_ending
from prodverify.data.archives.facts import Facts, Known
from prodverify.data.archives.loosened import Loosened, is_foreign
from prodverify.data.archives.nameless import Deadline, Written, nameless, openable
from prodverify.data.archives.packed import Packed
from prodverify.data.archives.reading import CHUNK, Hashed, plainly
from prodverify.data.archives.summary import Data, Summary
from prodverify.data.archives.toc import CUSTOM, Head, read_entries, read_head, read_int
from prodverify.data.binaries import Binaries

_DECODERS = min(4, os.cpu_count() or 1)
_WAITING = 256  # tables at most that wait to be unpacked: some databases have a hundred thousand


@dataclass(frozen=True, slots=True)
class CustomArchive(Packed):
    """A custom archive that is whole; ``unpacked_bytes`` is its size without what packed it from outside."""

    path: Path
    facts: Facts
    summary: Summary
    unpacked_bytes: int

    @contextmanager
    def source(self, programs: Binaries, deadline: Deadline) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The archive, or its content in a file without a name where it was packed or is foreign; see ``Packed``."""
        with openable(self.path, self.facts.codec, self.unpacked_bytes, deadline) as (name, descriptors):
            if not is_foreign(programs, name, descriptors, self.facts.compression, deadline):
                yield name, descriptors
                return
        with nameless(self._loosen, self.facts.content_bytes, deadline) as made:
            yield made

    def _loosen(self, file: Written) -> None:
        with self.path.open("rb", buffering=0) as packed:
            stream = ByteStream(pieces(packed, self.facts.codec), remember=True)
            loosened = Loosened(file, stream)
            int_size, compression = loosened.head.int_size, loosened.head.compression
            for _ in self.summary.data:
                block = blocks.next_block(stream, int_size)
                contents = blocks.contents(stream, block, int_size, compression)
                if block.is_rows:
                    for _, content in contents:
                        loosened.rows(block.number, content)
                else:
                    loosened.large_objects(block.number, contents)

    def rows(self, programs: Binaries) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The data of its tables; see ``Archive``."""
        with self.path.open("rb", buffering=0) as file:
            stream = ByteStream(pieces(file, self.facts.codec))
            head = read_head(stream)
            waiting = dict(Summary(head, read_entries(stream, head)).data)
            while waiting:
                block = blocks.next_block(stream, head.int_size)
                data = waiting.pop(block.number)
                if data.table and data.copy:
                    for _, content in blocks.contents(stream, block, head.int_size, head.compression):
                        yield data.table, without_ending(content, data.ends)
                else:
                    blocks.skip(stream, block, head.int_size)


def examine_custom(path: Path, codec: str, known: Known | None = None) -> CustomArchive:
    """
    Read all of it and unpack all of its data, several tables at once where it is not packed from outside.

    One that is ``known`` and not packed from outside is read alone; it is unpacked after that where it is another.

    Raises as ``archive.examine`` does.
    """
    with Hashed(path) as file, ThreadPoolExecutor(_DECODERS, thread_name_prefix="unpacking") as beside:
        unpacking = Unpacking(file, codec) if codec else None
        stream = ByteStream(iter(unpacking) if unpacking else plainly(file))
        head = read_head(stream)
        if head.format != CUSTOM:
            raise DamagedDump("it is one file of an archive in several: it is the toc.dat of a directory or tar")
        summary = Summary(head, read_entries(stream, head))
        sizes: deque[Future[int]] = deque()
        packed: list[tuple[blocks.Block, int, Data, Head]] = []
        content = 0
        try:
            for data, block in _walk(stream, summary):
                if codec or head.compression == "none":  # which is nothing that could be done beside
                    content += _size(stream, block, data, head)
                    continue
                blocks.skip(stream, block, head.int_size)
                if known:
                    packed.append((block, stream.position, data, head))
                else:
                    sizes.append(beside.submit(_size_at, path, block, stream.position, data, head))
                    content += sizes.popleft().result() if len(sizes) > _WAITING else 0
            _expect_nothing_more(stream, head)
            content += sum(size.result() for size in sizes)
            if known and known.sha256 == file.sha256:
                content += known.content_bytes if packed else 0
            else:
                content += sum(beside.map(lambda each: _size_at(path, *each), packed))
        except BaseException:
            beside.shutdown(cancel_futures=True)
            raise
        facts = summary.facts(
            kind="custom",
            codec=codec,
            size=file.size,
            sha256=file.sha256,
            content=content,
            self_checking=unpacking is not None and unpacking.checked,
        )
    return CustomArchive(path, facts, summary, stream.position)


def _walk(stream: ByteStream, summary: Summary) -> Iterator[tuple[Data, blocks.Block]]:
    waiting = dict(summary.data)
    while waiting:
        if stream.at_end():
            raise DamagedDump(f"it is cut off: the data of {len(waiting)} of its entries is not there")
        block = blocks.next_block(stream, summary.head.int_size)
        data = waiting.pop(block.number, None)
        if data is None or data.offset not in (0, block.position) or block.is_rows is not bool(data.table):
            raise DamagedDump("it is damaged: its data and its table of contents do not belong together")
        yield data, block


def _size_at(path: Path, block: blocks.Block, end: int, data: Data, head: Head) -> int:
    with path.open("rb", buffering=0) as file:
        file.seek(block.position)
        stream = ByteStream(_portion(file, end - block.position))
        return _size(stream, blocks.next_block(stream, head.int_size), data, head)


def _size(stream: ByteStream, block: blocks.Block, data: Data, head: Head) -> int:
    return sum(
        counted(content, data.ends, data.table or "a large object")
        for _, content in blocks.contents(stream, block, head.int_size, head.compression)
    )


def _portion(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(size, CHUNK))):
        size -= len(piece)
        yield piece


def _expect_nothing_more(stream: ByteStream, head: Head) -> None:
    """pg_dump 16 and newer leave a second table of contents at the end of a file that is their standard output."""
    if stream.at_end():
        return
    try:
        if read_int(stream, head.int_size) == head.entries:
            for _ in read_entries(stream, head):
                continue
            if stream.at_end():
                return
    except DamagedDump:
        pass
    raise DamagedDump("it is damaged: something else follows the end of its data")
