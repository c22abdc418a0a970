"""Rules of Prometheus as values, each alert with the trials that prove it: series that fire it, series that do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prodverify.monitoring.promql import duration


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a trial: its name with labels, and what it is each ``step_seconds``, in promtool's notation."""

    name: str
    values: str


@dataclass(frozen=True, slots=True)
class Trial:
    """
    Series, and whether an alert fires ``at_seconds`` after they begin.

    ``step_seconds`` lie between two values of a series, ``evaluated_seconds`` between two evaluations of the rules.
    ``labels`` are those that the series give the alert.
    """

    fires: bool
    series: tuple[Series, ...]
    at_seconds: int
    labels: Mapping[str, str]
    step_seconds: int = 60
    evaluated_seconds: int = 60
    why: str = ""
    """What it proves beyond that it fires: "below its limit", "with few events"."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A series that is computed: named level:what:how, after Prometheus' own advice on recording rules."""

    record: str
    expr: str
    labels: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a rule file."""
        return {"record": self.record, "expr": self.expr, "labels": dict(self.labels)}


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition, how long it must hold, who is told how urgently, and in which words."""

    alert: str
    expr: str
    for_seconds: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    trials: tuple[Trial, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a rule file."""
        said: dict[str, Any] = {"alert": self.alert, "expr": self.expr}
        if self.for_seconds:
            said["for"] = duration(self.for_seconds)
        return {**said, "labels": dict(self.labels), "annotations": dict(self.annotations)}


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after another, each ``interval_seconds``."""

    name: str
    interval_seconds: int
    rules: tuple[Recording | Alert, ...]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Its alerts alone."""
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a rule file."""
        rules = [rule.as_dict() for rule in self.rules]
        return {"name": self.name, "interval": duration(self.interval_seconds), "rules": rules}
