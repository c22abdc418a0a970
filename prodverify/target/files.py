"""Files that a target file is, or names: read whole, or refused with one sentence."""

from __future__ import annotations

import stat
from pathlib import Path

OPEN_TO_OTHERS = 0o077


class FileRefused(Exception):  # noqa: N818 - it says what is wrong with a file, not with the program
    """Why a file is not read."""


def resolved(file: str, folder: Path) -> Path:
    """``file`` as a path, a relative one against ``folder``, a leading ``~`` as the user's home."""
    try:
        return folder / Path(file).expanduser()
    except RuntimeError:  # there is no such user
        return folder / file


def content(path: Path, *, largest: int, secret: bool = False) -> bytes:
    """
    The bytes of a regular file of at most ``largest`` bytes; a ``secret`` one has mode 0600 or less.

    Raises FileRefused for anything else, also for a folder, a pipe or a device, which are never opened.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileRefused(f"expected a file at {path}, came a folder")
        if not stat.S_ISREG(status.st_mode):
            raise FileRefused(f"expected a file at {path}, came a pipe, socket or device")
        if secret and status.st_mode & OPEN_TO_OTHERS:
            mode = stat.S_IMODE(status.st_mode)
            raise FileRefused(f"{path} is open to group or others (mode {mode:04o}); expected 0600: chmod 600 it")
        if status.st_size > largest:
            raise FileRefused(f"expected at most {largest} bytes in {path}, came {status.st_size}")
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(f"expected a readable file at {path}: {error.strerror}") from None
    except ValueError:  # a NUL byte in the name
        raise FileRefused("expected the path of a file, came text that no path holds") from None
