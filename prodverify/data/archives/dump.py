"""Names under which plain dumps were known before there were archives: see ``damage``, ``reading`` and ``archive``."""

from __future__ import annotations

from pathlib import Path

from prodverify.data.archives.codecs import codec_of
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.plain import PlainDump, examine_plain
from prodverify.data.archives.reading import sha256

__all__ = ["DamagedDump", "examine", "sha256"]


def examine(path: Path) -> PlainDump:
    """A plain dump, as ``archive.examine`` finds it."""
    with path.open("rb") as file:
        return examine_plain(path, codec_of(file.read(16)))
