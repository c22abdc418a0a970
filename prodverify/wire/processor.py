"""The processor: how long who measures, or a service of ours, was ready to go on and waited for one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class Waits:
    """
    Milliseconds that this thread and all threads of ``processes`` and of their children stood in the run queue.

    What a process would do of itself, sleep or wait for others, is none of it. Linux alone tells (schedstat); where
    nobody does they are 0.
    """

    def __init__(self, processes: Iterable[int] = ()) -> None:
        tasks = [Path("/proc", str(process), "task") for process in processes]
        tasks += [child for task in tasks for child in _children(task)]
        self._told = [
            Path("/proc/thread-self/schedstat"),
            *(file for task in tasks for file in task.glob("*/schedstat")),
        ]
        self._before = self._total_ms()

    def since_ms(self) -> float:
        """Those since it was asked last."""
        before, self._before = self._before, self._total_ms()
        return max(0.0, self._before - before)

    def _total_ms(self) -> float:
        return sum(map(_waited_ms, self._told))


def _children(task: Path) -> list[Path]:
    try:
        return [Path("/proc", child, "task") for child in (task / task.parent.name / "children").read_text().split()]
    except OSError:
        return []


def _waited_ms(told: Path) -> float:
    try:
        return int(told.read_text().split()[1]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0  # it has ended, or nobody counts here
