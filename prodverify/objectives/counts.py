"""How many were asked and how many of them were bad: the one pair that every objective is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Events(Protocol):
    """So many events, so many of them bad: whole numbers, or fewer independent ones that they are worth."""

    @property
    def total(self) -> float:
        """All of them."""

    @property
    def bad(self) -> float:
        """Those that were not good, at most ``total``."""

    @property
    def bad_share(self) -> float:
        """The share of bad events, 0 to 1; 0 where there are none at all."""


@dataclass(frozen=True, slots=True)
class Counts:
    """
    ``bad`` of ``total`` events were not good.

    Two counts add up exactly, whatever worker or block of time they come from. Raises ValueError where ``bad`` is
    negative or more than ``total``.
    """

    total: int
    bad: int

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= self.total:
            raise ValueError(f"expected 0 <= bad <= total, got bad {self.bad} and total {self.total}")

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.total + other.total, self.bad + other.bad)

    @property
    def good(self) -> int:
        """Events that were good."""
        return self.total - self.bad

    @property
    def bad_share(self) -> float:
        """The share of bad events, 0 to 1; 0 where there are none at all."""
        return self.bad / self.total if self.total else 0.0

    @property
    def good_percent(self) -> float:
        """The share of good events in percent; 100 where there are none at all."""
        return 100.0 * (1.0 - self.bad_share)

    def worth(self, dispersion: float) -> Events:
        """The independent events that tell as much as these, where each of those stands for ``dispersion`` of these."""
        return self if dispersion <= 1.0 else Effective(self.total / dispersion, self.bad / dispersion)


@dataclass(frozen=True, slots=True)
class Effective:
    """Real-valued counts: what dependent events are worth in independent ones."""

    total: float
    bad: float

    @property
    def bad_share(self) -> float:
        """The share of bad events, 0 to 1; 0 where there are none at all."""
        return self.bad / self.total if self.total else 0.0


NOTHING = Counts(0, 0)
"""The counts of no event: the neutral element of addition."""
