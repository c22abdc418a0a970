"""Latency is measured while no other check of the run asks: requests share a room that a measurement has alone."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodverify.wire import clock, lockfile

_here = threading.Lock()
_alone_in: set[Path] = set()
"""Folders whose room this process has alone; its own requests need not ask for entry again."""


@contextmanager
def asking(folder: Path) -> Iterator[None]:
    """Shares the room for one ordinary request; waits, declared, while another process has it alone."""
    if folder in _alone_in:
        yield
        return
    room = _entered(folder, fcntl.LOCK_SH)
    try:
        yield
    finally:
        os.close(room)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """
    Has the room alone for a measurement: waits until every request under way is answered, and lets no new one start.

    Other threads of this process are not kept out. Not to be entered from inside ``asking`` or ``alone``.
    """
    room = _entered(folder, fcntl.LOCK_EX)
    try:
        with _here:
            _alone_in.add(folder)
        yield
    finally:
        with _here:
            _alone_in.discard(folder)
        os.close(room)


def _entered(folder: Path, how: int) -> int:
    # Whoever waits for the room stands in the turnstile, and nobody enters past it: a stream of requests that
    # overlap would otherwise keep a measurement out for ever.
    room = lockfile.opened(folder / "room")
    try:
        turnstile = lockfile.opened(folder / "turnstile")
        try:
            _lock(turnstile, fcntl.LOCK_EX)
            _lock(room, how)
        finally:
            os.close(turnstile)
    except BaseException:
        os.close(room)
        raise
    return room


def _lock(descriptor: int, how: int) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        with clock.waiting("a measurement that has the room alone"):
            fcntl.flock(descriptor, how)
