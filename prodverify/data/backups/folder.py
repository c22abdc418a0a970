"""Backups in a folder of this machine, or of one that is mounted here."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from prodverify.data.backups import place
from prodverify.data.backups.files import BackupFile, manifest_path, modified, with_manifest
from prodverify.data.backups.names import OURS, UNFINISHED, Naming, manifest_name
from prodverify.data.backups.stored import Stored
from prodverify.record.findings import Finding, Unjudged, inconclusive

MOST = 200_000
"""Entries of a folder that are looked at; a backup each minute makes half as many in 60 days."""
CONTENTS = "toc.dat"
"""What every backup in the directory format holds."""
_SHA256 = re.compile(rb"[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
_MOST_OF_A_CHECKSUM = 4096
_NOBODYS = frozenset({"lost+found"})  # at the root of every disk, and for nobody to read


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of backups. See ``places.Place``."""

    directory: Path
    naming: Naming = OURS

    def describe(self) -> str:
        """Its path."""
        return str(self.directory)

    def address(self, name: str) -> str:
        """A path."""
        return str(self.directory / name)

    def backups(self) -> tuple[Stored, ...]:
        """Every backup in it, the newest first. Raises ``Unjudged`` where it cannot be read."""
        try:
            found = _Walk(self).found()
        except OSError as error:
            raise Unjudged(unreadable(self.describe(), error.strerror or str(error))) from None
        return ordered(found)

    def fetch(self, stored: Stored, folder: Path) -> BackupFile:
        """The backup where it is. Raises ``Unjudged``."""
        try:
            return with_manifest(self.directory / stored.name, stored.taken_at, no_later_than=stored.modified_at)
        except OSError as error:
            raise self._refused(stored.name, error) from None

    def manifest(self, stored: Stored) -> BackupFile:
        """The same."""
        return self.fetch(stored, self.directory)

    def beginning(self, stored: Stored, length: int) -> bytes:
        """Its first bytes. Raises ``Unjudged``."""
        path = self.directory / stored.name
        try:
            if path.is_dir():
                return b""
            with path.open("rb", buffering=0) as file:
                return file.read(length)
        except OSError as error:
            raise self._refused(stored.name, error) from None

    def checksum(self, stored: Stored) -> str:
        """The sha256 in the file beside it. Raises ``Unjudged``."""
        try:
            with (self.directory / f"{stored.name}.sha256").open("rb") as file:
                return sha256_in(file.read(_MOST_OF_A_CHECKSUM))
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._refused(f"{stored.name}.sha256", error) from None

    def open_to(self, stored: Stored) -> tuple[str, ...]:
        """Everybody on this machine, where the modes of the backup and of all folders above it say so."""
        path = (self.directory / stored.name).absolute()
        try:
            folders = [each.stat().st_mode for each in path.parents]
            if not all(mode & stat.S_IXOTH for mode in folders):
                return ()  # nobody else gets as far as that
            held = [path, *(path.iterdir() if path.is_dir() else ())]
            modes = [each.stat().st_mode for each in held]
        except OSError as error:
            raise self._refused(stored.name, error) from None
        told = []
        enterable = not path.is_dir() or modes[0] & stat.S_IXOTH
        if enterable and modes[-1] & stat.S_IROTH:
            told.append(f"everybody on this machine can read it: mode {stat.S_IMODE(modes[0]):04o}")
        replaceable = folders[0] & stat.S_IWOTH and not folders[0] & stat.S_ISVTX
        if replaceable or any(mode & stat.S_IWOTH for mode in modes):
            told.append("everybody on this machine can alter or replace it")
        return tuple(told)

    def protection(self, stored: Stored) -> dict[str, str]:
        """Nothing that could be seen from here."""
        return {}

    def workspace(self) -> AbstractContextManager[Path]:
        """A folder on the same disk, so that a backup is renamed and not copied."""
        return place.unfinished(self.directory)

    def publish(self, draft: Path, name: str, manifest_text: str) -> None:
        """Rename ``draft`` to ``name``, its manifest first. Raises ``NameTaken`` and ``OSError``."""
        final = self.directory / name
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if draft.stat().st_dev == self.directory.stat().st_dev:
            place.publish(draft, final, manifest_path(final), manifest_text)
            return
        with self.workspace() as work:
            copied = work / draft.name
            if draft.is_dir():
                shutil.copytree(draft, copied)
            else:
                shutil.copyfile(draft, copied)
            copied.chmod(0o700 if draft.is_dir() else 0o600)
            place.publish(copied, final, manifest_path(final), manifest_text)

    def remove(self, stored: Stored) -> None:
        """
        Remove a backup, then its manifest, then its folder of one day where that is empty.

        It is renamed first, so that one that is half removed is no backup; what is left of it where we are killed goes
        with the next backup. Raises ``OSError``.
        """
        path = self.directory / stored.name
        with place.unfinished(self.directory) as work:
            place.withdraw(path, manifest_path(path), work)
        if path.parent != self.directory:
            with contextlib.suppress(OSError):  # others are in it, or it is gone
                path.parent.rmdir()

    def _refused(self, name: str, error: OSError) -> Unjudged:
        kind = Gone if isinstance(error, FileNotFoundError) else Unjudged
        return kind(unreadable(self.describe(), f"{name}: {error.strerror or error}"))


