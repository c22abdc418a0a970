"""A file that a program can open by a name and that is in no folder, so that it is gone with whoever made it."""

from __future__ import annotations

import errno
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from prodverify.data.archives.codecs import pieces
from prodverify.data.archives.problems import overdue, unjudged
from prodverify.record.findings import Unjudged


class Deadline:
    """``seconds`` from now, after which ``left`` raises ``Unjudged``."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left."""
        if (left := self._end - time.monotonic()) <= 0:
            raise self.overdue()
        return left

    def overdue(self) -> Unjudged:
        """To be raised where something was ended because the time was over."""
        return overdue(self._seconds)


class Written:
    """A file that is written until a deadline."""

    def __init__(self, file: IO[bytes], deadline: Deadline) -> None:
        self._file, self._deadline = file, deadline
        self.seek, self.tell = file.seek, file.tell

    def write(self, data: bytes | bytearray) -> None:
        """All of ``data``. Raises ``Unjudged`` once the deadline has passed, and OSError."""
        self._deadline.left()
        self._file.write(data)


@contextmanager
def nameless(write: Callable[[Written], None], size: int, deadline: Deadline) -> Iterator[tuple[str, tuple[int, ...]]]:
    """
    A name of what ``write`` writes, ``size`` bytes or a little more, and the open files that a program needs for it.

    Raises ``Unjudged`` where there is no room for it or ``deadline`` passes, OSError, and what ``write`` raises.
    """
    if shutil.disk_usage(tempfile.gettempdir()).free < size:
        raise _no_room(size)
    with tempfile.TemporaryFile() as file:
        try:
            write(Written(file, deadline))
            file.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise _no_room(size) from None
        file.seek(0)
        yield f"/dev/fd/{file.fileno()}", (file.fileno(),)


@contextmanager
def openable(path: Path, codec: str, size: int, deadline: Deadline) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The archive at ``path`` itself, or the ``size`` bytes that ``codec`` packed. Raises as ``nameless`` does."""
    if not codec:
        yield str(path.absolute()), ()
        return

    def unpack(file: Written) -> None:
        with path.open("rb", buffering=0) as packed:
            for piece in pieces(packed, codec):
                file.write(piece)

    with nameless(unpack, size, deadline) as made:
        yield made


def _no_room(size: int) -> Unjudged:
    folder = tempfile.gettempdir()
    return unjudged(
        f"{(size >> 20) + 1} MiB for the unpacked archive in {folder}",
        f"{shutil.disk_usage(folder).free >> 20} MiB are free",
        "free some, or let TMPDIR name a folder with more",
    )
