"""What a drill is doing, as words and as a bar; told across processes through a file, as workers have no terminal."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from prodverify.data.drill.stages import NAMES

LINE_SECONDS = 15.0
"""How often a line is written where there is no terminal."""
_BAR_SECONDS = 0.25
_QUIET_SECONDS = 1.0  # a drill that is over by then needs no bar
_WIDTH = 24
# seconds of each stage in a database of 1 GiB, where no drill before this one tells better
_USUAL = {
    "fetch": 5.0,
    "decrypt": 1.0,
    "examine": 2.0,
    "provision": 0.3,
    "restore": 8.0,
    "analyze": 0.5,
    "first_query": 0.1,
    "contents": 2.5,
    "compare": 2.0,
    "queries": 0.2,
    "integrity": 2.0,
    "cleanup": 0.2,
}
_PARTS = re.compile(r"(\d+) of (\d+)")


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Where a drill is: its stage, a detail of it in words, and since when, in seconds of the machine's monotonic clock.

    ``usual`` are the seconds that each stage is expected to take, in the order in which they come.
    """

    stage: str
    detail: str
    began: float
    stage_began: float
    usual: Mapping[str, float] = field(default_factory=lambda: dict(_USUAL))

    def share(self, now: float) -> float:
        """How much is done, from 0 to 1, judged by what the stages usually take; it never stands at 1."""
        usual = {name: max(seconds, 0.01) for name, seconds in self.usual.items()}
        if self.stage not in usual:
            return 0.0
        names = list(usual)
        before = names[: names.index(self.stage)]
        within = min(max(now - self.stage_began, 0.0) / usual[self.stage], 0.95)
        if (parts := _PARTS.search(self.detail)) and int(parts[2]):
            within = min(int(parts[1]) / int(parts[2]), 1.0)
        done = sum(usual[name] for name in before) + within * usual[self.stage]
        return min(done / sum(usual.values()), 0.99)

    def line(self, now: float) -> str:
        """``drill: restore, 12 of 40 MiB, 45 s so far, about 60 % done``."""
        detail = f", {self.detail}" if self.detail and "0 of 0 " not in self.detail else ""
        stage = self.stage.replace("_", " ")
        return f"drill: {stage}{detail}, {now - self.began:.0f} s so far, about {self.share(now):.0%} done"

    def bar(self, now: float) -> str:
        """The same with a bar, for a terminal."""
        filled = round(self.share(now) * _WIDTH)
        return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {self.line(now)}"


class Noted:
    """
    A watcher that keeps where the drill is, and writes it into a file where one is named.

    ``usual`` are the seconds of the drill before, by stage; ``order`` is that of the stages.
    """

    def __init__(
        self, file: Path | None = None, usual: Mapping[str, float] | None = None, order: Sequence[str] = NAMES
    ) -> None:
        self._file = file
        self._usual = {name: (usual or _USUAL).get(name, 0.0) for name in order}
        self._began = self._stage_began = self._written = time.monotonic()
        self._now: Progress | None = None

    def __call__(self, stage: str, detail: str = "") -> None:
        """As ``stages.Watcher``."""
        now = time.monotonic()
        changed = self._now is None or self._now.stage != stage
        if changed:
            self._stage_began = now
        self._now = Progress(stage, detail, self._began, self._stage_began, self._usual)
        if self._file is not None and (changed or now - self._written > _BAR_SECONDS):
            self._written = now
            draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            draft.write_text(json.dumps(asdict(self._now)), encoding="utf-8")
            draft.replace(self._file)

    def now(self) -> Progress | None:
        """Where the drill is; ``None`` before it began."""
        return self._now

    def over(self) -> None:
        """The drill has ended: nobody is to be told of it any more."""
        self._now = None
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def read(file: Path) -> Progress | None:
    """Where the drill is that writes ``file``; ``None`` where none runs."""
    try:
        return Progress(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class Teller:
    """A thread that tells what ``look`` sees: as a bar where ``stream`` is a terminal, else as a line every 15 s."""

    def __init__(
        self, look: Callable[[], Progress | None], stream: TextIO, *, every_seconds: float = LINE_SECONDS
    ) -> None:
        self._look, self._stream = look, stream
        self._every = every_seconds
        self._terminal = stream.isatty()
        self._ended = threading.Event()
        self._drawn = 0
        self._thread = threading.Thread(target=self._tell, name="drill progress", daemon=True)

    def start(self) -> Teller:
        """Begin to tell."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Tell nothing more; the bar is gone."""
        self._ended.set()
        self._thread.join()

    def _tell(self) -> None:
        told = began = 0.0
        while not self._ended.wait(_BAR_SECONDS if self._terminal else min(1.0, self._every)):
            now = time.monotonic()
            progress = self._look()
            if progress is None:
                self._wipe()
                continue
            if progress.began != began:
                began = told = progress.began
            try:
                if self._terminal and now - began > _QUIET_SECONDS:
                    text = progress.bar(now)[:118]
                    self._stream.write(f"\r{text:<{self._drawn}}")
                    self._drawn = len(text)
                    self._stream.flush()
                elif not self._terminal and now - told >= self._every:
                    told = now
                    self._stream.write(f"\n{progress.line(now)}\n")
                    self._stream.flush()
            except (OSError, ValueError):  # whoever listened has gone
                return
        self._wipe()

    def _wipe(self) -> None:
        if self._drawn:
            try:
                self._stream.write(f"\r{'':<{self._drawn}}\r")
                self._stream.flush()
            except (OSError, ValueError):
                pass
            self._drawn = 0
