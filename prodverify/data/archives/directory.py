"""An archive in pg_dump's directory format: a table of contents, and a file for each table and large object."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.codecs import Unpacking, pieces
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.ending import counted, without_ending
from prodverify.data.archives.facts import Facts, Known
from prodverify.data.archives.largeobjects import LIST, foreign, number_in, objects_in
from prodverify.data.archives.loosened import Loosened, is_foreign
from prodverify.data.archives.nameless import Deadline, Written, nameless
from prodverify.data.archives.packed import Packed
from prodverify.data.archives.reading import Hashed, plainly
from prodverify.data.archives.summary import Data, Summary
from prodverify.data.archives.toc import TAR, read_entries, read_head
from prodverify.data.binaries import Binaries

CONTENTS = "toc.dat"
_READERS = min(4, os.cpu_count() or 1)
_TOGETHER = 256
_SUFFIXES = {"": "", ".gz": "gzip", ".lz4": "lz4", ".zst": "zstd"}  # in the order in which pg_restore looks


@dataclass(frozen=True, slots=True)
class DirectoryArchive(Packed):
    """A directory archive that is whole."""

    path: Path
    facts: Facts
    summary: Summary

    @contextmanager
    def source(self, programs: Binaries, deadline: Deadline) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The folder, or its content in a file without a name where it is foreign; see ``Packed``."""
        if not is_foreign(programs, str(self.path.absolute()), (), self.facts.compression, deadline):
            yield str(self.path.absolute()), ()
            return
        with nameless(self._loosen, self.facts.content_bytes, deadline) as made:
            yield made

    def _loosen(self, file: Written) -> None:
        loosened = Loosened(file, ByteStream(self._content(CONTENTS), remember=True))
        for data in self.summary.data.values():
            if data.table:
                loosened.rows(data.number, self._content(data.file))
            else:
                names = objects_in(self._content(_list_of(data, loosened.head.version)), data.file)
                objects = ((number_in(name), self._content(name)) for name in names)
                loosened.large_objects(data.number, objects)

    def _content(self, name: str) -> Iterator[bytes]:
        stored, codec = _stored(self.path, name)
        with (self.path / stored).open("rb", buffering=0) as file:
            yield from pieces(file, codec)

    def rows(self, programs: Binaries) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The files of its tables; see ``Archive``."""
        for data in self.summary.data.values():
            if data.table and data.copy:
                yield data.table, without_ending(self._content(data.file), data.ends)


@dataclass(frozen=True, slots=True)
class _File:
    """One file that was read through."""

    name: str
    size: int
    sha256: str
    content: int
    checked: bool


def examine_directory(path: Path, codec: str, known: Known | None = None) -> DirectoryArchive:
    """
    Read all of its files, several at once, and unpack them, those of one that is ``known`` only where it is another.

    pg_restore opens whatever file its contents name, so that only names that pg_dump gives are let through.
    Raises as ``archive.examine`` does.
    """
    names = _names(path)
    listed = (
        CONTENTS if CONTENTS in names else next((CONTENTS + end for end in _SUFFIXES if CONTENTS + end in names), "")
    )
    if not listed:
        raise DamagedDump(f"it is no archive of pg_dump: the folder has no {CONTENTS}")
    summary, contents = _contents(path / listed)
    wanted: dict[str, bytes] = {}
    for data in summary.data.values():
        wanted.update(_wanted(path, data, summary.head.version))
    reading: dict[str, bytes | None] = {**wanted, **dict.fromkeys(sorted(names - wanted.keys() - {listed}))}
    files = [contents, *_files(path, dict.fromkeys(reading) if known else reading)]
    if known and known.sha256 != _sum(files):
        known, files = None, [contents, *_files(path, reading)]
    facts = summary.facts(
        kind="directory",
        codec="",
        size=sum(file.size for file in files),
        sha256=_sum(files),
        content=known.content_bytes if known else sum(file.content for file in files[: len(wanted) + 1]),
        self_checking=False,
    )
    return DirectoryArchive(path, facts, summary)


def _names(path: Path) -> set[str]:
    names = set()
    with os.scandir(path) as found:
        for each in found:
            if not each.is_file(follow_symlinks=False):
                raise DamagedDump(f"it holds {each.name}, which is no file: pg_dump writes none of these")
            names.add(each.name)
    return names


def _contents(path: Path) -> tuple[Summary, _File]:
    codec = _SUFFIXES[path.name.removeprefix(CONTENTS)]
    with Hashed(path) as file:
        stream = ByteStream(pieces(file, codec))
        head = read_head(stream)
        if head.format != TAR:
            raise DamagedDump(f"it is damaged: its {CONTENTS} is none of a directory")
        summary = Summary(head, read_entries(stream, head))
        if not stream.at_end():
            raise DamagedDump(f"it is damaged: something else follows in its {CONTENTS}")
        return summary, _File(path.name, file.size, file.sha256, stream.position, checked=False)


def _wanted(path: Path, data: Data, version: tuple[int, int]) -> dict[str, bytes]:
    """The files of one entry, and how the content of each must end."""
    if data.kind != "BLOBS":
        if not re.fullmatch(rf"{data.number}\.dat", data.file):
            raise foreign(data.file)
        return {_stored(path, data.file)[0]: data.ends}
    name = _list_of(data, version)
    if not LIST.fullmatch(name):
        raise foreign(name)
    stored, codec = _stored(path, name)
    with (path / stored).open("rb", buffering=0) as file:
        listed = objects_in(pieces(file, codec), stored)
    return {stored: b"", **{_stored(path, each)[0]: b"" for each in listed}}


def _list_of(data: Data, version: tuple[int, int]) -> str:
    return data.file if version >= (1, 16) else "blobs.toc"  # what older ones name is another file


def _stored(path: Path, name: str) -> tuple[str, str]:
    for suffix, codec in _SUFFIXES.items():
        if (path / (name + suffix)).is_file():
            return name + suffix, codec
    raise DamagedDump(f"it is not whole: it lacks its file {name}")


def _files(path: Path, reading: Mapping[str, bytes | None]) -> Iterator[_File]:
    named = list(reading.items())
    with ThreadPoolExecutor(_READERS, thread_name_prefix="reading") as beside:
        for at in range(0, len(named), _TOGETHER):  # so that of many files few wait, and the first damage ends it
            yield from beside.map(lambda each: _read(path / each[0], each[1]), named[at : at + _TOGETHER])


def _sum(files: list[_File]) -> str:
    lines = sorted(f"{file.sha256}  {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _read(path: Path, end: bytes | None) -> _File:
    """All of one file; ``end`` is None for one that is not unpacked, such as one that the contents do not name."""
    codec = _SUFFIXES.get(path.suffix, "") if end is not None else ""
    with Hashed(path) as file:
        unpacking = Unpacking(file, codec) if codec else None
        try:
            content = counted(iter(unpacking) if unpacking else plainly(file), end or b"", path.name)
        except DamagedDump as damage:
            raise DamagedDump(f"{damage} ({path.name})" if path.name not in str(damage) else str(damage)) from None
        return _File(path.name, file.size, file.sha256, content, unpacking is None or unpacking.checked)
