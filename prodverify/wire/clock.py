"""Time: the only place that sleeps, and the account of what this process waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_account = threading.local()
_lock = threading.Lock()
_waited = 0.0


class NotInTime(TimeoutError):  # noqa: N818 - it is not an error of the program
    """Something that was waited for did not happen; ``what`` names it, ``within_seconds`` is the patience spent."""

    def __init__(self, what: str, within_seconds: float) -> None:
        super().__init__(f"{what} did not happen within {within_seconds:g} s.")
        self.what = what
        self.within_seconds = within_seconds


def now() -> float:
    """Seconds since the epoch."""
    return time.time()


def monotonic() -> float:
    """Seconds on a clock that never steps; all processes of one machine share it."""
    return time.monotonic()


def waited_seconds() -> float:
    """Seconds that this process declared as waiting, since it started."""
    return _waited


@contextmanager
def waiting(why: str) -> Iterator[None]:
    """
    Declares the time inside as waiting for ``why``, a short reason for the reader of the code.

    Waiting inside waiting counts once.
    """
    global _waited
    if getattr(_account, "why", ""):
        yield
        return
    _account.why = why
    started = time.monotonic()
    try:
        yield
    finally:
        _account.why = ""
        with _lock:
            _waited += time.monotonic() - started


def sleep(seconds: float, why: str) -> None:
    """Waits ``seconds`` and declares it; nothing at or below zero."""
    if seconds > 0:
        with waiting(why):
            time.sleep(seconds)


def poll(probe: Callable[[], T | None], *, within_seconds: float, what: str, every_seconds: float = 0.02) -> T:
    """
    The first answer of ``probe`` that is not None; it is asked at once and then at every interval.

    Raises NotInTime with ``what`` ("the delivery arrived") once ``within_seconds`` have passed. The probe is asked
    a last time at the deadline, so that a slow machine does not lose an answer that is there.
    """
    deadline = time.monotonic() + within_seconds
    while (answer := probe()) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotInTime(what, within_seconds)
        sleep(min(every_seconds, left), what)
    return answer
