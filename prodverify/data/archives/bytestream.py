"""Bytes in the order of a file, as many at a time as wanted."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from prodverify.data.archives.damage import DamagedDump


class ByteStream:
    """
    A stream of pieces, read in portions of another size. ``position`` is how many bytes were read.

    One that is told to ``remember`` can tell what it gave. What ends too early raises ``DamagedDump``.
    """

    def __init__(self, pieces: Iterator[bytes], *, remember: bool = False) -> None:
        self._pieces = pieces
        self._remember = remember
        self._heard = bytearray()
        self._piece = b""
        self._at = 0
        self._before = 0

    @property
    def position(self) -> int:
        """How many bytes were read."""
        return self._before + self._at

    def exactly(self, count: int) -> bytes:
        """The next ``count`` bytes, which are gathered as they come: a length that lies costs no memory."""
        end = self._at + count
        if end <= len(self._piece):
            found = self._piece[self._at : end]
            self._at = end
        else:
            found = b"".join(self.parts(count))
        if self._remember:
            self._heard += found
        return found

    def heard(self) -> bytes:
        """What ``exactly`` has given since this was asked last."""
        found = bytes(self._heard)
        self._heard.clear()
        return found

    def parts(self, count: int) -> Iterator[bytes]:
        """The next ``count`` bytes as they come, none of them empty."""
        while count > 0:
            if self._at == len(self._piece) and not self._next():
                raise DamagedDump("it is cut off: it ends within what it announces")
            found = self._piece[self._at : self._at + count]
            self._at += len(found)
            count -= len(found)
            yield found

    def framed(self, head: Struct, longest: int) -> Iterator[bytes]:
        """
        The content of the frames that follow whole in memory, joined: each is a ``head`` of a zero and a length, and
        its bytes. One that reaches further, is longer than ``longest`` or empty is left for the caller.

        An archive that is not compressed has a frame for each row, so that this loop is what reading one costs.
        """
        while True:
            piece, at, last = self._piece, self._at, len(self._piece) - head.size
            found = []
            while at <= last:
                sign, length = head.unpack_from(piece, at)
                begin = at + head.size
                if sign or not 0 < length <= longest or begin + length > len(piece):
                    break
                at = begin + length
                found.append(piece[begin:at])
            self._at = at
            if not found:
                return
            yield b"".join(found)

    def at_end(self) -> bool:
        """Whether nothing follows."""
        return self._at == len(self._piece) and not self._next()

    def _next(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._before += len(self._piece)
                self._piece, self._at = piece, 0
                return True
        return False
