"""What one drill saw: the backup, what became of it, and how long each stage took. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prodverify.data.backups.manifest import Manifest
from prodverify.data.catalog.contents import Contents


@dataclass(frozen=True, slots=True)
class Stages:
    """
    Seconds of each stage of a drill.

    Provision is an empty server, verify is reading all of it back. Clean-up is no part of a recovery, so ``total``,
    which is the RTO that was measured, leaves it out. It is a lower bound: the drill's server does not write to disk
    what it need not keep.
    """

    unpack: float = 0.0
    provision: float = 0.0
    restore: float = 0.0
    verify: float = 0.0
    cleanup: float = 0.0

    @property
    def total(self) -> float:
        """Seconds from the backup file to a database that was read back whole."""
        return self.unpack + self.provision + self.restore + self.verify

    def __str__(self) -> str:
        """Words for a finding: ``1.2 s: unpack 0.1, provision 0.4, restore 0.5, verify 0.2``."""
        parts = ("unpack", "provision", "restore", "verify")
        return f"{self.total:.2f} s: " + ", ".join(f"{part} {getattr(self, part):.2f}" for part in parts)


@dataclass(frozen=True, slots=True)
class DrillReport:
    """
    One backup, restored or not.

    ``damage`` is what is wrong with the file, ``refusal`` is what PostgreSQL refused of it; both are empty where it was
    restored, and then ``restored`` is what the new database holds. ``sha256`` and ``size_bytes`` are the file's, zero
    and empty where it could not be read through. ``age_seconds`` is the backup's age as the drill began: with a dump,
    that is what would be lost (RPO).
    """

    file: str
    taken_at: datetime
    drilled_at: datetime
    manifest: Manifest | None
    size_bytes: int = 0
    sha256: str = ""
    damage: str = ""
    refusal: str = ""
    restored: Contents | None = None
    stages: Stages = field(default_factory=Stages)
    server: str = ""

    @property
    def age_seconds(self) -> float:
        """Seconds between the backup and the drill."""
        return (self.drilled_at - self.taken_at).total_seconds()

    @property
    def content(self) -> Contents | None:
        """What the restored database must hold, from the manifest; ``None`` where there is none to compare with."""
        return self.manifest.contents if self.manifest else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the record: counts and checksums by table, seconds by stage."""
        restored = self.restored
        expected = self.content
        return {
            "file": self.file,
            "taken_at": self.taken_at.isoformat(timespec="seconds"),
            "drilled_at": self.drilled_at.isoformat(timespec="seconds"),
            "age_seconds": round(self.age_seconds, 3),
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "damage": self.damage,
            "refusal": self.refusal,
            "server": self.server,
            "tables": {
                name: {
                    "rows": table.rows,
                    "checksum": table.checksum,
                    "as_backed_up": None if expected is None else expected.tables.get(name) == table,
                }
                for name, table in (restored.tables if restored else {}).items()
            },
            "migration_heads": list(restored.migration_heads or ()) if restored else [],
            "stages_seconds": {
                **{part: round(getattr(self.stages, part), 3) for part in Stages.__dataclass_fields__},
                "total": round(self.stages.total, 3),
            },
        }
