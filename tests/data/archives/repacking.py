"""
Archives whose data is packed by zstd or lz4, from archives that are not packed: few builds of pg_dump can write them.

Frames are as PostgreSQL 16 and newer write them, without a checksum of their content.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import lz4.frame

from prodverify.data.archives import blocks
from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.loosened import Loosened
from prodverify.data.archives.toc import COMPRESSIONS
from tests.data.archives.damaging import zstd_packed

PACK = {"zstd": lambda content: zstd_packed(content, checksum=False), "lz4": lz4.frame.compress}
SUFFIX = {"zstd": ".zst", "lz4": ".lz4"}
COMPRESSION_AT = 11


class Repacked(Loosened):
    """Writes its data packed."""

    compression = "zstd"

    def _data(self, content):
        super()._data(iter([PACK[self.compression](b"".join(content))]))


def repacked(path: Path, target: Path, compression: str) -> Path:
    """The custom or directory archive at ``path``, packed by ``compression``, as ``target``."""
    if path.is_dir():
        return _directory(path, target, compression)
    with path.open("rb") as read, target.open("wb") as file:
        stream = ByteStream(iter([read.read()]), remember=True)
        written = Repacked(file, stream)
        written.compression = compression
        int_size = written.head.int_size
        while not stream.at_end():
            block = blocks.next_block(stream, int_size)
            contents = blocks.contents(stream, block, int_size, "none")
            if block.is_rows:
                for _, content in contents:
                    written.rows(block.number, content)
            else:
                written.large_objects(block.number, contents)
    _announce(target, compression)
    return target


def _directory(path: Path, target: Path, compression: str) -> Path:
    shutil.copytree(path, target)
    for each in sorted(target.glob("*[0-9].dat")):
        content = each.read_bytes()
        each.unlink()
        # pg_dump opens the codec at the first byte, so that what is empty stays empty
        each.with_name(each.name + SUFFIX[compression]).write_bytes(PACK[compression](content) if content else b"")
    _announce(target / "toc.dat", compression)
    return target


def _announce(path: Path, compression: str) -> None:
    content = bytearray(path.read_bytes())
    content[COMPRESSION_AT] = COMPRESSIONS.index(compression)
    path.write_bytes(content)
