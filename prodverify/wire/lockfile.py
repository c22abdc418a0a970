"""A file that one process of a run holds at a time. A process that dies lets go of it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def opened(path: Path) -> int:
    """A descriptor of ``path``, made with mode 0600 where it is missing. The caller closes it."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def held(path: Path) -> Iterator[int]:
    """
    Holds ``path`` alone and yields a descriptor to read and write it by.

    Each holder opens the file for itself: flock(2) belongs to an open file, so that threads and forked children
    exclude each other like strangers, and the kernel lets go when the holder dies.
    """
    descriptor = opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def read(descriptor: int) -> bytes:
    """All that the held file holds."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def write(descriptor: int, content: bytes) -> None:
    """Replaces all that the held file holds."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)
