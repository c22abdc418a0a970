"""One run of the suite: its id, and the private folder through which its processes share facts."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prodverify.wire import clock


@dataclass(frozen=True, slots=True)
class Run:
    """
    A run. ``run_id`` sorts by time (UTC) and is unique; ``folder`` is readable by its owner alone (mode 0700);
    ``started_at`` is seconds since the epoch.
    """

    run_id: str
    folder: Path
    started_at: float

    @classmethod
    def begin(cls, parent: Path | None = None) -> Run:
        """A new run whose folder lies in ``parent``, or in the system's folder for temporary files."""
        started_at = clock.now()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(started_at))
        run_id = f"{stamp}-{secrets.token_hex(4)}"
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
        # mkdtemp makes the folder with mode 0700 whatever the umask, and refuses one that is there already.
        folder = Path(tempfile.mkdtemp(prefix=f"prodverify-{run_id}-", dir=parent))
        return cls(run_id, folder, started_at)

    def as_dict(self) -> dict[str, str | float]:
        """Plain values that cross to another process."""
        return {"run_id": self.run_id, "folder": str(self.folder), "started_at": self.started_at}

    @classmethod
    def from_dict(cls, values: Mapping[str, str | float]) -> Run:
        """The run that ``as_dict`` described."""
        return cls(str(values["run_id"]), Path(str(values["folder"])), float(values["started_at"]))

    def remaining_seconds(self, deadline_seconds: float) -> float:
        """Seconds left until ``deadline_seconds`` after the run began; negative once they have passed."""
        return self.started_at + deadline_seconds - clock.now()

    def remove(self) -> None:
        """Deletes the folder with all it holds (tokens, learned secrets, deliveries). Whoever began the run does it."""
        shutil.rmtree(self.folder, ignore_errors=True)
