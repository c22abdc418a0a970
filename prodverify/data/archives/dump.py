"""A plain SQL dump as a file, compressed by gzip or not: its integrity, and its statements in pieces."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from prodverify.data.archives import script
from prodverify.data.archives.script import Script

_CHUNK = 1 << 20
_TAIL = 4096


class DamagedDump(Exception):  # noqa: N818 - what is wrong with the file, as a clause
    """The file is not a whole dump, and cannot be relied on."""


@dataclass(frozen=True, slots=True)
class Dump:
    """A whole dump: the bytes of its file as stored, and what its SQL says."""

    size_bytes: int
    sha256: str
    script: Script


class _Hashing:
    """A file read once for two purposes: its content, and the sha256 of its bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        self.size += len(data)
        return data

    def seek(self, offset: int, /) -> int:
        raise OSError(f"bytes that were hashed are not read again, at {offset}")


def examine(path: Path) -> Dump:
    """
    Read the whole file once and say what it is.

    Raises ``DamagedDump`` where it is empty, not the gzip that its name says, damaged or cut off, and ``OSError``
    where it cannot be read. Dumps of a kind that is not restored here are told in ``script.unsupported``.
    """
    with path.open("rb") as file:
        hashing = _Hashing(file)
        with _damage_told():
            said = script.read(_pieces(hashing, path))
    if said.empty:
        raise DamagedDump("it is empty")
    if not said.complete and not said.unsupported:
        raise DamagedDump("it is cut off: it does not end with 'PostgreSQL database dump complete'")
    return Dump(hashing.size, hashing.sha256.hexdigest(), said)


def statements(path: Path, token: bytes) -> Iterator[bytes]:
    """
    The SQL of the dump in pieces, without the ``restrict`` lines of ``token``: whoever can write the file knows it.

    Raises ``DamagedDump`` and ``OSError`` as ``examine`` does.
    """
    opening, closing = (b"\n\\" + word + b" " + token + b"\n" for word in (b"restrict", b"unrestrict"))
    with path.open("rb") as file, _damage_told():
        held, first = b"", True
        for piece in _pieces(file, path):
            held += piece.replace(opening, b"\n", 1) if first and token else piece
            first = False
            yield held[:-_TAIL]
            held = held[-_TAIL:]
        yield held.replace(closing, b"\n", 1) if token else held


def sha256(path: Path) -> str:
    """The sha256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pieces(file: BinaryIO | _Hashing, path: Path) -> Iterator[bytes]:
    if path.suffix == ".gz":
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            while piece := unpacked.read(_CHUNK):
                yield piece
    else:
        while piece := file.read(_CHUNK):
            yield piece


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise DamagedDump("it is cut off: its gzip stream does not end") from None
    except gzip.BadGzipFile as error:
        raise DamagedDump(f"it is damaged, or not gzip: {error}") from None
    except zlib.error:
        raise DamagedDump("it is damaged: its gzip stream cannot be unpacked") from None
