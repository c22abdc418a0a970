"""Many statements on one restored database, by several connections at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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

    Each statement may take ``deadline_seconds``. Raises an error of ``do``; after one, and after Ctrl-C, no
    further one is begun, and what is being asked is cancelled.
    """
    waiting: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        waiting.put(task)
    working: list[Connection] = []

    def work() -> None:
        with _emptied(waiting), connect(dsn, deadline_seconds) as connection:
            working.append(connection)
            while True:
                try:
                    task = waiting.get_nowait()
                except Empty:
                    return
                do(connection, task)

    if jobs < 2 or len(tasks) < 2:
        work()
        return
    with ThreadPoolExecutor(min(jobs, len(tasks))) as pool:
        try:
            for done in [pool.submit(work) for _ in range(min(jobs, len(tasks)))]:
                done.result()
        except BaseException:
            with _emptied(waiting):
                for connection in working:
                    connection.cancel()
                raise


@contextmanager
def _emptied(waiting: SimpleQueue[Task]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(Empty):
            while True:
                waiting.get_nowait()
        raise
