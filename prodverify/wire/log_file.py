"""A log file read from where it ends now: followed through rotation and truncation, and never read whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from prodverify.record.findings import Unjudged, inconclusive
from prodverify.wire.log_lines import MOST_BYTES, Read, read_of

_PIECE_BYTES = 1 << 20


class LogFile:
    """
    What is written to ``path`` from now on. A file that is not there yet is read from its beginning.

    Where it is renamed and made anew (rotation), the rest of the old one comes first; where it is shorter than it was
    (copied and truncated), it is read from its beginning. Raises Unjudged where it is no file, or closed to us; and
    ``seen()`` where it never came, which is no silence: its path may be wrong, or another machine's.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path, self._room = path, most_bytes
        self._file = -1
        self._offset = 0
        self._held = bytearray()
        self._note = ""
        self._skipping = False
        try:
            if self._opened():
                self._offset = os.fstat(self._file).st_size
                # The rest of a line that was begun before our moment is nobody's.
                self._skipping = self._offset > 0 and os.pread(self._file, 1, self._offset - 1) != b"\n"
        except OSError as trouble:
            self.close()
            raise self._unread(trouble.strerror or type(trouble).__name__) from None

    def read(self, request_id: str) -> Read:
        """Every whole line since then."""
        try:
            self._follow()
        except OSError as trouble:
            raise self._unread(trouble.strerror or type(trouble).__name__) from None
        end = self._held.rfind(b"\n") + 1
        return read_of(bytes(self._held[:end]), self._note)

    def seen(self) -> None:
        """Raises Unjudged where there was no such file so far."""
        if self._file < 0 and not self._held:
            raise self._unread("there is no such file")

    def close(self) -> None:
        """Closes the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _follow(self) -> None:
        if self._file < 0 and not self._opened():
            return
        self._take()
        if self._rotated():
            self._take()  # what was written between our look and the rotation
            self._hold(b"\n")
            self.close()
            self._offset, self._skipping = 0, False
            if self._opened():
                self._take()

    def _opened(self) -> bool:
        try:
            # Not to wait where it is a pipe that nobody writes to.
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            self.close()
            raise self._unread("it is no file")
        return True

    def _take(self) -> None:
        size = os.fstat(self._file).st_size
        if size < self._offset:
            self._offset, self._skipping = 0, False
            self._note = "it was truncated meanwhile, and what was written right before may be gone"
            self._hold(b"\n")
        while self._offset < size and (piece := os.pread(self._file, _PIECE_BYTES, self._offset)):
            self._offset += len(piece)
            if self._skipping:
                _, end, piece = piece.partition(b"\n")
                self._skipping = not end
            self._hold(piece)

    def _hold(self, piece: bytes) -> None:
        if len(piece) > self._room:
            self._note = f"only the first {len(self._held) + self._room:,} bytes were read"
        self._held += piece[: self._room]
        self._room -= len(piece[: self._room])

    def _rotated(self) -> bool:
        try:
            now = os.stat(self._path)
        except FileNotFoundError:
            return False  # the new one is not there yet; the old one is still written to
        mine = os.fstat(self._file)
        return (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino)

    def _unread(self, why: str) -> Unjudged:
        step = (
            "correct file in [logs], which is looked for beside the target file, or let the suite's user read it; "
            "what another machine writes is read by command, or out of [logs.loki]"
        )
        return Unjudged(inconclusive("log-unread", f"the log file {self._path.name} can be read", why, next_step=step))
