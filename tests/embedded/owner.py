"""A process that owns a cluster or a stage and can be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from prodverify.data.process import Process, identify
from prodverify.wire import clock

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Owner:
    """A process that set something up, and what it set up."""

    process: subprocess.Popen[str]
    facts: Mapping[str, Any]
    owned: Mapping[str, Process]
    folders: tuple[Path, ...]

    @classmethod
    def told_by(cls, process: subprocess.Popen[str]) -> Self:
        """What ``process`` says on its first line."""
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        owned = {name: identify(pid) for name, pid in facts["processes"].items()}
        return cls(process, facts, owned, tuple(Path(folder) for folder in facts["folders"]))

    def left(self, *, but: str = "") -> list[str]:
        """What of it is still there."""
        processes = [name for name, process in self.owned.items() if name != but and process.alive()]
        return [*processes, *(str(folder) for folder in self.folders if folder.exists())]

    def has_gone(self, within_seconds: float = 5.0, *, but: str = "") -> bool:
        """Whether nothing is left of it, in time."""
        clock.poll(
            lambda: None if self.left(but=but) else True,
            within_seconds=within_seconds,
            what=f"the end of all that process {self.process.pid} owned",
        )
        return True

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one of its processes, or to itself."""
        os.kill(self.process.pid if name == "owner" else self.owned[name].pid, number)

    def clear(self) -> None:
        """End the owner, let its supervisor tidy up, and tidy up after both where a test failed."""
        self.process.kill()
        self.process.communicate()
        with suppress(clock.NotInTime):
            self.has_gone(but="bystander")
        for process in self.owned.values():
            process.end(5.0)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
