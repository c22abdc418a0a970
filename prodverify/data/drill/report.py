"""What one drill saw: the backup, what became of it, and how long each stage took. Pure data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from prodverify.data.backups.manifest import Manifest
from prodverify.data.catalog.contents import Contents
from prodverify.data.drill.observed import Answer, Comparison, Conditions, Integrity
from prodverify.data.drill.stages import Stages

__all__ = ["PHYSICAL", "DrillReport", "Stages"]

PHYSICAL = "physical copy"
"""The ``format`` of a report that is about no dump."""


@dataclass(frozen=True, slots=True)
class DrillReport:
    """
    One backup, restored or not.

    ``damage`` is what is wrong with the file, ``refusal`` is what PostgreSQL refused of it; both are empty where it was
    restored, and then ``restored`` is what the new database holds. ``sha256`` and ``size_bytes`` are the file's, zero
    and empty where it could not be read through. ``age_seconds`` is the backup's age as the drill began: with a dump,
    that is what would be lost (RPO). ``watched`` is what the caller's own readers read of the restored database, by
    their names.
    """

    file: str
    taken_at: datetime
    drilled_at: datetime
    manifest: Manifest | None
    size_bytes: int = 0
    sha256: str = ""
    format: str = ""
    damage: str = ""
    refusal: str = ""
    restored: Contents | None = None
    comparisons: tuple[Comparison, ...] = ()
    integrity: Integrity | None = None
    answers: tuple[Answer, ...] = ()
    watched: dict[str, Any] = field(default_factory=dict)
    stages: Stages = field(default_factory=Stages)
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def server(self) -> str:
        """The PostgreSQL that it was restored into, in words."""
        return self.conditions.server

    @property
    def age_seconds(self) -> float:
        """Seconds between the backup and the drill."""
        return (self.drilled_at - self.taken_at).total_seconds()

    @property
    def content(self) -> Contents | None:
        """What the restored database must hold, from the manifest; ``None`` where there is none to compare with."""
        return self.manifest.contents if self.manifest else None

    def comparison(self, mode: str) -> Comparison | None:
        """What was compared in that mode."""
        return next((each for each in self.comparisons if each.mode == mode), None)

    def answer(self, name: str) -> Answer | None:
        """What became of the query of that name."""
        return next((each for each in self.answers if each.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the record: counts and checksums by table, seconds by stage, and what it ran on."""
        restored = self.restored
        expected = self.content
        integrity = self.integrity
        return {
            "file": self.file,
            "format": self.format,
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
            "compared": {
                each.mode: each.impossible
                or f"{sum(table.same for table in each.tables)} of {len(each.tables)} the same"
                for each in self.comparisons
            },
            "integrity": None if integrity is None else asdict(integrity),
            "migration_heads": list(restored.migration_heads or ()) if restored else [],
            "stages_seconds": self.stages.as_dict(),
            "conditions": self.conditions.as_dict(),
        }
