"""Files that pg_basebackup or an archive_command packed: tar files and WAL, by gzip, zstd or lz4, or not at all."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from prodverify.data.archives.codecs import codec_of, pieces
from prodverify.data.archives.damage import DamagedDump

BASE = "base.tar"
WAL = "pg_wal.tar"
ENDINGS = ("", ".gz", ".zst", ".lz4")
_HEAD = 8


class DamagedCopy(Exception):  # noqa: N818 - what is wrong with it, as a clause
    """The copy is not whole, and cannot be relied on."""


class _Unpacked:
    """The content of a packed file, read in portions of any size."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self._piece, self._at = b"", 0

    def read(self, size: int, /) -> bytes:
        """The next bytes, fewer than ``size`` at the end alone."""
        found: list[bytes] = []
        while size > 0:
            if self._at == len(self._piece):
                self._piece, self._at = next(self._content, b""), 0
                if not self._piece:
                    break
            part = self._piece[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            found.append(part)
        return found[0] if len(found) == 1 else b"".join(found)


def packed(folder: Path, name: str) -> Path | None:
    """The file ``name`` in ``folder``, packed in whatever way, if it is there."""
    return next((path for ending in ENDINGS if (path := folder / f"{name}{ending}").is_file()), None)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """What is in a file, unpacked. Raises ``DamagedCopy``, ``OSError``, and ``Unjudged`` without the codec."""
    try:
        with path.open("rb") as file:
            codec = codec_of(file.read(_HEAD))
            file.seek(0)
            yield cast(IO[bytes], _Unpacked(pieces(file, codec)))
    except DamagedDump as damage:
        raise DamagedCopy(f"{path.name}: {damage}") from None


def members(file: IO[bytes], name: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """The entries of a tar file in order, each with its content. Raises ``DamagedCopy``."""
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive:
            for member in archive:
                yield member, archive.extractfile(member) if member.isfile() else None
    except (tarfile.TarError, EOFError) as error:
        raise DamagedCopy(f"{name}: it is damaged or cut off: {error or 'it ends too early'}") from None


def extract(path: Path, folder: Path, progress: Callable[[str], None] = lambda _: None) -> None:
    """
    Put the files of a tar into ``folder``: files and folders alone, none of them outside it. ``progress`` may raise.

    Raises ``DamagedCopy`` also for a link or a device, which no data folder has, ``Unjudged``, and ``OSError``.
    """
    done = 0
    with opened(path) as file:
        for member, content in members(file, path.name):
            target = (folder / member.name).resolve()
            if not target.is_relative_to(folder) or not (member.isdir() or content is not None):
                raise DamagedCopy(f"{path.name}: {member.name[:80]!r} is no file of a data folder")
            if content is None:
                target.mkdir(mode=0o700, parents=True, exist_ok=True)
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("wb") as written:
                shutil.copyfileobj(content, written, 1 << 20)
            done += member.size
            progress(f"{done >> 20} MiB unpacked")
