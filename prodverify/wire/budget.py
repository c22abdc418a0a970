"""The requests that one run may send, and their pace: one account for all workers, in one file."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

from prodverify.wire import clock, lockfile
from prodverify.wire.unjudged import Refused

# Requests spent, and the moment (monotonic) from which the next one may be sent.
_ACCOUNT = struct.Struct("<Qd")


class Budget:
    """
    At most ``requests`` requests a run, evenly paced at ``rate_per_second``, over all processes that share ``folder``.

    Each request takes the next free moment of the pace while it holds the file, and waits for that moment after it
    let go, so that nobody queues behind a sleeper. What is not ``paced`` counts, and goes at once.
    """

    def __init__(self, folder: Path, *, requests: int, rate_per_second: float) -> None:
        self._path = folder / "budget"
        self._requests = requests
        self._gap_seconds = 1.0 / rate_per_second

    @property
    def spent(self) -> int:
        """Requests taken so far, by all workers."""
        with lockfile.held(self._path) as account:
            return _read(account)[0]

    def spend(self, *, paced: bool = True, deadline: float = math.inf) -> None:
        """
        Takes one request and waits for its moment.

        Raises Refused when the budget is spent, or its moment is at or after ``deadline`` on the monotonic clock.
        """
        with lockfile.held(self._path) as account:
            spent, free_from = _read(account)
            if spent >= self._requests:
                raise Refused(
                    "budget-spent",
                    f"at most {self._requests} requests in one run",
                    f"{spent} requests were sent",
                    "Raise requests in [asking] of the target file, or run fewer checks.",
                )
            now = clock.monotonic()
            moment = max(now, free_from) if paced else now
            if moment >= deadline:
                raise Refused(
                    "run-deadline-spent",
                    "everything asked before the run's deadline",
                    "the deadline has passed" if now >= deadline else "the pace of requests leads beyond it",
                    "Raise run_deadline_seconds in [asking], or run fewer checks.",
                )
            os.pwrite(account, _ACCOUNT.pack(spent + 1, max(free_from, moment + self._gap_seconds)), 0)
        clock.sleep(moment - now, "the pace of requests")


def _read(account: int) -> tuple[int, float]:
    content = os.pread(account, _ACCOUNT.size, 0)
    if not content:
        return 0, 0.0
    spent, free_from = _ACCOUNT.unpack(content)
    return spent, free_from
