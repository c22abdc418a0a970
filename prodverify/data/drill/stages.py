"""The stages of a drill: how long each took, and what is told of it while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from typing import Protocol

RECOVERY = ("fetch", "decrypt", "examine", "provision", "restore", "analyze", "first_query")
"""What a recovery consists of: its sum is the RTO that was measured."""
VERIFICATION = ("contents", "compare", "queries", "integrity")
"""What proves it, and would not have to be waited for."""


@dataclass(frozen=True, slots=True)
class Stages:
    """
    Seconds of each stage of a drill.

    ``fetch`` brings the backup here, ``decrypt`` and ``examine`` read it, ``provision`` is an empty server,
    ``restore`` makes tables, rows and indexes, ``analyze`` lets the planner know them, ``first_query`` is the first
    answer. Then ``contents`` reads structure, counts and checksums, ``compare`` what they are compared with,
    ``queries`` are the target's own, ``integrity`` is amcheck, and ``cleanup`` removes everything.
    """

    fetch: float = 0.0
    decrypt: float = 0.0
    examine: float = 0.0
    provision: float = 0.0
    restore: float = 0.0
    analyze: float = 0.0
    first_query: float = 0.0
    contents: float = 0.0
    compare: float = 0.0
    queries: float = 0.0
    integrity: float = 0.0
    cleanup: float = 0.0

    @property
    def recovery(self) -> float:
        """Seconds from the place of backups to the first answer of the restored database."""
        return float(sum(getattr(self, name) for name in RECOVERY))

    @property
    def verification(self) -> float:
        """Seconds of all that was read afterwards to prove it."""
        return float(sum(getattr(self, name) for name in VERIFICATION))

    @property
    def total(self) -> float:
        """Seconds of both; clean-up is part of neither."""
        return self.recovery + self.verification

    def as_dict(self) -> dict[str, float]:
        """Seconds by stage, and the three sums, to the millisecond."""
        sums = {"recovery": self.recovery, "verification": self.verification, "total": self.total}
        return {name: round(seconds, 3) for name, seconds in {**asdict(self), **sums}.items()}

    def __str__(self) -> str:
        """Words for a finding: ``1.20 s: provision 0.40, restore 0.80; verified in 0.30 s``."""
        parts = ", ".join(
            f"{name.replace('_', ' ')} {getattr(self, name):.2f}" for name in RECOVERY if getattr(self, name) >= 0.005
        )
        return f"{self.recovery:.2f} s{': ' if parts else ''}{parts}; verified in {self.verification:.2f} s"


class Watcher(Protocol):
    """Whoever is told what a drill is doing, many times a second perhaps: it must be quick and never fail."""

    def __call__(self, stage: str, detail: str = "") -> None:
        """``stage`` has begun, or is at ``detail``."""


def unwatched(stage: str, detail: str = "") -> None:
    """Nobody is told."""


class Clock:
    """Seconds by stage, as they pass."""

    def __init__(self, watcher: Watcher = unwatched, fetch_seconds: float = 0.0) -> None:
        self.stages = Stages(fetch=fetch_seconds)
        self._watcher = watcher

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str], None]]:
        """Time that passes inside belongs to the stage ``name``; what is yielded tells its details."""
        before = getattr(self.stages, name)
        started = time.monotonic()
        self._watcher(name)
        try:
            yield lambda detail: self._watcher(name, detail)
        finally:
            self.stages = replace(self.stages, **{name: before + time.monotonic() - started})


NAMES = tuple(field.name for field in fields(Stages))
