"""Where two files differ, and what it is that stands there, in words for a person."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.codecs import codec_of, pieces
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.toc import MAGIC, read_entries, read_head
from prodverify.record.findings import Unjudged

_AROUND = 14
_TAR_BLOCK, _TAR_NAME = 512, 100  # POSIX.1-1988 ustar


@dataclass(frozen=True)
class Touched:
    """The first byte that differs: its file, where a backup has several, its offset, and what it belongs to."""

    file: str
    offset: int
    bit: int
    what: str

    def __str__(self) -> str:
        where = f"{self.file} at {self.offset}" if self.file else f"at {self.offset}"
        return f"{where}, bit {self.bit}: {self.what}"


def touched(original: Path, damaged: Path) -> Touched:
    """The place where ``damaged`` was damaged; the bit is -1 where something was cut off there."""
    if original.is_file():
        return _touched("", original.name, original.read_bytes(), damaged.read_bytes())
    for each in sorted(original.iterdir()):
        before, after = each.read_bytes(), (damaged / each.name).read_bytes()
        if before != after:
            return _touched(each.name, each.name, before, after)
    raise ValueError(f"{damaged} is as {original} is")


def _touched(file: str, name: str, before: bytes, after: bytes) -> Touched:
    offset = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(after))
    bit = (before[offset] ^ after[offset]).bit_length() - 1 if offset < len(after) else -1
    if (codec := codec_of(before)) and bit >= 0:
        return Touched(file, offset, bit, _packed(codec, name, before, after))
    return Touched(file, offset, bit, f"{_part(name, before, offset)} {_around(before, offset)}")


def _packed(codec: str, name: str, before: bytes, after: bytes) -> str:
    """Of what was packed it matters what it unpacks to."""
    whole = b"".join(pieces(BytesIO(before), codec))
    try:
        content = b"".join(pieces(BytesIO(after), codec))
    except (DamagedDump, Unjudged) as problem:
        return str(problem)
    if whole == content:
        return f"its {codec} stream unpacks to the same"
    at = next((at for at, (old, new) in enumerate(zip(whole, content, strict=False)) if old != new), len(content))
    inner = name.rpartition(".")[0] if name.endswith((".gz", ".zst", ".lz4")) else name
    return f"its {codec} stream unpacks to {_part(inner, whole, at)} {_around(whole, at)} at {at}"


def _around(content: bytes, offset: int) -> str:
    return repr(content[max(offset - _AROUND, 0) : offset + _AROUND])[1:]


def _part(name: str, content: bytes, offset: int) -> str:
    if content.startswith(MAGIC):
        return _entry(content, offset)
    if name.endswith(".tar"):
        return _member(content, offset)
    if name.endswith(".sql"):
        start = content.rfind(b"\n", 0, offset) + 1
        return "a comment" if content.startswith(b"--", start) else "a line"
    return "data"


def _entry(content: bytes, offset: int) -> str:
    stream = ByteStream(iter([content]))
    head = read_head(stream)
    if offset < stream.position:
        return "the head of the archive"
    for entry in read_entries(stream, head):
        if offset < stream.position:
            return f"the entry of {entry.kind} {entry.name}"
    return "the data of the archive"


def _member(content: bytes, offset: int) -> str:
    at, name = 0, "its end"
    while head := content[at : at + _TAR_BLOCK].strip(b"\0"):
        name = head[:_TAR_NAME].partition(b"\0")[0].decode("ascii", "replace")
        size = int(content[at + 124 : at + 136].strip(b"\0 "), 8)
        end = at + _TAR_BLOCK + size
        if offset < at + _TAR_BLOCK:
            return f"the head of the member {name}"
        if offset < end:
            if name == "toc.dat":
                return _entry(content[at + _TAR_BLOCK : end], offset - at - _TAR_BLOCK)
            return f"the member {name}"
        at = end + -size % _TAR_BLOCK
        if offset < at:
            return f"what fills up the member {name}"
    return "the end of the tar"
