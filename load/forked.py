"""Workers that this process forked: whether they live, and an end to those that do not answer."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil


def child(pid: int) -> psutil.Process | None:
    """
    The process, where it is one that this one forked and that lives; the same number on another machine is another
    process.
    """
    try:
        process = psutil.Process(pid)
        alive = process.ppid() == os.getpid() and process.status() != psutil.STATUS_ZOMBIE
        return process if alive else None
    except psutil.Error:
        return None


def living() -> int:
    """How many workers this process has forked that live: they have its command line, what it started has another."""
    own, number = psutil.Process(), 0
    for each in own.children():
        with suppress(psutil.Error):  # it has just ended, or is somebody else's by now
            number += child(each.pid) is not None and each.cmdline() == own.cmdline()
    return number


def stopped(pid: int) -> str:
    """What a sentence about the process ends with, where it is stopped (SIGSTOP)."""
    ours = child(pid)
    return f"; its process {pid} is stopped" if ours is not None and ours.status() == psutil.STATUS_STOPPED else ""


def kill(pid: int) -> None:
    """Ends the process, where it is ours and lives: stopped, it would outlive the run."""
    if child(pid) is not None:
        os.kill(pid, signal.SIGKILL)
