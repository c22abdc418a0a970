"""The drills before: one line of JSON each, in a file beside the evidence."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodverify.data.drill.report import DrillReport

DRILLS, RECOVERIES = "drills", "recoveries"
"""The two kinds, of backups and of physical copies; a copy takes another time than a dump."""
KEPT = 200
"""Drills that are kept; a nightly one fills the file in half a year."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One drill that restored its backup: when, of what, and how many seconds each stage took."""

    at: str
    file: str
    size_bytes: int
    age_seconds: float
    server: str
    recovery: float
    stages: dict[str, float]

    @classmethod
    def of(cls, report: DrillReport) -> Entry:
        """What is kept of ``report``."""
        return cls(
            at=report.drilled_at.isoformat(timespec="seconds"),
            file=report.file,
            size_bytes=report.size_bytes,
            age_seconds=round(report.age_seconds, 3),
            server=report.server,
            recovery=round(report.stages.recovery, 3),
            stages=report.stages.as_dict(),
        )


def path_in(reports: Path, target: str, kind: str = DRILLS) -> Path:
    """Where the drills of a target are noted: ``runs/<kind>/<target>.jsonl`` in the folder of reports."""
    return reports / "runs" / kind / f"{target}.jsonl"


def read(path: Path) -> tuple[Entry, ...]:
    """The drills before, oldest first; lines that are none are passed over. Raises ``OSError``."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(entry for line in lines if (entry := _entry(line)) is not None)


def note(path: Path, report: DrillReport) -> tuple[Entry, ...]:
    """
    Add ``report`` to the file, where it restored its backup, and return what was there before.

    Several processes may do so at once. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = read(path)
        if report.restored is not None:
            entry = Entry.of(report)
            line = json.dumps(_values(entry))
            kept = [json.dumps(_values(each)) for each in before[1 - KEPT :]]
            file.seek(0)
            file.truncate()
            file.write("\n".join([*kept, line]) + "\n")
    return before


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def _entry(line: str) -> Entry | None:
    try:
        values = json.loads(line)
        stages = {str(name): float(seconds) for name, seconds in values["stages"].items()}
        return Entry(
            at=str(values["at"]),
            file=str(values["file"]),
            size_bytes=int(values["size_bytes"]),
            age_seconds=float(values["age_seconds"]),
            server=str(values["server"]),
            recovery=float(values["recovery"]),
            stages=stages,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
