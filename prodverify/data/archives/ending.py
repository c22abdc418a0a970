"""The end of a stream: what must stand there, and the stream without it."""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.data.archives.damage import DamagedDump


def counted(content: Iterator[bytes], end: bytes, where: str) -> int:
    """How many bytes ``content`` has. Raises ``DamagedDump``, which names ``where``, where it ends otherwise."""
    size, last = 0, b""
    for piece in content:
        size += len(piece)
        if end:
            last = (last + piece[-len(end) :])[-len(end) :]
    if last != end:
        raise DamagedDump(f"it is cut off: the data of {where} has no end")
    return size


def without_ending(content: Iterator[bytes], end: bytes) -> Iterator[bytes]:
    """``content`` without its last bytes, as many as ``end`` has."""
    held = b""
    for piece in content:
        held += piece
        if len(held) > len(end):
            yield held[: len(held) - len(end)]
            held = held[len(held) - len(end) :]
