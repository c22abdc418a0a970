"""A file that a program can open by a name and that is in no folder, so that it is gone with whoever made it."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from prodverify.data.archives.codecs import pieces
from prodverify.data.archives.problems import unjudged
from prodverify.record.findings import Unjudged


@contextmanager
def nameless(write: Callable[[IO[bytes]], None], size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """
    A name of what ``write`` writes, ``size`` bytes or a little more, and the open files that a program needs for it.

    Raises ``Unjudged`` where there is no room for it, OSError, and what ``write`` raises.
    """
    if shutil.disk_usage(tempfile.gettempdir()).free < size:
        raise _no_room(size)
    with tempfile.TemporaryFile() as file:
        try:
            write(file)
            file.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise _no_room(size) from None
        file.seek(0)
        yield f"/dev/fd/{file.fileno()}", (file.fileno(),)


@contextmanager
def openable(path: Path, codec: str, size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The archive at ``path`` itself, or the ``size`` bytes that ``codec`` packed. Raises as ``nameless`` does."""
    if not codec:
        yield str(path.absolute()), ()
        return

    def unpack(file: IO[bytes]) -> None:
        with path.open("rb", buffering=0) as packed:
            for piece in pieces(packed, codec):
                file.write(piece)

    with nameless(unpack, size) as made:
        yield made


def _no_room(size: int) -> Unjudged:
    folder = tempfile.gettempdir()
    return unjudged(
        f"{(size >> 20) + 1} MiB for the unpacked archive in {folder}",
        f"{shutil.disk_usage(folder).free >> 20} MiB are free",
        "free some, or let TMPDIR name a folder with more",
    )
