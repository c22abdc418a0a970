"""Restoring an archive with pg_restore, by several connections at once where the format permits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from prodverify.data.archives.nameless import Deadline
from prodverify.data.archives.problems import problem, silenced
from prodverify.data.binaries import Binaries
from prodverify.data.network import cut_off

# what it says of each entry by one connection, and by several, which say each creation too
_STEP = re.compile(r"pg_restore: (?:creating|processing data|executing) ")
_PARALLEL_STEP = re.compile(r"pg_restore: (?:processing|finished) item ")
_MINE = re.compile(r"\b(?:ERROR|FATAL|PANIC|error): |does not support compression")
_PROBLEMS = 20
_LONGEST_LINE = 4096
# each entry takes a lock or two, and a server has 6400 by default
_ONE_TRANSACTION = 2000


def run(
    programs: Binaries,
    dsn: str,
    source: str,
    *,
    descriptors: Sequence[int] = (),
    jobs: int,
    entries: int,
    deadline: Deadline,
    progress: Callable[[str], None] | None,
) -> None:
    """
    Restore the archive ``source``, with owners and privileges, into the database of ``dsn``; the first error ends it.

    ``descriptors`` are open files that ``source`` may name. Its processes have a group of their own, which is ended
    whatever happens here; where we are killed ourselves they end with the server, whose supervisor ends it. Raises as
    ``Archive.restore`` does.
    """
    command = [
        str(programs.tool("pg_restore")),
        f"--dbname={dsn}",
        "--exit-on-error",
        "--no-password",
        "--verbose",
        *_manner(jobs, entries),
        source,
    ]
    with _started(command, descriptors) as group:
        timer = threading.Timer(deadline.left(), group.give_up)
        timer.daemon = True
        timer.start()
        try:
            problems = _heard(group.process, _PARALLEL_STEP if jobs > 1 else _STEP, entries, progress)
            status = group.wait()
        finally:
            timer.cancel()
    if group.late:
        raise deadline.overdue()
    if status == -signal.SIGKILL and not problems:  # as the kernel does where memory runs out
        raise silenced("pg_restore")
    if status != 0 or any("does not support compression" in line for line in problems):
        raise problem("\n".join(problems), programs, "pg_restore")


def _manner(jobs: int, entries: int) -> list[str]:
    if jobs > 1:
        return [f"--jobs={jobs}"]
    return ["--single-transaction"] if entries < _ONE_TRANSACTION else []


class _Group:
    """A process and all that it has started; a number is not signalled once it may be another's."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.late = False
        self._ended = False
        self._ending = threading.Lock()

    def give_up(self) -> None:
        """End it because its time is over."""
        self.late = True
        self.kill()

    def kill(self) -> None:
        with self._ending:
            if not self._ended:
                with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
                    os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self) -> int:
        # not collected before the group was ended: a number that is not collected is nobody else's
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        self.kill()
        with self._ending:
            self._ended = True
            return self.process.wait()


@contextmanager
def _started(command: list[str], descriptors: Sequence[int]) -> Iterator[_Group]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    process = subprocess.Popen(
        cut_off(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**environ, "LC_ALL": "C"},
        pass_fds=descriptors,
        start_new_session=True,
    )
    group = _Group(process)
    try:
        yield group
    finally:
        if process.returncode is None:
            group.kill()
            group.wait()
        assert process.stderr is not None
        process.stderr.close()


def _heard(
    process: subprocess.Popen[bytes], step: re.Pattern[str], entries: int, tell: Callable[[str], None] | None
) -> list[str]:
    assert process.stderr is not None
    problems: deque[str] = deque(maxlen=_PROBLEMS)
    steps = 0
    while line := process.stderr.readline(_LONGEST_LINE):
        text = line.decode("utf-8", "replace").rstrip("\n")
        if step.match(text):
            steps += 1
            if tell is not None:
                tell(f"{min(steps, entries)} of {entries} entries")
        elif _MINE.search(text) and len(problems) < _PROBLEMS:
            problems.append(text)
    return list(problems)
