"""Many statements on one restored database, by several connections at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

from prodverify.data.drill.refusing import Connection, connect

ONE_CONNECTION_BYTES = 32 << 20
"""Of relations: below this a second connection costs more than it saves."""

Task = TypeVar("Task")


def together(
    dsn: str, jobs: int, deadline_seconds: float, tasks: Sequence[Task], do: Callable[[Connection, Task], None]
) -> None:
    """
    Call ``do`` with each of ``tasks`` and one of ``jobs`` connections to ``dsn``, in their order: the longest first.

    Each statement may take ``deadline_seconds``. Raises the first error of ``do``, after which none is begun.
    """
    waiting: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        waiting.put(task)

    def work() -> None:
        with connect(dsn, deadline_seconds) as connection, suppress(Empty):
            while True:
                task = waiting.get_nowait()
                try:
                    do(connection, task)
                except BaseException:
                    _emptied(waiting)
                    raise

    if jobs < 2 or len(tasks) < 2:
        work()
        return
    with ThreadPoolExecutor(min(jobs, len(tasks))) as pool:
        for done in [pool.submit(work) for _ in range(min(jobs, len(tasks)))]:
            done.result()


def _emptied(waiting: SimpleQueue[Task]) -> None:
    with suppress(Empty):
        while True:
            waiting.get_nowait()
