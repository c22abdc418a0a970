"""
An end to a function written by hand that lets nobody else in.

Everything of a generator takes turns in one thread. A function that computes for seconds, or for ever, holds up all
arrivals, the report of what was counted, and Ctrl-C.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from time import perf_counter
from types import FrameType

import gevent

PATIENCE_SECONDS = 3.0
"""Well before a worker that says nothing is taken for lost."""
_LOOK_SECONDS = 0.5


class Blocking(BaseException):
    """Nobody else had a turn. A function that catches everything must not catch it."""


class Watch:
    """It goes on beside the arrivals; ``files`` are those that hold functions written by hand."""

    def __init__(self, files: Iterable[str], *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._files = frozenset(files)
        self._patience_seconds = patience_seconds
        self._turn: gevent.Greenlet | None = None
        self._turn_at = 0.0
        self.broken = ""

    def start(self) -> None:
        """Looks from now on; without such files there is nothing to look at."""
        if self._files:
            self._turn_at = perf_counter()
            self._turn = gevent.spawn(self._take_turns)
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS, _LOOK_SECONDS)

    def stop(self) -> None:
        """No further look."""
        if self._turn is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            self._turn.kill(block=False)
            self._turn = None

    def _take_turns(self) -> None:
        while True:
            gevent.sleep(_LOOK_SECONDS)
            self._turn_at = perf_counter()

    def _look(self, _: int, frame: FrameType | None) -> None:
        """Called by the kernel's timer, whoever is at work."""
        if self._turn is None or perf_counter() - self._turn_at < self._patience_seconds:
            return
        while frame is not None:
            if frame.f_code.co_filename in self._files:
                raise Blocking(f"let nobody else in for {self._patience_seconds:g} s")
            frame = frame.f_back
