"""A file read once for two purposes: its content, and the sha256 of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

CHUNK = 1 << 20


class Source(Protocol):
    """What can be read from its beginning to its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; none at the end."""


class Hashed:
    """
    A file that hashes what is read of it, in a thread beside the reader: hashing lets other threads run.

    ``read()`` everything, leave the ``with`` block, then ask for ``sha256`` and ``size``. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._hash = hashlib.sha256()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="sha256")
        self._hashing: Future[None] | None = None
        self.size = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; none at the end."""
        data = self._file.read(size)
        self._wait()
        if len(data) < CHUNK // 4:
            self._hash.update(data)
        else:
            self._hashing = self._beside.submit(self._hash.update, data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        """Of everything that was read, in hexadecimal."""
        self._wait()
        return self._hash.hexdigest()

    def _wait(self) -> None:
        if self._hashing is not None:
            self._hashing.result()
            self._hashing = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait()
        self._beside.shutdown()
        self._file.close()


def plainly(source: Source) -> Iterator[bytes]:
    """The bytes of ``source`` in pieces."""
    while piece := source.read(CHUNK):
        yield piece


def sha256(path: Path) -> str:
    """The sha256 of the file's bytes, in hexadecimal; of a folder as ``Facts`` describes it. Raises OSError."""
    if path.is_dir():
        lines = sorted(f"{sha256(each)}  {each.name}\n" for each in path.iterdir() if each.is_file())
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
