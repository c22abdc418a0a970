"""
What one supervisor owns, on disk: a file that it locks as long as it lives and that outlives it when it is killed.

Each line is one JSON fact. Facts are written before a folder is made and right after a process is started, so that
whoever finds the file unlocked knows what was left behind. A line that is no fact is passed over: a kill cuts off the
last one, and a machine that lost its power may leave anything.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodverify.data.process import Process

SUFFIX = ".ledger"
DRAFT = ".draft"


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open, locked ledger. The lock is the open file's: it goes with the last process that holds it."""

    path: Path
    descriptor: int

    @classmethod
    def create(cls, directory: Path) -> Ledger:
        """A new ledger, locked before it gets the name by which a sweep finds it. Raises OSError."""
        path = directory / f"{os.urandom(8).hex()}{SUFFIX}"
        draft = path.with_suffix(DRAFT)
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(path)
        return cls(path, descriptor)

    @classmethod
    def take_over(cls, path: Path) -> Ledger | None:
        """The ledger of an owner that is gone, locked by us; None while its owner lives, or once it is settled."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink == 0:  # another sweep settled it between our open and our lock
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def note_folder(self, folder: Path) -> None:
        """Write that ``folder`` is about to be made and is ours to remove."""
        self._note({"folder": str(folder)})

    def note_process(self, process: Process, quit_signal: int = signal.SIGKILL) -> None:
        """Write that ``process`` was started and is ours to end, cleanly by ``quit_signal``."""
        self._note({"pid": process.pid, "started": process.started, "quit_signal": int(quit_signal)})

    def folders(self) -> list[Path]:
        """Every folder noted, oldest first."""
        return [Path(fact["folder"]) for fact in self._facts() if "folder" in fact]

    def processes(self) -> list[tuple[Process, int]]:
        """Every process noted and the signal that ends it cleanly, oldest first."""
        facts = [fact for fact in self._facts() if "pid" in fact]
        return [(Process(fact["pid"], fact["started"]), fact.get("quit_signal", signal.SIGKILL)) for fact in facts]

    def settle(self) -> None:
        """Remove the ledger: everything noted is gone."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Give up the lock and leave the file to the next sweep."""
        os.close(self.descriptor)

    def _note(self, fact: dict[str, str | int]) -> None:
        os.write(self.descriptor, json.dumps(fact).encode() + b"\n")

    def _facts(self) -> Iterator[dict[str, Any]]:
        for line in self.path.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                fact = json.loads(line)
                if isinstance(fact, dict):
                    yield fact
