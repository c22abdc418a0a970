"""Physical copies as pg_basebackup leaves them: a folder that is a data folder, or one that holds tar files."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prodverify.data.recovery.copying import links
from prodverify.data.recovery.packing import BASE, DamagedCopy, members, opened, packed
from prodverify.record.findings import Finding, Unjudged, fail, inconclusive

MANIFEST = "backup_manifest"
LABEL = "backup_label"
_START = re.compile(r"^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+) \(file ([0-9A-F]{24})\)$", re.MULTILINE)
_MOMENT = re.compile(r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+)$", re.MULTILINE)
_OFFSET = re.compile(r"[+-]\d\d(:?\d\d)?")
_EASTERNMOST, _WESTERNMOST = timedelta(hours=14), timedelta(hours=-12)
_INCREMENTAL = re.compile(r"^INCREMENTAL FROM LSN: ([0-9A-F]+/[0-9A-F]+)$", re.MULTILINE)
_AT_WORK_SECONDS = 600.0  # pg_basebackup writes all the time; its manifest comes last
_SMALL = 1 << 20  # of a label; a copy that names gigabytes so is none


@dataclass(frozen=True, slots=True)
class Copy:
    """
    One physical copy.

    ``taken_at`` is when the copy began, by its label or manifest; ``first_segment`` the WAL file that recovery begins
    with; ``packed`` whether it is in tar files; ``manifest`` whether pg_basebackup left one, which it does unless told
    otherwise; ``obstacle`` why it cannot be recovered here, as a clause. ``begins`` is where in WAL it begins,
    ``since`` where the copy does that it is incremental to, empty for a whole one, and ``earlier`` are those that make
    a whole one with it, oldest first.
    """

    path: Path
    major: int
    taken_at: datetime
    first_segment: str
    packed: bool
    manifest: bool
    obstacle: str = ""
    begins: str = ""
    since: str = ""
    earlier: tuple[Copy, ...] = ()

    @property
    def place(self) -> tuple[int, ...]:
        """``begins`` as numbers: of two copies of one second it tells which is newer."""
        return tuple(int(part, 16) for part in self.begins.split("/") if part)


class NoCopy(Exception):  # noqa: N818 - a state of the place
    """The place can be read and holds no physical copy: the promise is broken. ``finding`` says so."""

    def __init__(self, directory: Path, before: datetime | None = None) -> None:
        super().__init__(f"no physical copy in {directory}")
        begun = f" that began before {before:%Y-%m-%d %H:%M:%S} UTC" if before else ""
        self.finding: Finding = fail(
            "recovery-copy-missing",
            f"a physical copy in {directory}{begun}",
            "none",
            next_step="find out why the schedule took none, and take one with pg_basebackup",
        )


def newest(directory: Path, before: datetime | None = None) -> Copy:
    """
    The newest copy: ``directory`` itself, or one of the folders in it, by the time in its label.

    With ``before`` it is the newest that began by then, as no other can be recovered to that moment. A copy that is
    being taken is passed over. Raises ``NoCopy``; ``DamagedCopy`` where a newer one cannot be read, or one where the
    newest needs another that is not there; ``Unjudged`` where the place cannot.
    """
    try:
        folders = [
            folder
            for folder in (directory, *(each for each in directory.iterdir() if each.is_dir()))
            if folder.name[:1] != "." and _is_copy(folder)
        ]
        finished = [folder for folder in folders if not _is_being_taken(folder)]
        copies, damaged = _examined(finished)
    except OSError as error:
        raise _unreadable(directory, error.strerror or str(error)) from None
    if len(finished) < len(folders) and not finished:
        raise _unreadable(directory, "the first copy is being taken", "repeat it when pg_basebackup has ended")
    eligible = [copy for copy in copies if before is None or copy.taken_at <= before]
    for seen_at, damage in damaged:
        if (before is None or seen_at <= before) and all(copy.taken_at < seen_at for copy in eligible):
            raise damage
    if not eligible:
        raise NoCopy(directory, before)
    found = _completed(max(eligible, key=lambda copy: (copy.taken_at, copy.place)), copies)
    if damaged and (found.earlier or (found,))[0].since:  # the copy that is missing may be one that cannot be read
        raise max(damaged, key=lambda each: each[0])[1]
    return found


def _completed(copy: Copy, others: list[Copy]) -> Copy:
    """``copy`` with those that it is incremental to, as far as they are among ``others``."""
    begun = {each.begins: each for each in others if each.begins != copy.begins}
    chain = [copy]
    while chain[0].since and (before := begun.pop(chain[0].since, None)) is not None:
        chain.insert(0, before)
    return replace(
        copy,
        manifest=all(each.manifest for each in chain),
        obstacle=next((each.obstacle for each in chain if each.obstacle), ""),
        earlier=tuple(chain[:-1]),
    )


def _examined(folders: list[Path]) -> tuple[list[Copy], list[tuple[datetime, DamagedCopy]]]:
    copies, damaged = [], []
    for folder in folders:
        try:
            copies.append(examine(folder))
        except DamagedCopy as damage:
            damaged.append((datetime.fromtimestamp(_changed(folder), UTC), damage))
    return copies, damaged


def _unreadable(directory: Path, observed: str, step: str = "") -> Unjudged:
    step = step or "check copies in [recovery], whether it is mounted, and who may read it"
    return Unjudged(
        inconclusive(
            "recovery-copy-unreadable", f"a folder of physical copies at {directory}", observed, next_step=step
        )
    )


def examine(folder: Path) -> Copy:
    """What is in ``folder``. Raises ``DamagedCopy`` where something that every copy has is missing, and ``OSError``."""
    base = packed(folder, BASE)
    if base is None:
        (label, written), version = _text(folder / LABEL), _text(folder / "PG_VERSION")[0]
        spaces = any(path.is_symlink() for path in (folder / "pg_tblspc").glob("*"))
        elsewhere = links(folder)
    else:
        label, version, written = _packed_texts(base)
        spaces = any(re.match(r"\d+\.tar", path.name) for path in folder.iterdir())
        elsewhere = []
    start = _START.search(label)
    if start is None or not version.strip().isdigit():
        raise DamagedCopy(f"{folder.name} has no {LABEL} that says where recovery begins, or no PG_VERSION")
    manifest = folder / MANIFEST
    obstacle = "it has tablespaces, whose files lie elsewhere" if spaces else ""
    if not spaces and elsewhere:
        obstacle = f"{elsewhere[0]} is a link, and what it leads to lies elsewhere"
    since = _INCREMENTAL.search(label)
    return Copy(
        path=folder,
        major=int(version),
        taken_at=_moment(label, manifest, written),
        first_segment=start[2],
        packed=base is not None,
        manifest=manifest.is_file(),
        obstacle=obstacle,
        begins=start[1],
        since=since[1] if since else "",
    )


def _is_being_taken(folder: Path) -> bool:
    """Whether pg_basebackup has still to write the control file or the manifest, which come last."""
    if (folder / MANIFEST).is_file() or (folder / "global" / "pg_control").is_file():
        return False
    return time.time() - _changed(folder) < _AT_WORK_SECONDS


def _changed(folder: Path) -> float:
    """When something of the copy was written last, as far as the files of the first two levels tell."""
    seen = [folder, *folder.glob("*"), *folder.glob("base/*"), *folder.glob("pg_wal/*")]
    return max(path.lstat().st_mtime for path in seen)


def unpacked_bytes(folder: Path) -> int:
    """The bytes of the files that the manifest of a copy lists; 0 where it has none that can be read."""
    sizes = [entry.get("Size") for entry in _files(folder / MANIFEST)]
    return sum(size for size in sizes if isinstance(size, int) and size > 0)


def _is_copy(folder: Path) -> bool:
    if (folder / LABEL).is_file() or packed(folder, BASE) is not None:
        return True
    # one that lost its label; PostgreSQL renames it where somebody has started a server on a copy
    return (folder / MANIFEST).is_file() and not (folder / f"{LABEL}.old").exists()


def _text(path: Path) -> tuple[str, float]:
    try:
        with path.open("rb") as file:
            return file.read(_SMALL).decode("utf-8", "replace"), path.stat().st_mtime
    except FileNotFoundError:
        return "", 0.0


def _packed_texts(base: Path) -> tuple[str, str, float]:
    # pg_basebackup writes the label first and the version among the first, so little is unpacked
    found, written = {LABEL: "", "PG_VERSION": ""}, 0.0
    with opened(base) as file:
        for member, content in members(file, base.name):
            name = member.name.removeprefix("./")
            if name in found and content is not None:
                found[name] = content.read(_SMALL).decode("utf-8", "replace")
                written = float(member.mtime) if name == LABEL else written
            if all(found.values()):
                break
    return found[LABEL], found["PG_VERSION"], written


def _moment(label: str, manifest: Path, written: float) -> datetime:
    """
    When the copy began. The label says so in the server's zone, by an abbreviation that may mean several; the times of
    the manifest are in GMT. Without either, when the label was ``written`` counts where that can be, else the oldest.
    """
    moment, zone = _local(label)
    if moment is not None and (zone in {"UTC", "GMT"} or _OFFSET.fullmatch(zone)):
        return moment
    for entry in _files(manifest):
        if entry.get("Path") == LABEL:
            try:
                return datetime.strptime(str(entry["Last-Modified"]), "%Y-%m-%d %H:%M:%S GMT").replace(tzinfo=UTC)
            except (KeyError, ValueError):
                break
    if moment is None:
        return datetime.fromtimestamp(written, UTC)
    oldest, latest = moment - _EASTERNMOST, moment - _WESTERNMOST
    at = datetime.fromtimestamp(written, UTC)
    return at if oldest <= at <= latest else oldest


def _local(label: str) -> tuple[datetime | None, str]:
    """The time in a label, as UTC where its zone is a number or unknown, and what it says of its zone."""
    said = _MOMENT.search(label)
    if said is None:
        return None, ""
    offset = said[2] if _OFFSET.fullmatch(said[2]) else "+00"
    try:
        return datetime.fromisoformat(f"{said[1]}{offset}").astimezone(UTC), said[2]
    except (ValueError, OverflowError):
        return None, ""


def _files(manifest: Path) -> list[dict[str, Any]]:
    try:
        files = json.loads(manifest.read_bytes())["Files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
