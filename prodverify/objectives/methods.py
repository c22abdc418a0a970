"""The ways to tell from counts whether a share of bad events is kept: looked at once, at any time, or with a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from prodverify.objectives import bounds, sequence
from prodverify.objectives.counts import Events
from prodverify.objectives.sprt import Zone


class Method(Protocol):
    """
    Tells that at most ``allowed`` of all events are bad, or that more are; with little seen neither.

    Shares and confidence are 0 to 1. ``limits`` are a lower and an upper bound on the share of bad events.
    """

    @property
    def name(self) -> str:
        """For a person."""

    def passes(self, events: Events, allowed: float, confidence: float) -> bool:
        """Whether it is shown that at most ``allowed`` are bad."""

    def fails(self, events: Events, allowed: float, confidence: float) -> bool:
        """Whether it is shown that more than ``allowed`` are bad."""

    def limits(self, events: Events, confidence: float) -> tuple[float, float]:
        """Each holds with ``confidence``."""


@dataclass(frozen=True, slots=True)
class ExactBounds:
    """For one look, at a number of events that was chosen beforehand: see ``bounds``."""

    name: str = "exact bounds"

    def passes(self, events: Events, allowed: float, confidence: float) -> bool:
        """By the upper bound of Clopper and Pearson."""
        return bounds.at_most(events, allowed) <= 1.0 - confidence

    def fails(self, events: Events, allowed: float, confidence: float) -> bool:
        """By their lower bound."""
        return bounds.at_least(events, allowed) < 1.0 - confidence

    def limits(self, events: Events, confidence: float) -> tuple[float, float]:
        """Clopper and Pearson's bounds."""
        return bounds.lower(events, confidence), bounds.upper(events, confidence)


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """For as many looks as one likes: see ``sequence``."""

    name: str = "confidence sequence"

    def passes(self, events: Events, allowed: float, confidence: float) -> bool:
        """By the mixture of all smaller shares."""
        return sequence.shows_at_most(events, allowed, confidence)

    def fails(self, events: Events, allowed: float, confidence: float) -> bool:
        """By the mixture of all larger shares."""
        return sequence.shows_more(events, allowed, confidence)

    def limits(self, events: Events, confidence: float) -> tuple[float, float]:
        """The shares that it would just decide."""
        return sequence.lower(events, confidence), sequence.upper(events, confidence)


@dataclass(frozen=True, slots=True)
class ProbabilityRatio:
    """For as many looks as one likes, where the target says between which shares either is right: see ``sprt``."""

    zone: Zone
    name: str = "sequential probability ratio"

    def passes(self, events: Events, allowed: float, confidence: float) -> bool:
        """By the likelihood of the zone's two ends."""
        return self.zone.passes(events, confidence)

    def fails(self, events: Events, allowed: float, confidence: float) -> bool:
        """By the likelihood of the zone's two ends."""
        return self.zone.fails(events, confidence)

    def limits(self, events: Events, confidence: float) -> tuple[float, float]:
        """Those of the confidence sequence: the test has none of its own, and these hold at any time too."""
        return sequence.lower(events, confidence), sequence.upper(events, confidence)


EXACT = ExactBounds()
ANY_TIME = ConfidenceSequence()
