"""Where backups are: a folder, or storage that speaks S3. What is there is told by name and size, nothing is opened."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from prodverify.data.backups.files import BackupFile, NoBackup
from prodverify.data.backups.names import Naming, naming
from prodverify.data.backups.place import NameTaken
from prodverify.data.backups.stored import Stored
from prodverify.judges.quotation import listed
from prodverify.record.findings import Unjudged, inconclusive
from prodverify.target.backups import Backups
from prodverify.target.load import Target

__all__ = ["NameTaken", "NoBackup", "Place", "Stored", "named", "newest", "of_one_name", "open_place"]


class Place(Protocol):
    """
    A place of backups.

    Every method raises ``Unjudged`` where the place cannot be reached or read: not mounted, no rights, a dead host.
    """

    @property
    def naming(self) -> Naming:
        """How its backups are named."""

    def describe(self) -> str:
        """Where it is, for messages: a path or an address, never a credential."""

    def address(self, name: str) -> str:
        """Where the backup ``name`` is, for people: a path, or an address that tools of such storage take."""

    def backups(self) -> tuple[Stored, ...]:
        """Every backup that is there, the newest first; those whose time nobody says come last."""

    def fetch(self, stored: Stored, folder: Path) -> BackupFile:
        """
        The backup at a local path, with its manifest if there is one.

        A folder's own are opened where they are; others are copied into ``folder``, which the caller removes.
        """

    def manifest(self, stored: Stored) -> BackupFile:
        """The same without its content: there is nothing at its path where the place is not a folder."""

    def beginning(self, stored: Stored, length: int) -> bytes:
        """The first ``length`` bytes of the backup; none of a directory."""

    def checksum(self, stored: Stored) -> str:
        """The sha256 in a file NAME.sha256 beside the backup, in lower-case hexadecimal; empty where there is none."""

    def open_to(self, stored: Stored) -> tuple[str, ...]:
        """Who beside the owner and their group can read or replace the backup, each in words."""

    def protection(self, stored: Stored) -> dict[str, str]:
        """What the place does for the backup by itself: ``encryption``, ``versioning``, ``object_lock``."""

    def workspace(self) -> AbstractContextManager[Path]:
        """
        A folder of this machine in which the private folder of a backup may be made. Raises ``OSError``.

        What is put into it is to be removed by whoever put it there; it may be a folder that others use, too.
        """

    def publish(self, draft: Path, name: str, manifest_text: str) -> None:
        """
        Have ``draft``, a file or a folder, become the backup ``name`` with its manifest, whole or not at all.

        Raises ``NameTaken``, ``OSError`` and ``Unjudged``; then nothing is there that looks like a backup.
        """

    def remove(self, stored: Stored) -> None:
        """Remove a backup and its manifest, the backup first. Raises ``FileNotFoundError`` where it is gone."""


def open_place(backups: Backups, target: Target) -> Place:
    """The place that ``[backups]`` names: nothing is asked yet. Raises ``Unjudged`` where this machine cannot ask."""
    named_so = naming(backups.pattern, backups.time_zone, backups.name)
    if backups.s3 is not None:
        from prodverify.data.backups.s3 import Bucket  # boto3 takes 0.2 s to import

        return Bucket.opened(backups.s3, target, named_so)
    from prodverify.data.backups.folder import Folder

    return Folder(target.folder / backups.directory, named_so)


def newest(place: Place, own: str = "") -> Stored:
    """The newest backup of ``of_one_name``. Raises what that raises."""
    return of_one_name(place, own)[0]


def of_one_name(place: Place, own: str = "") -> tuple[Stored, ...]:
    """
    The backups there, the newest first: those called ``own`` where several names are there, as of several databases.

    A backup of another database would hide that ours is missing; where one name alone is there, it is taken for ours
    whatever it is, which ``judges.backups.judge_name`` tells. Raises ``NoBackup`` where there is none, and ``Unjudged``
    where nobody says which are ours.
    """
    found = place.backups()
    if not found:
        raise NoBackup.at(place.describe(), place.naming.shown())
    names = sorted({place.naming.called(stored.name) for stored in found})
    ours = found if len(names) == 1 else tuple(each for each in found if place.naming.called(each.name) == own)
    if not ours:
        observed = f"those of {len(names)}, none of which is {own}: {listed(names)}"
        step = "say as name in [backups] which are meant; a pattern there, as */*_backup_%Y%m%d_%H%M%S*, means all"
        raise Unjudged(
            inconclusive(
                "backups-of-several-names", f"backups of one name in {place.describe()}", observed, next_step=step
            )
        )
    return ours


def named(place: Place, name: str) -> Stored:
    """The backup that is called ``name``, with its folders or without. Raises ``Unjudged``."""
    found = place.backups()
    exact = [stored for stored in found if stored.name == name]
    chosen = exact or [stored for stored in found if stored.file_name == name]
    if len(chosen) == 1:
        return chosen[0]
    observed = f"{len(chosen)} are called so" if chosen else f"none of {len(found)} is called so"
    names = [stored.name for stored in (chosen or found)[:3]]
    step = f"name one that is there, with its folders, such as {' or '.join(names)}" if names else "take a backup first"
    raise Unjudged(inconclusive("backup-unknown", f"a backup {name} in {place.describe()}", observed, next_step=step))
