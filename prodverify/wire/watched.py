"""What Prometheus and Alertmanager tell, as values that a judge can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """A series' value at the moment ``at`` (seconds since the epoch, by Prometheus' clock)."""

    labels: Mapping[str, str]
    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """Values by moment, the first first; moments without one are left out."""

    labels: Mapping[str, str]
    points: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it is loaded. ``health`` is ok, err or unknown (not evaluated yet)."""

    group: str
    name: str
    alerting: bool
    query: str
    for_seconds: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    health: str
    error: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert that Prometheus has: ``state`` is pending or firing."""

    name: str
    state: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clock:
    """What Prometheus' clock said while ours went from ``asked_at`` to ``answered_at``; seconds since the epoch."""

    told: float
    asked_at: float
    answered_at: float


@dataclass(frozen=True, slots=True)
class Alertmanagers:
    """Addresses of Alertmanagers that Prometheus sends alerts to, and of those that it dropped."""

    active: tuple[str, ...]
    dropped: tuple[str, ...]
