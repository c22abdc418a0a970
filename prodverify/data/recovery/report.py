"""What recovering a physical copy showed. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prodverify.data.drill.report import DrillReport
from prodverify.data.recovery.wal import Staged


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """
    One physical copy, brought back to life or not.

    ``drill`` says what became of it in the words of every drill. ``verified`` is whether the copy is bit by bit what
    its manifest says, ``None`` where it has no manifest; ``kept`` is what the tool that keeps it finds wrong with it,
    ``None`` where there is none. ``wanted`` is the moment that was to be reached, ``None`` for
    the end of the WAL; ``reached`` is when the last transaction that was replayed was committed, ``None`` where none
    was. ``wal`` is what was brought from the archive, ``missing`` the first segment that is not there. ``collations``
    says where text is sorted otherwise here than where the copy is from, as a clause; empty where it is not known to.
    """

    drill: DrillReport
    verified: bool | None = None
    kept: str | None = None
    wanted: datetime | None = None
    reached: datetime | None = None
    wal: Staged | None = None
    missing: str = ""
    collations: str = ""

    @property
    def recoverable_until(self) -> datetime:
        """The last moment that is known not to be lost: the copy's own where nothing was replayed after it."""
        return self.reached or self.drill.taken_at

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the record."""
        return {
            **self.drill.as_dict(),
            "verified": self.verified,
            "wanted": _said(self.wanted),
            "reached": _said(self.reached),
            "wal_segments": self.wal.segments if self.wal else 0,
            "wal_bytes": self.wal.bytes if self.wal else 0,
            "wal_last": self.wal.last if self.wal else "",
            "wal_missing": self.missing,
            "collations": self.collations,
        }


def _said(moment: datetime | None) -> str:
    return moment.isoformat(timespec="milliseconds") if moment else ""
