"""What a dump was packed by from outside: gzip, zstd or lz4, unpacked in pieces of bounded size."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.reading import CHUNK, Source, plainly
from prodverify.record.findings import Unjudged, inconclusive

MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "lz4": b"\x04\x22\x4d\x18"}
"""How a file of each codec begins: RFC 1952 section 2.3.1, RFC 8878 section 3.1.1, the LZ4 frame format 1.6."""
_SKIPPABLE = 0x184D2A50  # frames of zstd and lz4 that hold no content, in sixteen kinds; pzstd writes them
_WBITS = {"gzip": 31, "zlib": 15}  # zlib.h, inflateInit2: with the head of gzip, or with zlib's own
_HEAD = 5  # bytes that tell a stream's codec and whether it has a checksum
_EXTRA = "backups"


class Decoder(Protocol):
    """One stream of a codec, as zlib, backports.zstd and lz4.frame have it."""

    @property
    def eof(self) -> bool:
        """Whether its end was reached."""

    @property
    def unused_data(self) -> bytes | None:
        """What came after its end."""


class Unpacking:
    """
    The content of a packed file: iterate over it once; pieces are at most 1 MiB, whatever the ratio.

    ``codec`` is one of ``MAGIC``, or ``zlib`` for one bare stream inside an archive. Afterwards ``checked`` says
    whether every stream in it has a checksum of its content: gzip always has, zstd and lz4 where the packer was told so
    (their own programs do, libraries do not). Raises ``DamagedDump``, and ``Unjudged`` where the codec is not
    installed.
    """

    def __init__(self, source: Source, codec: str) -> None:
        self._source = source
        self._codec = codec
        self._new, self._errors = _decoders(codec)
        self.checked = True
        self._streams = 0

    def __iter__(self) -> Iterator[bytes]:
        ahead = self._begin(b"")
        while ahead:
            self._streams += 1
            decoder = self._new()
            while not decoder.eof:
                try:
                    piece, ahead = _step(decoder, ahead)
                except self._errors as error:
                    raise self._damaged(error) from None
                if piece:
                    yield piece
                if not decoder.eof and not ahead and _hungry(decoder) and not (ahead := self._source.read(CHUNK)):
                    raise DamagedDump(f"it is cut off: its {self._codec} stream does not end")
            ahead = self._begin(decoder.unused_data or b"")

    def _begin(self, ahead: bytes) -> bytes:
        # the next stream of the file, or nothing at its end
        while len(ahead) < _HEAD and (more := self._source.read(CHUNK)):
            ahead += more
        if self._streams and self._codec == "gzip":
            while ahead and not ahead.strip(b"\0"):  # tapes and blocks are filled up with zeros
                ahead = self._source.read(CHUNK)
        if not ahead:
            return b""
        magic = MAGIC.get(self._codec, b"")
        if self._streams and not ((magic and ahead.startswith(magic)) or self._skips(ahead)):
            raise DamagedDump(f"it is damaged: something else follows its {self._codec} stream {self._streams}")
        if ahead.startswith(magic):
            self.checked &= _is_checked(self._codec, ahead)
        elif not self._skips(ahead):
            raise DamagedDump(f"it is damaged, or not {self._codec}")
        return ahead

    def _skips(self, ahead: bytes) -> bool:
        return self._codec in ("zstd", "lz4") and _skippable(ahead)

    def _damaged(self, error: Exception) -> Exception:
        if "memory" in str(error) or "Window" in str(error) or "window" in str(error):
            return Unjudged(
                inconclusive(
                    "archive-not-unpacked",
                    f"a {self._codec} stream that is unpacked in 128 MiB of memory",
                    str(error),
                    next_step="pack backups without --long or --ultra",
                )
            )
        return DamagedDump(f"it is damaged: its {self._codec} stream cannot be unpacked")


def pieces(source: Source, codec: str) -> Iterator[bytes]:
    """The content of ``source``, unpacked where ``codec`` names what packed it. Raises as ``Unpacking`` does."""
    return iter(Unpacking(source, codec)) if codec else plainly(source)


def _step(decoder: Any, ahead: bytes) -> tuple[bytes, bytes]:
    # zlib hands back what it did not look at, the others keep it
    piece = decoder.decompress(ahead, CHUNK)
    return piece, getattr(decoder, "unconsumed_tail", b"")


def _hungry(decoder: Any) -> bool:
    return bool(getattr(decoder, "needs_input", True))


def _decoders(codec: str) -> tuple[Callable[[], Decoder], tuple[type[Exception], ...]]:
    if codec in _WBITS:
        return lambda: zlib.decompressobj(wbits=_WBITS[codec]), (zlib.error,)
    if codec == "zstd":
        module = _imported("compression.zstd", "backports.zstd")
        return module.ZstdDecompressor, (module.ZstdError,)
    module = _imported("lz4.frame")
    return module.LZ4FrameDecompressor, (RuntimeError,)


def _imported(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise Unjudged(
        inconclusive(
            "archive-not-unpacked",
            f"{names[-1]}, which unpacks this backup",
            "it is not installed",
            next_step=f"install the extra: pip install 'prodverify[{_EXTRA}]'",
        )
    )


def _is_checked(codec: str, head: bytes) -> bool:
    # bit 2 of the byte after the magic is the content checksum's flag in both formats
    return codec in _WBITS or bool(head[4:5] and head[4] & 0b100)


def codec_of(head: bytes) -> str:
    """What packed a file that begins like this: ``gzip``, ``zstd``, ``lz4``, or nothing."""
    if _skippable(head):
        return "zstd"  # pzstd and zstd --patch write it first; lz4 reads none at the beginning
    return next((codec for codec, magic in MAGIC.items() if head.startswith(magic)), "")


def _skippable(head: bytes) -> bool:
    return int.from_bytes(head[:4], "little") & ~0xF == _SKIPPABLE
