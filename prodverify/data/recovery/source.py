"""Where a physical copy comes from: a folder of pg_basebackup with archived WAL beside it, or a repository."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from prodverify.data.recovery import copying
from prodverify.data.recovery import wal as archived
from prodverify.data.recovery.copies import MANIFEST, Copy, unpacked_bytes
from prodverify.data.recovery.packing import BASE, WAL, extract, packed
from prodverify.data.recovery.wal import Staged

PARTS = "parts"
"""A folder beside the data folder, in which an incremental copy and those before it lie until they are one."""
Progress = Callable[[str], None]
"""Is told how far it is, as ``12 of 40 MiB``."""
_SPARE = 1.2  # of the copy's own size: WAL that is replayed comes on top
_PACKED = 6.0  # what a packed copy without manifest may become, as a rule


class Source(Protocol):
    """One physical copy, wherever it is."""

    @property
    def name(self) -> str:
        """What it is called in its place."""

    @property
    def major(self) -> int:
        """The server's major version, the one that can read it."""

    @property
    def taken_at(self) -> datetime:
        """When it was taken, in UTC."""

    @property
    def first_segment(self) -> str:
        """The WAL file that recovery begins with."""

    @property
    def manifest(self) -> bool:
        """Whether it has the manifest that pg_verifybackup compares with."""

    @property
    def needed_bytes(self) -> int:
        """How much room it and its WAL need, about. Raises ``Unjudged``."""

    @property
    def obstacle(self) -> str:
        """Why it cannot be recovered here, as a clause; empty where it can."""

    @property
    def lacking(self) -> str:
        """Where in WAL the copy begins that it is incremental to, where that is not there; empty where all are."""

    def verify(self) -> str | None:
        """What the tool that keeps it finds wrong with it, empty where nothing is; None where there is no such tool."""

    def bring(self, data: Path, progress: Progress) -> int:
        """
        Put it at ``data``, which is not there yet; its bytes as stored. What has to be combined first goes into folders
        in ``PARTS`` beside that, which sort as they were taken.

        Raises ``DamagedCopy``, ``Unjudged`` where this machine cannot tell, and ``OSError``.
        """

    def bring_wal(self, folder: Path, progress: Progress) -> Staged | None:
        """Put archived WAL into ``folder``, which is not there yet; None where there is no archive. Raises the same."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A copy by pg_basebackup, and the folder of archived WAL, if there is one."""

    copy: Copy
    wal: Path | None

    @property
    def name(self) -> str:
        """See ``Source``."""
        return self.copy.path.name

    @property
    def major(self) -> int:
        """See ``Source``."""
        return self.copy.major

    @property
    def taken_at(self) -> datetime:
        """See ``Source``."""
        return self.copy.taken_at

    @property
    def first_segment(self) -> str:
        """See ``Source``."""
        return self.copy.first_segment

    @property
    def manifest(self) -> bool:
        """See ``Source``."""
        return self.copy.manifest

    @property
    def needed_bytes(self) -> int:
        """See ``Source``."""
        wal = archived.needed_bytes(self.wal, self.first_segment) if self.wal else 0
        size = sum(_bytes(copy) for copy in self._chain)
        made = size if self.copy.earlier else 0  # of an incremental copy and those before it
        return int((size + made) * _SPARE) + wal

    @property
    def obstacle(self) -> str:
        """See ``Source``."""
        return self.copy.obstacle

    @property
    def lacking(self) -> str:
        """See ``Source``."""
        return self._chain[0].since

    def verify(self) -> str | None:
        """See ``Source``."""
        return None

    def bring(self, data: Path, progress: Progress) -> int:
        """See ``Source``."""
        if not self.copy.earlier:
            return _brought(self.copy, data, progress)
        parts = data.parent / PARTS
        parts.mkdir(mode=0o700)
        return sum(_brought(copy, parts / f"{number:04}", progress) for number, copy in enumerate(self._chain))

    def bring_wal(self, folder: Path, progress: Progress) -> Staged | None:
        """See ``Source``."""
        return archived.stage(self.wal, folder, self.first_segment, progress) if self.wal else None

    @property
    def _chain(self) -> tuple[Copy, ...]:
        return (*self.copy.earlier, self.copy)


def _brought(copy: Copy, data: Path, progress: Progress) -> int:
    if not copy.packed:
        return copying.copy(copy.path, data, progress)
    data.mkdir(mode=0o700)
    base, wal = packed(copy.path, BASE), packed(copy.path, WAL)
    assert base is not None  # that is what makes it a packed copy
    extract(base, data, progress)
    if wal is not None:
        extract(wal, data / "pg_wal", progress)
    if (copy.path / MANIFEST).is_file():
        shutil.copy(copy.path / MANIFEST, data / MANIFEST)
    return _stored_bytes(copy)


def _bytes(copy: Copy) -> int:
    listed = unpacked_bytes(copy.path) if copy.packed else 0
    return listed or int(_stored_bytes(copy) * (_PACKED if copy.packed else 1))


def _stored_bytes(copy: Copy) -> int:
    return sum(size for _, size in copying.files(copy.path))
