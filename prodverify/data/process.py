"""Which process is meant: a number and the moment it started, because numbers are used again."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_STARTED = 19  # field 22 of /proc/PID/stat, counted from the state, which follows the name in brackets


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine, of this boot. ``started`` is a text that no later process of that number has."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Whether this very process still runs; one that has ended and waits to be collected does not."""
        return started(self.pid) == self.started

    def end(self, seconds: float, number: int = signal.SIGKILL) -> bool:
        """
        Send a signal to this very process and wait for its end, at most ``seconds``; False where it was gone already.

        Raises PermissionError, and TimeoutError where it has not ended in time.
        """
        try:
            handle = os.pidfd_open(self.pid) if sys.platform == "linux" else -1
        except ProcessLookupError:
            return False
        try:
            if not self.alive():  # looked at after the handle was opened, which is what makes the two one process
                return False
            if handle >= 0:
                signal.pidfd_send_signal(handle, number)
                ended = bool(select.select([handle], [], [], seconds)[0])
            else:
                os.kill(self.pid, number)
                ended = self._outlived(time.monotonic() + seconds)
        except ProcessLookupError:
            return True
        finally:
            if handle >= 0:
                os.close(handle)
        if not ended:
            raise TimeoutError(f"process {self.pid} still ran {seconds:g} s after {signal.Signals(number).name}")
        return True

    def _outlived(self, deadline: float) -> bool:
        while self.alive():  # each look starts ps, which is pause enough
            if time.monotonic() > deadline:
                return False
        return True


def identify(pid: int) -> Process:
    """The process that has this number now. Raises ProcessLookupError."""
    moment = started(pid)
    if not moment:
        raise ProcessLookupError(f"no process {pid}")
    return Process(pid, moment)


def started(pid: int) -> str:
    """When the process of this number started, in its system's own words; empty where it does not run."""
    if sys.platform != "linux":
        listed = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split(maxsplit=1)
        return listed[1].strip() if len(listed) == 2 and not listed[0].startswith("Z") else ""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else f"{_boot()} {fields[_STARTED]}"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
