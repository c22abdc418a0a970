"""What closed loops beside the arrivals came to: shown, merged over workers, and judged by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from load.histogram import Histogram

LABEL = "closed loop: not judged"


@dataclass(slots=True)
class Aside:
    """What became of the questions of one closed loop. ``elapsed`` runs from when each was sent, errors included."""

    asked: int = 0
    limited: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    elapsed: Histogram = field(default_factory=Histogram)

    def took(self, elapsed_ms: float, error: str, limited: bool) -> None:
        """One more question and what became of it."""
        self.asked += 1
        self.elapsed.record(elapsed_ms)
        if limited:
            self.limited += 1
        elif error:
            self.errors[error] = self.errors.get(error, 0) + 1

    def add(self, other: Aside) -> None:
        """The counts of another process."""
        self.asked += other.asked
        self.limited += other.limited
        self.elapsed.add(other.elapsed)
        for reason, count in other.errors.items():
            self.errors[reason] = self.errors.get(reason, 0) + count

    def as_dict(self) -> dict[str, Any]:
        """Plain values that cross to the master."""
        return {
            "asked": self.asked,
            "limited": self.limited,
            "errors": dict(self.errors),
            "elapsed": self.elapsed.as_list(),
        }

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Aside:
        """The counts that ``as_dict`` wrote."""
        return cls(values["asked"], values["limited"], dict(values["errors"]), Histogram.read(values["elapsed"]))


def facts(asides: Mapping[str, Aside]) -> dict[str, Any]:
    """What the record holds of them."""
    return {
        name: {"asked": one.asked, "limited": one.limited, "errors": dict(one.errors), **one.elapsed.as_dict()}
        for name, one in asides.items()
    }


def told(asides: Mapping[str, Aside]) -> str:
    """What a line of progress says of them; empty where there are none."""
    if not asides:
        return ""
    asked = sum(one.asked for one in asides.values())
    failed = sum(sum(one.errors.values()) for one in asides.values())
    return f"{LABEL}: {asked:,} asked, {failed:,} errors"
