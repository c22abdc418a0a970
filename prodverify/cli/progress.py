"""Progress of long work on stderr: one line that changes on a terminal, a line every 15 s elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

_TERMINAL_SECONDS = 0.5
_ELSEWHERE_SECONDS = 15.0
_CLEAR = "\r\x1b[K"


class Progress:
    """
    Says every now and then what is being done, for how long, and how large the file or folder is that grows meanwhile.

    Call it when something begins; nothing is said of work that is done before the first line is due. That nobody can be
    told, where stderr is closed or full, is no reason not to do the work.
    """

    def __init__(self, stream: TextIO | None = None, every_seconds: float = 0.0) -> None:
        self._stream: TextIO | None = stream or sys.stderr
        self._on_terminal = self._stream is not None and self._stream.isatty()
        self._every = every_seconds or (_TERMINAL_SECONDS if self._on_terminal else _ELSEWHERE_SECONDS)
        self._over = threading.Event()
        self._started = time.monotonic()
        self._doing: tuple[str, Path] | None = None
        self._telling = threading.Thread(target=self._tell, daemon=True)

    def __call__(self, doing: str, growing: Path) -> None:
        """``doing`` begins, and ``growing`` is what it writes or reads."""
        self._doing = (doing, growing)

    def __enter__(self) -> Self:
        self._telling.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._telling.join()
        if self._on_terminal:
            self._say(_CLEAR)

    def _tell(self) -> None:
        while not self._over.wait(self._every):
            if self._doing is None:
                continue
            doing, growing = self._doing
            said = f"{doing}: {_size(growing) / 1e6:,.1f} MB, {time.monotonic() - self._started:.0f} s"
            self._say(f"{_CLEAR}{said}" if self._on_terminal else f"{said}\n")

    def _say(self, text: str) -> None:
        if self._stream is not None:
            with suppress(OSError):
                self._stream.write(text)
                self._stream.flush()


def _size(path: Path) -> int:
    try:
        return sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else path.stat().st_size
    except OSError:
        return 0  # not begun yet, or gone already
