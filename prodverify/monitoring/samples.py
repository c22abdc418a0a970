"""Made-up series of one objective, of which a stated share is bad: what its alerts are tried on."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prodverify.monitoring import sli
from prodverify.monitoring.promql import matchers, number, selector, stored
from prodverify.monitoring.rule import Series
from prodverify.target.slos import Slo, SloMetrics

_STATUSES = ("200", "404", "302", "101", "500")
_MARGIN = 1.25
"""How far from its limit a trial is: a rule that is wrong by a quarter is caught."""
_PLENTY = 4
"""Times min_events that a trial has within the window."""


def above(limit: float) -> float:
    """A share of bad events at which an alert with ``limit`` fires; half-way to 1 where there is little room."""
    return min(limit * _MARGIN, (1 + limit) / 2)


def below(limit: float) -> float:
    """A share of bad events at which it does not."""
    return limit / _MARGIN


@dataclass(frozen=True, slots=True)
class Phase:
    """``steps`` values during which ``share`` of the events is bad."""

    share: float
    steps: int


def sampled(
    slo: Slo, job: str | None, phases: Sequence[Phase], *, window: int, step: int, enough: bool = True
) -> tuple[Series, ...]:
    """
    Series that grow evenly, one value each ``step`` seconds; of the bad events half are late, half are quick errors.

    Within ``window`` seconds there are some times ``min_events`` of them, or half as many where not ``enough``. What
    never grows is no series: a service that only fails, or never does, may have none.
    """
    metrics = slo.metrics or SloMetrics()
    steps = max(1, window // step)
    each = math.ceil(slo.min_events * _PLENTY / steps / 100) * 100 if enough else slo.min_events / 2 / steps
    right, wrong = _statuses(metrics)

    def one(
        metric: str, status: str, growth: Callable[[float], float], more: Mapping[str, str] | None = None
    ) -> Series | None:
        grown = [(round(growth(phase.share) * each, 6), phase.steps) for phase in phases]
        if not any(by for by, _ in grown):
            return None
        first = {name: value if isinstance(value, str) else value[0] for name, value in metrics.labels.items()}
        of_the_service = {"job": job} if job is not None else {}
        labels = matchers({**of_the_service, **first, metrics.status_label: status, **(more or {})})
        return Series(selector(metric, *labels), _values(grown))

    counted = sli.counter(slo)
    told: tuple[Series | None, ...]
    if slo.kind == "success":
        told = (one(counted, right, lambda share: 1 - share), one(counted, wrong, lambda share: share))
    else:
        bucket, edge = f"{metrics.durations}_bucket", sli.threshold(slo)
        # A second is 1 for some exporters, and 1.0 for Prometheus 3 whatever they write: a rule must see both.
        spelt = tuple(dict.fromkeys((number(edge), stored(edge))))
        told = (
            one(counted, right, lambda share: 1 - share / 2),
            one(counted, wrong, lambda share: share / 2),
            *(one(bucket, right, lambda share: (1 - share) / len(spelt), {"le": text}) for text in spelt),
            one(bucket, wrong, lambda share: share / 2, {"le": spelt[0]}),
        )
    return tuple(series for series in told if series is not None)


def _values(phases: Sequence[tuple[float, int]]) -> str:
    """A counter in promtool's notation: 0+5x10 is eleven values, from 0 to 50."""
    told, at = ["0"], 0.0
    for growth, steps in phases:
        if steps:
            told.append(f"{number(round(at + growth, 6))}+{number(growth)}x{steps - 1}")
        at += growth * steps
    return " ".join(told)


def _statuses(metrics: SloMetrics) -> tuple[str, str]:
    """A status that is no error, and one that is."""
    wrong = re.compile(sli.errors(metrics))
    right = next((status for status in _STATUSES if not wrong.fullmatch(status)), "none")
    return right, metrics.errors[0].replace("xx", "00")
