"""Content codings undone within bounds: no answer, however it is packed, makes us hold more than its cap."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence

ACCEPTED = "gzip, deflate"
"""What the client says it decodes: what the standard library does. RFC 9110 section 12.5.3."""

_PIECE_BYTES = 64 * 1024
# A real answer has one coding, a careless proxy makes it two. More is an attack on whoever decodes it.
_MOST_LAYERS = 4
_GZIP_MAGIC = b"\x1f\x8b"


class Cut(Exception):  # noqa: N818 - the decoder's own signal
    """Decoding ends here; the message says why, for a person. ``broken``: the stream is at fault, not our limit."""

    def __init__(self, why: str, *, broken: bool = False) -> None:
        super().__init__(why)
        self.broken = broken


class _Layer:
    """One content coding. ``total`` counts what came out of it; beyond ``cap`` it cuts."""

    def __init__(self, coding: str, cap: int) -> None:
        self._coding = coding
        self._cap = cap
        self._total = 0
        self._head = b""
        self._decoder = self._gzip() if coding == "gzip" else None
        self._padded = False

    @staticmethod
    def _gzip() -> zlib._Decompress:
        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` decodes to, in small pieces. Raises Cut where it is corrupt or too much."""
        if self._decoder is None:
            # RFC 9110 section 8.4.1.2 means zlib by "deflate"; some servers send the bare stream. Two bytes tell.
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, b""
            zlib_head = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS if zlib_head else -zlib.MAX_WBITS)
        more = bool(data)
        while more:
            if self._decoder.eof:
                if self._coding != "gzip" or self._padded or not _GZIP_MAGIC.startswith(data[:2]):
                    self._padded = True  # what follows the stream is no part of it, as gzip(1) has it
                    return
                self._decoder = self._gzip()  # RFC 1952 section 2.2: a file is a series of members
            try:
                piece = self._decoder.decompress(data, _PIECE_BYTES)
            except zlib.error:
                raise Cut(f"the {self._coding} stream is corrupt", broken=True) from None
            data = self._decoder.unconsumed_tail or self._decoder.unused_data
            # A full piece may leave more behind, even where all that came in was taken.
            more = bool(data) or (len(piece) == _PIECE_BYTES and not self._decoder.eof)
            room = self._cap - self._total
            self._total += len(piece)
            if piece:
                yield piece[:room]
            if self._total > self._cap:
                raise Cut(f"only {self._cap} bytes are kept after decoding")

    @property
    def ended(self) -> bool:
        """Whether the stream came to its own end."""
        return self._decoder is not None and self._decoder.eof


class Decoder:
    """
    Undoes the codings of one body, outermost last in ``codings``, and keeps at most ``cap`` bytes.

    The cap holds for what comes out of every layer, and no layer ever holds more than one small piece. What was
    decoded before a stream turned out corrupt or too long is kept; ``complete`` is then false and ``note`` says why:
    a broken body is the service's answer, and a judge decides what it means. A coding that was not asked for is not
    undone: the body stays as it came, with a note.
    """

    def __init__(self, codings: Sequence[str], cap: int) -> None:
        wanted = [_name(coding) for coding in codings]
        wanted = [name for name in wanted if name not in ("", "identity")]
        unknown = [name for name in wanted if name not in ("gzip", "deflate")]
        self.note = ""
        self.broken = False
        if unknown:
            self.note = f"content coding {unknown[0][:20]} was not asked for and is not undone"
        elif len(wanted) > _MOST_LAYERS:
            self.note = f"{len(wanted)} content codings one over the other are not undone"
        layers = [] if self.note else [_Layer(name, cap) for name in reversed(wanted)]
        self._layers = layers
        self._cap = cap
        self._kept = bytearray()
        self._fed = False
        self._take: Callable[[bytes], None] = self._keep
        for layer in reversed(layers):
            self._take = _through(layer, self._take)

    def feed(self, data: bytes) -> bool:
        """Takes the next bytes from the wire; false once nothing more is wanted."""
        self._fed = self._fed or bool(data)
        try:
            self._take(data)
        except Cut as cut:
            self.cut(str(cut), broken=cut.broken)
            return False
        return True

    def cut(self, why: str, *, broken: bool = False) -> None:
        """Notes that the body ends before its end, ``broken`` by who sent it or at a limit; the first reason stays."""
        if not self.note:
            self.note, self.broken = why, broken

    def finish(self) -> None:
        """No more bytes come: a stream that is not at its own end is noted. A body of no bytes is whole."""
        if self._fed and not self.note and not all(layer.ended for layer in self._layers):
            self.cut("the compressed stream ends before its end", broken=True)

    @property
    def body(self) -> bytes:
        """What was decoded."""
        return bytes(self._kept)

    @property
    def complete(self) -> bool:
        """Whether ``body`` is all of it."""
        return not self.note

    def _keep(self, data: bytes) -> None:
        room = self._cap - len(self._kept)
        self._kept += data[:room]
        if len(data) > room:
            raise Cut(f"only {self._cap} bytes are kept")


def _name(coding: str) -> str:
    name = coding.strip().lower()
    return "gzip" if name == "x-gzip" else name  # RFC 9110 section 8.4.1.3


def _through(layer: _Layer, take: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def decode(data: bytes) -> None:
        for piece in layer.feed(data):
            take(piece)

    return decode
