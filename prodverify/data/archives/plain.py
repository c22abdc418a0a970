"""A plain SQL dump of one database, packed from outside or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prodverify.data.archives import script
from prodverify.data.archives.codecs import Unpacking, pieces
from prodverify.data.archives.damage import ROWS_ALONE, DamagedDump
from prodverify.data.archives.facts import Facts, Known
from prodverify.data.archives.reading import Hashed, Source, plainly
from prodverify.data.archives.restore import restore
from prodverify.data.archives.rows import split
from prodverify.data.archives.script import Script
from prodverify.data.binaries import Binaries

_TAIL = 4096


@dataclass(frozen=True, slots=True)
class PlainDump:
    """Plain SQL that is whole."""

    path: Path
    facts: Facts
    script: Script

    def restore(
        self,
        programs: Binaries,
        dsn: str,
        *,
        jobs: int,
        deadline_seconds: float,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """By psql, in one transaction; see ``Archive``. One session, whatever ``jobs`` says."""
        said = _Progress(self.facts.size_bytes, progress)
        pieces = _statements(self.path, self.facts.codec, self.script.token, said)
        restore(programs, dsn, pieces, deadline_seconds=deadline_seconds)

    def rows(self, programs: Binaries) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The blocks of COPY in it; see ``Archive``."""
        with self.path.open("rb", buffering=0) as file:
            yield from split(pieces(file, self.facts.codec), self.facts.encoding)


def examine_plain(path: Path, codec: str, known: Known | None = None) -> PlainDump:
    """Read all of it, whether ``known`` or not. Raises as ``archive.examine`` does."""
    with Hashed(path) as file:
        unpacking = Unpacking(file, codec) if codec else None
        counting = _Counting(unpacking or plainly(file))
        said = script.read(counting)
        size, sha256 = file.size, file.sha256
    if said.empty:
        raise DamagedDump("it is empty")
    if not said.complete and not said.unsupported:
        raise DamagedDump("it is cut off: it does not end with 'PostgreSQL database dump complete'")
    if said.has_rows and not said.creates:
        raise DamagedDump(ROWS_ALONE)
    facts = Facts(
        format="plain",
        codec=codec,
        compression="",
        size_bytes=size,
        sha256=sha256,
        server_version=said.server_version,
        tool_version=said.tool_version,
        server_major=said.server_major,
        tool_major=said.tool_major,
        database="",
        encoding=said.encoding,
        extensions=said.extensions,
        roles=said.roles,
        tablespaces=said.tablespaces,
        sequences=said.sequences,
        taken_at=None,
        self_checking=unpacking is not None and unpacking.checked,
        unsupported=said.unsupported,
        content_bytes=counting.size,
    )
    return PlainDump(path, facts, said)


class _Counting:
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            yield piece


class _Progress:
    """A file that tells how much of it was read."""

    def __init__(self, size: int, tell: Callable[[str], None] | None) -> None:
        self._size = size
        self._tell = tell
        self._read = 0

    def note(self, count: int) -> None:
        self._read += count
        if self._tell is not None:
            self._tell(f"{self._read >> 20} of {self._size >> 20} MiB")


class _Told:
    def __init__(self, source: Source, progress: _Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self._progress.note(len(data))
        return data


def _statements(path: Path, codec: str, token: bytes, progress: _Progress) -> Iterator[bytes]:
    # without the ``restrict`` lines of ``token``: whoever can write the file knows it
    opening, closing = (re.escape(b"\\" + word + b" " + token) for word in (b"restrict", b"unrestrict"))
    with path.open("rb", buffering=0) as file:
        held, first = b"", True
        for piece in pieces(_Told(file, progress), codec):
            held += re.sub(rb"(?m)^" + opening + rb"$", b"", piece, count=1) if first and token else piece
            first = False
            yield held[:-_TAIL]
            held = held[-_TAIL:]
        yield re.sub(rb"(?m)^" + closing + rb"$", b"", held, count=1) if token else held
