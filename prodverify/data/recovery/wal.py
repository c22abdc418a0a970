"""
Archived WAL, brought to where a recovery reads it.

Names of segments and histories are PostgreSQL's (src/include/access/xlog_internal.h): 24 hexadecimal digits, of which
the first eight are the timeline, whose own eight digits name a ``.history`` file beside them.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from prodverify.data.recovery.packing import DamagedCopy, opened
from prodverify.record.findings import Unjudged, inconclusive

_SEGMENT = re.compile(r"([0-9A-F]{24})(\.gz|\.zst|\.lz4)?")
_HISTORY = re.compile(r"([0-9A-F]{8}\.history)(\.gz|\.zst|\.lz4)?")
_BRANCH = re.compile(r"^\s*(\d+)\s+([0-9A-F]+)/([0-9A-F]+)", re.MULTILINE)
_USUAL_BYTES = 16 << 20  # of a segment, unless initdb was told otherwise
_AT_WORK_SECONDS = 60.0  # an archive_command that copies may be at the last one


@dataclass(frozen=True, slots=True)
class Staged:
    """What was brought: how many segments, their bytes unpacked, and the last one's name."""

    segments: int
    bytes: int
    last: str


def stage(archive: Path, folder: Path, first: str, progress: Callable[[str], None] = lambda _: None) -> Staged:
    """
    Copy into ``folder`` what ``archive`` has from segment ``first`` on, of its timeline and later ones, unpacked.

    A file that is there packed and unpacked is taken once. The last segment is left where it is while something may
    still be writing it. Raises ``DamagedCopy`` for a packed one that cannot be unpacked, ``Unjudged`` where the place
    cannot be read, ``OSError`` where ours cannot be written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = _wanted(archive, first)
    newest = max((name for name in found if len(name) == 24), default="")
    at_work = bool(newest) and time.time() - found[newest].stat().st_mtime < _AT_WORK_SECONDS
    for number, (name, path) in enumerate(sorted(found.items()), 1):
        try:
            with opened(path) as content, (folder / name).open("wb") as written:
                shutil.copyfileobj(content, written, 1 << 20)
        except DamagedCopy as damage:
            if name != newest or not at_work:
                raise DamagedCopy(f"archived WAL {damage}") from None
            (folder / name).unlink()
        progress(f"{number} of {len(found)} files of WAL")
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if len(path.name) == 24}
    if at_work and sizes.get(newest, 0) < max(sizes.values(), default=0):
        (folder / newest).unlink(missing_ok=True)
        sizes.pop(newest, None)
    return Staged(len(sizes), sum(sizes.values()), max(sizes, default=""))


def needed_bytes(archive: Path, first: str) -> int:
    """How much room ``stage`` needs: a packed segment becomes as large as the others. Raises ``Unjudged``."""
    sizes = [(path.stat().st_size, path.name == name) for name, path in _wanted(archive, first).items()]
    plain = [size for size, unpacked in sizes if unpacked]
    each = max(plain, default=_USUAL_BYTES)
    return sum(size if unpacked else max(size, each) for size, unpacked in sizes)


def gap(folder: Path, first: str) -> str:
    """
    The first segment that a recovery from ``first`` to the last one of the newest timeline lacks; empty where none is.

    It goes from timeline to timeline where their histories say, as ``recovery_target_timeline = latest`` does: what an
    old primary wrote after another one took over is not on that way.
    """
    names = {path.name for path in folder.iterdir() if len(path.name) == 24 and _SEGMENT.fullmatch(path.name)}
    if first not in names:
        return first
    size = (folder / first).stat().st_size
    if not size:
        return first
    newest = newest_timeline(folder, int(first[:8], 16))
    history = folder / f"{newest:08X}.history"
    legs = [first, *(branches(history, int(first[:8], 16), newest, size) if history.is_file() else ())]
    begun = ""
    while len(legs) > 1 and not any(name[:8] == legs[-1][:8] and name >= legs[-1] for name in names):
        begun = legs.pop()  # its history is archived as it begins, its segments as they are full
    for leg, following_leg in pairwise(legs):
        if missing := _missing(names, leg, leg[:8] + following_leg[8:], size):
            return missing
    last = max(name for name in names if name[:8] == legs[-1][:8])
    if begun:  # what the old primary wrote after it is not on the way
        last = min(last, last[:8] + begun[8:])
    return _missing(names, legs[-1], following(last, size), size)


def _missing(names: set[str], segment: str, end: str, size: int) -> str:
    while segment < end:
        if segment not in names:
            return segment
        segment = following(segment, size)
    return ""


def newest_timeline(folder: Path, timeline: int) -> int:
    """The last of the timelines after ``timeline`` whose histories are in ``folder`` one after the other."""
    while (folder / f"{timeline + 1:08X}.history").is_file():
        timeline += 1
    return timeline


def branches(history: Path, after: int, newest: int, size: int) -> Iterator[str]:
    """The first segment of each timeline that came after ``after`` on the way to ``newest``, by its history file."""
    text = history.read_text("ascii", "replace")
    entries = [(int(at), int(high, 16), int(low, 16)) for at, high, low in _BRANCH.findall(text)]
    if after not in {at for at, _, _ in entries}:
        return
    for number, (at, high, low) in enumerate(entries):
        if at >= after:
            timeline = entries[number + 1][0] if number + 1 < len(entries) else newest
            yield f"{timeline:08X}{high:08X}{low // size:08X}"


def runs(folder: Path) -> list[tuple[str, str]]:
    """The first and the last of each run of segments in ``folder`` that follow each other without a gap."""
    found: list[tuple[str, str]] = []
    for path in sorted(path for path in folder.iterdir() if len(path.name) == 24 and _SEGMENT.fullmatch(path.name)):
        if found and path.name == following(found[-1][1], path.stat().st_size):
            found[-1] = (found[-1][0], path.name)
        else:
            found.append((path.name, path.name))
    return found


def following(segment: str, size: int) -> str:
    """The name of the segment after ``segment``, where each has ``size`` bytes: 4 GiB share the middle eight digits."""
    each = max(1, (1 << 32) // max(1, size))
    number = int(segment[8:16], 16) * each + int(segment[16:], 16) + 1
    return f"{segment[:8]}{number // each:08X}{number % each:08X}"


def _wanted(archive: Path, first: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in _listed(archive):
        match = _SEGMENT.fullmatch(path.name) or _HISTORY.fullmatch(path.name)
        if match and (".history" in path.name or _follows(match[1], first)):
            found.setdefault(match[1], path)
    return found


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