def sha256_in(content: bytes) -> str:
    """The checksum in what ``sha256sum`` wrote, or in a checksum alone; empty where it holds none."""
    match = _SHA256.match(content)
    return match[0].decode().lower() if match else ""


def ordered(found: list[Stored]) -> tuple[Stored, ...]:
    """The newest first; those whose time nobody says come last, in the order in which they were written."""
    none = datetime.min.replace(tzinfo=UTC)

    def key(stored: Stored) -> tuple[bool, datetime, str]:
        return stored.taken_at is not None, stored.taken_at or stored.modified_at or none, stored.name

    return tuple(sorted(found, key=key, reverse=True))


def unreadable(where: str, why: str, step: str = "") -> Finding:
    """A place that cannot be read proves nothing of its backups."""
    said = step or "check directory in [backups], whether it is mounted, and who may read it"
    return inconclusive("backups-unreadable", f"a place of backups at {where}", why, next_step=said)


class Gone(Unjudged):
    """A backup that was listed is there no longer: it was removed meanwhile."""


class _Walk:
    """One look at every entry that may be a backup; folders that no name leads through are left out."""

    def __init__(self, folder: Folder) -> None:
        self._naming, self._root = folder.naming, folder.directory
        self._parts = folder.naming.parts()
        self._left = MOST
        self._linked = False

    def found(self) -> list[Stored]:
        """Every backup, once. Raises ``OSError`` and ``Unjudged``."""
        found = list(self._in(self._root, "", 0))
        return self._once(found) if self._linked else found

    def _once(self, found: list[Stored]) -> list[Stored]:
        """``found`` without those that a link, such as ``latest``, leads to a second time."""
        root = os.path.realpath(self._root)
        kept: dict[str, Stored] = {}
        for stored in found:
            real = os.path.realpath(os.path.join(root, stored.name))
            if real not in kept or real == os.path.join(root, stored.name):
                kept[real] = stored
        return list(kept.values())

    def _in(self, directory: Path, prefix: str, depth: int) -> Iterator[Stored]:
        with os.scandir(directory) as entries:
            found = list(islice(entries, self._left + 1))
        self._left -= len(found)
        if self._left < 0:
            step = "name the folder that holds the backups and nothing else as directory in [backups]"
            raise Unjudged(unreadable(str(self._root), f"more than {MOST} entries", step))
        beside = {entry.name for entry in found}
        for entry in found:
            # one that is removed meanwhile is no longer there, and no error
            with contextlib.suppress(FileNotFoundError):
                name = f"{prefix}{entry.name}"
                self._linked = self._linked or entry.is_symlink()
                if self._naming.is_backup(name):
                    yield from self._stored(entry, name, manifest_name(entry.name) in beside)
                elif depth + 1 < len(self._parts) and self._leads_on(entry, depth):
                    yield from self._in(Path(entry.path), f"{name}/", depth + 1)

    def _leads_on(self, entry: os.DirEntry[str], depth: int) -> bool:
        named_so = self._parts[depth].fullmatch(entry.name) is not None
        return named_so and entry.name not in _NOBODYS and not entry.name.startswith(UNFINISHED) and entry.is_dir()

    def _stored(self, entry: os.DirEntry[str], name: str, has_manifest: bool) -> Iterator[Stored]:
        path = Path(entry.path)
        if entry.is_dir():
            if not (path / CONTENTS).is_file():
                return
            sizes = [each.stat().st_size for each in path.iterdir()]
            size, modified_at = sum(sizes), modified(path / CONTENTS)
        elif entry.is_file():
            status = entry.stat()
            size, modified_at = status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)
        else:
            return
        moment = self._naming.moment(name)
        taken_at = moment.start if moment else None
        if moment is None and has_manifest:
            held = with_manifest(path, None).manifest
            taken_at = held.taken_at if held else None
        yield Stored(name, taken_at, size, has_manifest, moment.span_seconds if moment else 1.0, modified_at)
