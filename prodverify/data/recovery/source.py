"""Where a physical copy comes from: a folder of pg_basebackup with archived WAL beside it, or a repository."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from prodverify.data.recovery import wal as archived
from prodverify.data.recovery.copies import MANIFEST, Copy
from prodverify.data.recovery.packing import BASE, WAL, extract, packed
from prodverify.data.recovery.wal import Staged

_SPARE = 1.2  # of the copy's own size: WAL that is replayed comes on top
_PACKED = 8.0  # what a packed copy may become, as a rule


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
        """How much room it needs, about."""

    @property
    def obstacle(self) -> str:
        """Why it cannot be recovered here, as a clause; empty where it can."""

    def verify(self) -> str | None:
        """What the tool that keeps it finds wrong with it, empty where nothing is; None where there is no such tool."""

    def bring(self, data: Path) -> int:
        """Put it at ``data``, which is not there yet; its bytes as stored. Raises ``DamagedCopy``, ``OSError``."""

    def bring_wal(self, folder: Path) -> Staged | None:
        """Put archived WAL into ``folder``, which is not there yet; None where there is no archive."""


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
        return int(self._size() * (_PACKED if self.copy.packed else _SPARE))

    @property
    def obstacle(self) -> str:
        """See ``Source``."""
        return "it has tablespaces, whose files lie elsewhere" if self.copy.tablespaces else ""

    def verify(self) -> str | None:
        """See ``Source``."""
        return None

    def bring(self, data: Path) -> int:
        """See ``Source``."""
        path = self.copy.path
        if not self.copy.packed:
            shutil.copytree(path, data, symlinks=True)
            return self._size()
        data.mkdir(mode=0o700)
        base, wal = packed(path, BASE), packed(path, WAL)
        assert base is not None  # that is what makes it a packed copy
        extract(base, data)
        if wal is not None:
            extract(wal, data / "pg_wal")
        if self.copy.manifest:
            shutil.copy(path / MANIFEST, data / MANIFEST)
        return self._size()

    def bring_wal(self, folder: Path) -> Staged | None:
        """See ``Source``."""
        return archived.stage(self.wal, folder, self.first_segment) if self.wal else None

    def _size(self) -> int:
        return sum(path.stat().st_size for path in self.copy.path.rglob("*") if path.is_file())
