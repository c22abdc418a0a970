"""A process that a supervisor child has started: how it begins, and how it is ended with its whole group."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class Child:
    """A process of ours. It leads a session of its own, so that its group can be ended with it."""

    process: subprocess.Popen[bytes]
    quit_signal: int

    @classmethod
    def start(cls, wish: dict[str, Any]) -> Self:
        """
        Start what ``wish`` describes in the words of ``Supervisor.spawn()``. Raises OSError and SubprocessError.

        The log is opened before the account changes, so that it may be where the account cannot write.
        """
        log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            process = subprocess.Popen(
                wish["argv"],
                env=wish["env"],
                cwd=wish["cwd"],
                stdin=subprocess.PIPE if wish["gated"] else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=True,
                pass_fds=wish["descriptors"],
                start_new_session=True,
                preexec_fn=_dies_with_us(wish["quit_signal"]),
                user=wish["uid"],
                group=wish["gid"],
                extra_groups=None if wish["uid"] is None else [],
            )
        finally:
            os.close(log)
        return cls(process, wish["quit_signal"])

    def quit(self) -> None:
        """Ask it to end; SIGKILL goes to its whole group at once."""
        if self.quit_signal == signal.SIGKILL:
            self.kill()
        elif self.process.poll() is None:
            self.process.send_signal(self.quit_signal)

    def kill(self) -> None:
        """End its whole group, also where it has ended itself and left others behind."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
            self.process.poll()


def _dies_with_us(quit_signal: int) -> Callable[[], None] | None:
    """
    What a new process does before its program starts: it asks the kernel for a signal when we die.

    The wish survives exec and is lost when the account changes, which has happened by then. This process has one
    thread, which makes running Python between fork and exec safe.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    us = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, quit_signal)
        if os.getppid() != us:  # we died before the wish was made
            os._exit(1)

    return ask
