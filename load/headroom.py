"""Whether a generator had processor time to spare, looked at once a second while it sends."""

from __future__ import annotations

from time import perf_counter, process_time
from typing import Any

import psutil

BUSY_PERCENT = 90.0
"""Of one core, which is all that a process of Locust can use: beyond it arrivals wait for each other."""
_LEAST_SECONDS = 0.2
"""A shorter look says more about its own length than about the processor."""


class Headroom:
    """
    How much of one core this process used. What it used before the first ``mark`` is the start-up's, and not counted.

    ``most_connections`` is how many it may have open at once.
    """

    def __init__(self, most_connections: int) -> None:
        self._most_connections = most_connections
        self._process = psutil.Process()
        self._wall = self._cpu = 0.0
        self._seconds = self._used = self._busy = 0.0
        self._rss = 0

    def mark(self) -> None:
        """Looks at the processor time since the last mark."""
        wall, cpu = perf_counter(), process_time()
        if not self._wall:
            self._wall, self._cpu = wall, cpu
        elif (seconds := wall - self._wall) >= _LEAST_SECONDS:
            used = cpu - self._cpu
            self._seconds += seconds
            self._used += used
            if 100.0 * used / seconds >= BUSY_PERCENT:
                self._busy += seconds
            self._wall, self._cpu = wall, cpu
        self._rss = self._process.memory_info().rss

    def as_dict(self) -> dict[str, Any]:
        """
        ``cpu_percent`` of one core while it was looked at, for how many ``seconds``, how many of them it was
        ``busy_seconds`` with at least ``BUSY_PERCENT``, and its memory.
        """
        return {
            "cpu_percent": round(100.0 * self._used / self._seconds, 1) if self._seconds else None,
            "seconds": round(self._seconds, 3),
            "busy_seconds": round(self._busy, 3),
            "rss_mib": round(self._rss / 2**20, 1),
            "most_connections": self._most_connections,
        }
