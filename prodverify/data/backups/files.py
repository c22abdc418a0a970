"""A folder's backups by our own names, and one backup's file with its manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prodverify.data.backups.manifest import BackupFile, Manifest, ManifestError
from prodverify.data.backups.names import OURS, file_name, folder_name, manifest_name
from prodverify.record.findings import Finding, fail

__all__ = ["BackupFile", "NoBackup", "file_name", "folder_name", "manifest_path", "newest", "opened", "with_manifest"]

MOST_OF_A_MANIFEST = 64 << 20
"""Bytes of a manifest that are read; one of ten thousand tables has about three million."""


class NoBackup(Exception):  # noqa: N818 - a state of the place, not an error of the program
    """The place can be read and holds no backup: the promise is broken. ``finding`` is the failing finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.expected}; {finding.observed}. {finding.next_step}")
        self.finding = finding

    @classmethod
    def at(cls, place: str, named: str) -> NoBackup:
        """There is none at ``place`` that is named like ``named``."""
        return cls(
            fail(
                "backups-missing",
                f"a backup {named} in {place}",
                "none",
                next_step="find out why the schedule took none, and take one: python -m prodverify backup",
            )
        )


def manifest_path(backup: Path) -> Path:
    """``<same>.manifest.json`` beside a backup of any ending."""
    return backup.with_name(manifest_name(backup.name))


def newest(directory: Path) -> BackupFile:
    """The newest backup in ``directory``, by our own names. Raises ``NoBackup`` and ``Unjudged``."""
    from prodverify.data.backups.folder import Folder  # which opens files by this module

    place = Folder(directory)
    found = place.backups()
    if not found:
        raise NoBackup.at(place.describe(), OURS.shown())
    return place.fetch(found[0], directory)


def opened(path: Path) -> BackupFile:
    """The backup at ``path`` with its manifest, if there is one. Raises ``ValueError`` for another name than ours."""
    moment = OURS.moment(path.name)
    if moment is None:
        raise ValueError(f"{path.name} is not named like a backup, {OURS.shown()}")
    return with_manifest(path, moment.start)


def with_manifest(path: Path, taken_at: datetime | None, *, no_later_than: datetime | None = None) -> BackupFile:
    """
    The backup at ``path`` with what is beside it.

    ``taken_at`` is what its name says; where neither that nor a manifest says anything it is ``no_later_than``, or the
    file's modification time, which is later than the backup and never earlier. Raises ``OSError`` only for that.
    """
    beside = manifest_path(path)
    latest = no_later_than or modified(path) if taken_at is None else taken_at
    try:
        with beside.open("rb") as file:
            return described(path, file.read(MOST_OF_A_MANIFEST + 1), taken_at, latest)
    except FileNotFoundError:
        return described(path, None, taken_at, latest)
    except OSError as error:
        return BackupFile(path, latest, None, f"{beside.name}: {error.strerror or error}")


def described(path: Path, content: bytes | None, taken_at: datetime | None, latest: datetime) -> BackupFile:
    """The backup at ``path`` as its manifest's ``content`` describes it, ``None`` where it has no manifest."""
    if content is None:
        return BackupFile(path, taken_at or latest, None)
    name = manifest_name(path.name)
    try:
        manifest = Manifest.from_text(content)
    except ManifestError as error:
        return BackupFile(path, taken_at or latest, None, f"{name}: {error}")
    if manifest.file != path.name:
        return BackupFile(path, taken_at or latest, None, f"{name} is about {manifest.file}")
    return BackupFile(path, min(taken_at or manifest.taken_at, manifest.taken_at), manifest)


def modified(path: Path) -> datetime:
    """The modification time of ``path``, in UTC. Raises ``OSError``."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
