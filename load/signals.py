"""What Ctrl-C, SIGTERM and a terminal that is closed do to a process of a load run."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import gevent

_ENDING = (
    signal.SIGINT,
    signal.SIGTERM,
    # Under nohup the run is to outlive its terminal.
    *([] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]),
)


def when_ended(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> None:
    """What all of them do from now on."""
    for each in _ENDING:
        signal.signal(each, handler)


def ignore_endings() -> None:
    """None of them does anything any more."""
    when_ended(signal.SIG_IGN)


def interrupt(*_: Any) -> None:
    """
    Ctrl-C, told to Locust's own greenlet and not to the one that happens to be at work, which would print it.

    A second one would cost the record that is being written, and saves but a moment.
    """
    end_with(KeyboardInterrupt())


def end_with(reason: BaseException) -> None:
    """
    Ends Locust's own greenlet, and with it the process, as soon as it waits for something; signals are ignored from
    then on. Raised in another one, or in a callback of the interpreter's that happens to be at work (a fork has some),
    the reason would be printed and lost.
    """
    ignore_endings()
    hub = gevent.get_hub()
    hub.loop.run_callback_threadsafe(hub.parent.throw, reason)
