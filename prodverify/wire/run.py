"""One run of the suite: its id, and the private folder through which its processes share facts."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prodverify.wire import clock, lockfile

_PREFIX = "prodverify-"
_OWNER = "owner"
"""The file that whoever began a run holds for as long as it lives."""


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
        """
        A new run whose folder lies in ``parent``, or in the system's folder for temporary files.

        Folders there that killed runs of ours have left are removed first.
        """
        started_at = clock.now()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(started_at))
        run_id = f"{stamp}-{secrets.token_hex(4)}"
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
        # mkdtemp makes the folder with mode 0700 whatever the umask, and refuses one that is there already.
        _sweep(parent or Path(tempfile.gettempdir()))
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{run_id}-", dir=parent))
        _hold(folder)
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


def _hold(folder: Path) -> None:
    """Holds the folder until this process ends, however it ends. The file has its name only once it is held."""
    unnamed = folder / f".{_OWNER}"
    held = lockfile.opened(unnamed)
    fcntl.flock(held, fcntl.LOCK_EX)
    unnamed.rename(folder / _OWNER)


def _sweep(parent: Path) -> None:
    """Removes our folders that nobody holds any more: a run that was killed could not."""
    for owner in parent.glob(f"{_PREFIX}*/{_OWNER}"):
        try:
            held = os.open(owner, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:  # somebody else's, or gone by now
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            if os.fstat(held).st_uid == os.getuid():
                shutil.rmtree(owner.parent, ignore_errors=True)
        finally:
            os.close(held)
