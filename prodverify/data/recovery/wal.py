"""
Archived WAL, brought to where a recovery reads it.

Names of segments and histories are PostgreSQL's (src/include/access/xlog_internal.h): 24 hexadecimal digits, of which
the first eight are the timeline; ``XXXXXXXX.history`` beside them.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from prodverify.data.recovery.packing import DamagedCopy, opened
from prodverify.record.findings import Unjudged, inconclusive

_SEGMENT = re.compile(r"([0-9A-F]{24})(\.gz|\.zst|\.lz4)?")
_HISTORY = re.compile(r"([0-9A-F]{8}\.history)(\.gz|\.zst|\.lz4)?")


@dataclass(frozen=True, slots=True)
class Staged:
    """What was brought: how many segments, their bytes unpacked, and the last one's name."""

    segments: int
    bytes: int
    last: str


def stage(archive: Path, folder: Path, first: str) -> Staged:
    """
    Copy into ``folder`` what ``archive`` has from segment ``first`` on, of its timeline and later ones, unpacked.

    A file that is there packed and unpacked is taken once. Raises ``DamagedCopy`` for a packed one that cannot be
    unpacked, ``Unjudged`` where the place cannot be read, ``OSError`` where ours cannot be written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found: dict[str, Path] = {}
    for path in _listed(archive):
        match = _SEGMENT.fullmatch(path.name) or _HISTORY.fullmatch(path.name)
        if match and (".history" in path.name or _follows(match[1], first)):
            found.setdefault(match[1], path)
    size, segments = 0, sorted(name for name in found if len(name) == 24)
    for name, path in found.items():
        try:
            with opened(path) as content, (folder / name).open("wb") as written:
                shutil.copyfileobj(content, written, 1 << 20)
        except DamagedCopy as damage:
            raise DamagedCopy(f"archived WAL {damage}") from None
        size += (folder / name).stat().st_size if len(name) == 24 else 0
    return Staged(len(segments), size, segments[-1] if segments else "")


def gap(folder: Path, first: str) -> str:
    """The first segment that is missing between ``first`` and the last of its timeline; empty where none is."""
    names = sorted(
        path.name for path in folder.iterdir() if _SEGMENT.fullmatch(path.name) and path.name[:8] == first[:8]
    )
    if not names or first not in names:
        return first
    size = (folder / names[0]).stat().st_size
    if not size:
        return names[0]
    for before, after in pairwise(names):
        if after != following(before, size):
            return following(before, size)
    return ""


def following(segment: str, size: int) -> str:
    """The name of the segment after ``segment``, where each has ``size`` bytes: 4 GiB share the middle eight digits."""
    each = max(1, (1 << 32) // size)
    number = int(segment[8:16], 16) * each + int(segment[16:], 16) + 1
    return f"{segment[:8]}{number // each:08X}{number % each:08X}"


def _follows(name: str, first: str) -> bool:
    return name[:8] >= first[:8] and name[8:] >= first[8:]


def _listed(archive: Path) -> list[Path]:
    try:
        # archives of some tools put segments into a folder for each log number
        return sorted(path for pattern in ("*", "*/*") for path in archive.glob(pattern) if path.is_file())
    except OSError as error:
        raise Unjudged(
            inconclusive(
                "recovery-wal-unreadable",
                f"archived WAL at {archive}",
                error.strerror or str(error),
                next_step="check wal in [recovery], whether it is mounted, and who may read it",
            )
        ) from None
