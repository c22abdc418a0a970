"""Physical copies as pg_basebackup leaves them: a folder that is a data folder, or one that holds tar files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodverify.data.recovery.packing import BASE, DamagedCopy, members, opened, packed
from prodverify.record.findings import Finding, Unjudged, fail, inconclusive

MANIFEST = "backup_manifest"
LABEL = "backup_label"
_START = re.compile(r"^START WAL LOCATION: [0-9A-F/]+ \(file ([0-9A-F]{24})\)$", re.MULTILINE)
_MOMENT = re.compile(r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (UTC|GMT)$", re.MULTILINE)
_SMALL = 1 << 20  # of a label; a copy that names gigabytes so is none


@dataclass(frozen=True, slots=True)
class Copy:
    """
    One physical copy.

    ``taken_at`` is when the copy began, by its label or manifest; ``first_segment`` the WAL file that recovery begins
    with; ``packed`` whether it is in tar files; ``manifest`` whether pg_basebackup left one, which it does unless told
    otherwise; ``tablespaces`` whether parts of it lie elsewhere.
    """

    path: Path
    major: int
    taken_at: datetime
    first_segment: str
    packed: bool
    manifest: bool
    tablespaces: bool


class NoCopy(Exception):  # noqa: N818 - a state of the place
    """The place can be read and holds no physical copy: the promise is broken. ``finding`` says so."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"no physical copy in {directory}")
        self.finding: Finding = fail(
            "recovery-copy-missing",
            f"a physical copy in {directory}",
            "none",
            next_step="find out why the schedule took none, and take one with pg_basebackup",
        )


def newest(directory: Path) -> Copy:
    """
    The newest copy: ``directory`` itself, or one of the folders in it, by the time in its label.

    Raises ``NoCopy``; ``DamagedCopy`` where the newest cannot be read; ``Unjudged`` where the place cannot.
    """
    try:
        folders = [
            folder
            for folder in (directory, *(each for each in directory.iterdir() if each.is_dir()))
            if folder.name[:1] != "." and _is_copy(folder)
        ]
        copies = [examine(folder) for folder in folders]
    except OSError as error:
        raise Unjudged(
            inconclusive(
                "recovery-copy-unreadable",
                f"a folder of physical copies at {directory}",
                error.strerror or str(error),
                next_step="check copies in [recovery], whether it is mounted, and who may read it",
            )
        ) from None
    if not copies:
        raise NoCopy(directory)
    return max(copies, key=lambda copy: copy.taken_at)


def examine(folder: Path) -> Copy:
    """What is in ``folder``. Raises ``DamagedCopy`` where something that every copy has is missing, and ``OSError``."""
    base = packed(folder, BASE)
    if base is None:
        label, version = _text(folder / LABEL), _text(folder / "PG_VERSION")
        spaces = any((folder / "pg_tblspc").glob("*"))
    else:
        label, version = _packed_texts(base)
        spaces = any(re.match(r"\d+\.tar", path.name) for path in folder.iterdir())
    start = _START.search(label)
    if start is None or not version.strip().isdigit():
        raise DamagedCopy(f"{folder.name} has no {LABEL} that says where recovery begins, or no PG_VERSION")
    manifest = folder / MANIFEST
    return Copy(
        path=folder,
        major=int(version),
        taken_at=_moment(label, manifest, folder),
        first_segment=start[1],
        packed=base is not None,
        manifest=manifest.is_file(),
        tablespaces=spaces,
    )


def _is_copy(folder: Path) -> bool:
    return (folder / LABEL).is_file() or packed(folder, BASE) is not None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_SMALL).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _packed_texts(base: Path) -> tuple[str, str]:
    # pg_basebackup writes the label first and the version among the first, so little is unpacked
    found = {LABEL: "", "PG_VERSION": ""}
    with opened(base) as file:
        for member, content in members(file, base.name):
            name = member.name.removeprefix("./")
            if name in found and content is not None:
                found[name] = content.read(_SMALL).decode("utf-8", "replace")
            if all(found.values()):
                break
    return found[LABEL], found["PG_VERSION"]


def _moment(label: str, manifest: Path, folder: Path) -> datetime:
    # the label's zone is the server's; the manifest's times are always in GMT
    if said := _MOMENT.search(label):
        return datetime.strptime(said[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    for entry in _files(manifest):
        if entry.get("Path") == LABEL:
            try:
                return datetime.strptime(str(entry["Last-Modified"]), "%Y-%m-%d %H:%M:%S GMT").replace(tzinfo=UTC)
            except (KeyError, ValueError):
                break
    raise DamagedCopy(f"{folder.name} does not say in UTC when it was taken: its manifest is missing or damaged")


def _files(manifest: Path) -> list[dict[str, Any]]:
    try:
        files = json.loads(manifest.read_bytes())["Files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
