"""
The head and the table of contents of an archive that pg_dump wrote: custom, directory and tar have the same.

Read as ``ReadHead`` and ``ReadToc`` do in PostgreSQL's ``src/bin/pg_dump/pg_backup_archiver.c``, for the formats 1.12
(PostgreSQL 9.0) to 1.16 (17 and 18); nothing is allocated because a length says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.damage import DamagedDump
from prodverify.record.findings import Unjudged, inconclusive

MAGIC = b"PGDMP"
COMPRESSIONS = ("none", "gzip", "lz4", "zstd")  # pg_compress_algorithm in src/include/common/compression.h
CUSTOM, TAR = 1, 3  # ArchiveFormat in src/bin/pg_dump/pg_backup.h; a directory says tar

_OLDEST, _NEWEST = (1, 12), (1, 16)
_LONGEST_TEXT = 64 << 20
NO_DATA, AT_OFFSET = 3, 2
"""What an entry of a custom archive says of its data: there is none, or it is at an offset that is known."""
_OFFSET_FLAGS = (1, AT_OFFSET, NO_DATA)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the table of contents. ``taken_at`` is None where the date is none."""

    version: tuple[int, int]
    int_size: int
    offset_size: int
    format: int
    compression: str
    taken_at: datetime | None
    database: str
    server_version: str
    tool_version: str
    entries: int


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One thing in an archive; texts as in its table of contents.

    ``copy`` is the COPY statement of a table's data, in the archive's encoding, empty where it was written as INSERT.
    ``offset`` is where its data is in a custom archive, 0 where that is not told; ``file`` is its file in a directory
    or tar.
    """

    number: int
    kind: str
    name: str
    schema: str
    owner: str
    tablespace: str
    definition: bytes
    copy: bytes
    has_data: bool
    offset: int
    file: str


def read_head(stream: ByteStream) -> Head:
    """The head, up to and with the number of entries. Raises ``DamagedDump`` and ``Unjudged``."""
    if stream.exactly(len(MAGIC)) != MAGIC:
        raise DamagedDump("it is no archive of pg_dump: its head does not begin with PGDMP")
    major, minor, _ = stream.exactly(3)
    version = (major, minor)
    if not _OLDEST <= version <= _NEWEST:
        raise Unjudged(
            inconclusive(
                "archive-format-unknown",
                f"an archive of format {_dotted(_OLDEST)} to {_dotted(_NEWEST)}, which PostgreSQL 9.0 to 18 write",
                f"format {_dotted(version)}",
                next_step="restore it by the pg_restore of the version that wrote it, or update prodverify",
            )
        )
    int_size, offset_size, kind = stream.exactly(3)
    if int_size not in (4, 8) or offset_size not in (4, 8) or kind not in (CUSTOM, TAR):
        raise DamagedDump("it is damaged: its head is none that pg_dump writes")
    numbers = _Numbers(stream, int_size)
    compression = _compression(stream, numbers, version)
    seconds, minutes, hours, day, month, year, _ = (numbers.int() for _ in range(7))
    database, server_version, tool_version = (numbers.text() for _ in range(3))
    return Head(
        version=version,
        int_size=int_size,
        offset_size=offset_size,
        format=kind,
        compression=compression,
        taken_at=_moment(1900 + year, month + 1, day, hours, minutes, seconds),
        database=database,
        server_version=server_version,
        tool_version=tool_version,
        entries=numbers.int(),
    )


def read_entries(stream: ByteStream, head: Head) -> Iterator[Entry]:
    """Each entry in the order of the archive; the stream stands behind the last one then. Raises ``DamagedDump``."""
    numbers = _Numbers(stream, head.int_size)
    if head.entries < 0:
        raise DamagedDump("it is damaged: it counts fewer than no entries")
    for _ in range(head.entries):
        yield _entry(stream, numbers, head)


def _entry(stream: ByteStream, numbers: _Numbers, head: Head) -> Entry:
    number, has_data = numbers.int(), numbers.int()
    numbers.bytes()  # the OID of its catalog
    numbers.bytes()  # its own OID
    name, kind = numbers.text(), numbers.text()
    section = numbers.int()
    if number <= 0 or has_data not in (0, 1) or not kind or not 1 <= section <= 5:
        raise DamagedDump("it is damaged: an entry of its table of contents is none that pg_dump writes")
    definition = numbers.bytes()
    numbers.bytes()  # how to drop it
    copy, schema = numbers.bytes(), numbers.text()
    tablespace = numbers.text()
    if head.version >= (1, 14):
        numbers.bytes()  # its access method
    if head.version >= (1, 16):
        numbers.int()  # relkind
    owner = numbers.text()
    numbers.bytes()  # whether it has OIDs
    while numbers.bytes_or_none() is not None:
        continue  # what it depends on
    offset, file = 0, ""
    if head.format == CUSTOM:
        flag = stream.exactly(1)[0]
        if flag not in _OFFSET_FLAGS:
            raise DamagedDump("it is damaged: an entry of its table of contents has no place that pg_dump writes")
        offset = int.from_bytes(stream.exactly(head.offset_size), "little") if head.offset_size else 0
        offset = offset if flag == AT_OFFSET else 0
        data = bool(has_data) and flag != NO_DATA
    else:
        file = numbers.text()
        data = bool(file)
    return Entry(number, kind, name, schema, owner, tablespace, definition, copy, data, offset, file)


class _Numbers:
    """The archive's own way to write numbers and texts."""

    def __init__(self, stream: ByteStream, int_size: int) -> None:
        self._stream = stream
        self._size = int_size

    def int(self) -> int:
        """A sign and the lowest byte first."""
        return read_int(self._stream, self._size)

    def bytes_or_none(self) -> bytes | None:
        length = self.int()
        if length < 0:
            return None
        if length > _LONGEST_TEXT:
            raise DamagedDump(f"it is damaged: its table of contents announces a text of {length} bytes")
        return self._stream.exactly(length)

    def bytes(self) -> bytes:
        return self.bytes_or_none() or b""

    def text(self) -> str:
        return self.bytes().decode("utf-8", "replace")


def read_int(stream: ByteStream, size: int) -> int:
    """One number of an archive whose numbers have ``size`` bytes. Raises ``DamagedDump``."""
    written = stream.exactly(size + 1)
    if written[0] > 1:
        raise DamagedDump("it is damaged: a number in it is none that pg_dump writes")
    value = int.from_bytes(written[1:], "little")
    return -value if written[0] else value


def written_int(value: int, size: int) -> bytes:
    """A number as an archive has it whose numbers have ``size`` bytes."""
    return bytes([value < 0]) + abs(value).to_bytes(size, "little")


def _compression(stream: ByteStream, numbers: _Numbers, version: tuple[int, int]) -> str:
    if version < (1, 15):
        return "gzip" if numbers.int() else "none"
    algorithm = stream.exactly(1)[0]
    if algorithm >= len(COMPRESSIONS):
        raise DamagedDump(f"it is damaged: its head names compression {algorithm}, which is none of pg_dump's")
    return COMPRESSIONS[algorithm]


def _moment(*parts: int) -> datetime | None:
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)
