"""Many statements on one restored database, by several connections at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

import psycopg

from prodverify.data.drill.refusing import Connection, connect

ONE_CONNECTION_BYTES = 32 << 20
"""Of relations: below this a second connection costs more than it saves."""

_CANCEL_SECONDS = 0.1
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
        try:
            with connect(dsn, deadline_seconds) as connection:
                working.append(connection)
                while True:
                    do(connection, waiting.get_nowait())
        except Empty:
            return
        except BaseException:
            _empty(waiting)
            raise

    if jobs < 2 or len(tasks) < 2:
        work()
        return
    with ThreadPoolExecutor(min(jobs, len(tasks))) as pool:
        begun = [pool.submit(work) for _ in range(min(jobs, len(tasks)))]
        try:
            for done in wait(begun, return_when=FIRST_EXCEPTION).done:
                done.result()
        except BaseException:
            _empty(waiting)  # before anything is cancelled, or another one would be begun in its place
            while wait(begun, _CANCEL_SECONDS).not_done:  # again, because one may just have been about to be asked
                for connection in working:
                    with suppress(psycopg.Error):
                        connection.cancel()
            raise


def _empty(waiting: SimpleQueue[Task]) -> None:
    with suppress(Empty):
        while True:
            waiting.get_nowait()
