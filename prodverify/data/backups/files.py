"""Where backups are and which is the newest, by their names and manifests: a copy has a new modification time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from prodverify.data.backups.manifest import BackupFile, Manifest, ManifestError
from prodverify.record.findings import Finding, Unjudged, fail, inconclusive

__all__ = ["BackupFile", "NoBackup", "file_name", "folder_name", "manifest_path", "moments", "newest", "opened"]

_FILE = re.compile(r"(?P<name>[^.].*)_backup_(?P<at>\d{8}_\d{6})\.sql(?:\.gz)?")
_MOMENT = "%Y%m%d_%H%M%S"


class NoBackup(Exception):  # noqa: N818 - a state of the place, not an error of the program
    """The place can be read and holds no backup: the promise is broken. ``finding`` is the failing finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.expected}; {finding.observed}. {finding.next_step}")
        self.finding = finding


def file_name(name: str, taken_at: datetime) -> str:
    """``<name>_backup_YYYYMMDD_HHMMSS.sql.gz``, in UTC."""
    return f"{name}_backup_{taken_at.astimezone(UTC).strftime(_MOMENT)}.sql.gz"


def folder_name(taken_at: datetime) -> str:
    """``YYYY-MM-DD``, in UTC."""
    return taken_at.astimezone(UTC).strftime("%Y-%m-%d")


def manifest_path(backup: Path) -> Path:
    """``<same>.manifest.json`` beside ``<same>.sql.gz`` or ``<same>.sql``."""
    return backup.with_name(re.sub(r"\.sql(\.gz)?$", "", backup.name) + ".manifest.json")


def moments(directory: Path) -> dict[Path, datetime]:
    """
    Every backup in ``directory`` and in the folders right below it, with the time in its name, newest first.

    Names that begin with a dot are not looked at. Raises ``Unjudged`` where the place cannot be read.
    """
    found: dict[Path, datetime] = {}
    try:
        folders = [directory, *(each for each in directory.iterdir() if each.is_dir() and each.name[0] != ".")]
        for folder in folders:
            for path in folder.iterdir():
                match = _FILE.fullmatch(path.name)
                at = _moment(match["at"]) if match else None
                if at is not None and path.is_file():
                    found[path] = at
    except OSError as error:
        raise Unjudged(
            inconclusive(
                "backups-unreadable",
                f"a folder of backups at {directory}",
                error.strerror or str(error),
                next_step="check directory in [backups], whether it is mounted, and who may read it",
            )
        ) from None
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0].name), reverse=True))


def newest(directory: Path) -> BackupFile:
    """The newest backup in ``directory``. Raises ``NoBackup`` where there is none, ``Unjudged`` as ``moments`` does."""
    found = moments(directory)
    if not found:
        raise NoBackup(
            fail(
                "backups-missing",
                f"a backup NAME_backup_YYYYMMDD_HHMMSS.sql.gz in {directory}",
                "none",
                next_step="find out why the schedule took none, and take one: python -m prodverify backup",
            )
        )
    return opened(next(iter(found)))


def opened(path: Path) -> BackupFile:
    """The backup at ``path`` with its manifest, if there is one. Raises ``ValueError`` for another name."""
    match = _FILE.fullmatch(path.name)
    at = _moment(match["at"]) if match else None
    if at is None:
        raise ValueError(f"{path.name} is not named like a backup, NAME_backup_YYYYMMDD_HHMMSS.sql.gz")
    beside = manifest_path(path)
    try:
        manifest = Manifest.from_text(beside.read_bytes())
    except FileNotFoundError:
        return BackupFile(path, at, None)
    except (OSError, ManifestError) as error:
        return BackupFile(path, at, None, f"{beside.name}: {error}")
    if manifest.file != path.name:
        return BackupFile(path, at, None, f"{beside.name} is about {manifest.file}")
    return BackupFile(path, min(at, manifest.taken_at), manifest)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None  # digits that are no date, such as 20261399_990000
