"""An archive in pg_dump's tar format, packed from outside or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.codecs import Unpacking, pieces
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.ending import counted, without_ending
from prodverify.data.archives.facts import Facts, Known
from prodverify.data.archives.largeobjects import LIST, OBJECT, objects_in
from prodverify.data.archives.nameless import Deadline, openable
from prodverify.data.archives.packed import Packed
from prodverify.data.archives.reading import Hashed, plainly
from prodverify.data.archives.summary import Summary
from prodverify.data.archives.toc import TAR, read_entries, read_head
from prodverify.data.binaries import Binaries

_BLOCK = 512
_CONTENTS = "toc.dat"
_SCRIPT = "restore.sql"
_FILES = (b"0", b"\0")  # the type of a member that is no folder, link or device
_FOREIGN = "it is a tar and not pg_dump's own, which begins with toc.dat and holds files alone: unpack a packed folder"


@dataclass(frozen=True, slots=True)
class TarArchive(Packed):
    """A tar archive that is whole."""

    path: Path
    facts: Facts
    summary: Summary

    def source(self, programs: Binaries, deadline: Deadline) -> AbstractContextManager[tuple[str, tuple[int, ...]]]:
        """The file, or what it holds in a file without a name where it was packed; see ``Packed``."""
        return openable(self.path, self.facts.codec, self.facts.content_bytes, deadline)

    def rows(self, programs: Binaries) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The members of its tables; see ``Archive``."""
        tables = {data.file: data for data in self.summary.data.values() if data.table and data.copy}
        with self.path.open("rb", buffering=0) as file:
            for member in _members(ByteStream(pieces(file, self.facts.codec))):
                if data := tables.get(member.name):
                    yield data.table, without_ending(member.content, data.ends)


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of a tar; ``content`` is to be used up before the next member is asked for."""

    name: str
    size: int
    content: Iterator[bytes]


def examine_tar(path: Path, codec: str, known: Known | None = None) -> TarArchive:
    """Read all of it, whether ``known`` or not. Raises as ``archive.examine`` does."""
    with Hashed(path) as file:
        unpacking = Unpacking(file, codec) if codec else None
        stream = ByteStream(iter(unpacking) if unpacking else plainly(file))
        members = _members(stream)
        first = next(members, None)
        if first is None or first.name != _CONTENTS:
            raise DamagedDump(_FOREIGN)
        summary = _contents(first)
        expected = {data.file: data for data in summary.data.values() if data.kind != "BLOBS"}
        listed: set[str] = set()
        for member in members:
            data = expected.pop(member.name, None)
            if LIST.fullmatch(member.name):
                listed ^= set(objects_in(member.content, member.name))
            elif data is None and OBJECT.fullmatch(member.name):
                listed ^= {member.name}
                counted(member.content, b"", member.name)
            elif data is None and member.name != _SCRIPT:
                raise DamagedDump(f"it is damaged: its member {member.name[:100]!r} is not in its table of contents")
            else:
                counted(member.content, data.ends if data else b"", member.name)
        if lacking := [*expected, *listed]:
            raise DamagedDump(f"it is not whole: it lacks its member {min(lacking)}, or what belongs to it")
        content = stream.position
        size, sha256 = file.size, file.sha256
    facts = summary.facts(
        kind="tar",
        codec=codec,
        size=size,
        sha256=sha256,
        content=content,
        self_checking=unpacking is not None and unpacking.checked,
    )
    return TarArchive(path, facts, summary)


def _contents(member: _Member) -> Summary:
    stream = ByteStream(member.content)
    head = read_head(stream)
    if head.format != TAR or head.compression != "none":
        raise DamagedDump("it is damaged: its toc.dat is none of a tar")
    summary = Summary(head, read_entries(stream, head))
    if not stream.at_end():
        raise DamagedDump("it is damaged: something else follows in its toc.dat")
    return summary


def _members(stream: ByteStream) -> Iterator[_Member]:
    """Each member in its order; POSIX.1-1988 ustar, and sizes in binary as pg_dump writes them above 8 GiB."""
    while (head := stream.exactly(_BLOCK)).strip(b"\0"):
        size, total = _number(head[124:136]), _number(head[148:156])
        if total != sum(head[:148]) + 8 * ord(" ") + sum(head[156:]) or size < 0:
            raise DamagedDump("it is damaged: the head of a member of its tar is none that tar writes")
        if head[156:157] not in _FILES:
            raise DamagedDump(_FOREIGN)
        name = head[:100].partition(b"\0")[0].decode("utf-8", "replace")
        content = stream.parts(size)
        yield _Member(name, size, content)
        for _ in content:
            continue
        stream.exactly(-size % _BLOCK)
    while not stream.at_end():
        if stream.exactly(_BLOCK).strip(b"\0"):
            raise DamagedDump("it is damaged: something else follows the end of its tar")


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.strip(b" \0")
    try:
        return int(digits or b"0", 8)
    except ValueError:
        return -1
