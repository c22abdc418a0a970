"""
What a target's dashboard shows (SPEC O7), from declared series: golden signals, production health, database health.

Panels without a series are left out. Windows are five minutes, as in the rules, so that a line on a panel and an alert
tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from prodverify.monitoring import sli
from prodverify.monitoring.promql import matchers, number, quoted, selector
from prodverify.monitoring.recording import BASE_SECONDS, SHARE, SPENT, recorded
from prodverify.monitoring.service_alerts import FULL, LAG_SECONDS, resource
from prodverify.objectives.burn import budget
from prodverify.target.model import Promises
from prodverify.target.monitoring import Monitoring
from prodverify.target.slos import Slo, SloMetrics

Color = Literal["green", "yellow", "red"]
Steps = tuple[tuple[float | None, Color], ...]
"""From which value on which colour holds; None is from the start."""

BUDGET_LEFT: Steps = ((None, "red"), (0.2, "yellow"), (0.5, "green"))
"""SPEC O5: spent below 50 % is green, 50 to 80 % yellow, more red."""
AVAILABLE: Steps = ((None, "red"), (0.995, "yellow"), (0.999, "green"))
"""SPEC O4: the objective is 99.9 % of 30 days, the agreement 99.5 %."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: queries (PromQL and legend) drawn in ``unit``, with limits where there are any."""

    title: str
    kind: Literal["lines", "number", "gauge"]
    unit: str
    queries: tuple[tuple[str, str], ...]
    steps: Steps = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


def rows(promises: Promises) -> tuple[Row, ...]:
    """The rows of the dashboard; one without any panel is left out."""
    measured = tuple(slo for slo in promises.slos if not sli.unmeasurable(slo))
    monitoring = promises.monitoring or Monitoring()
    told = (
        Row("Golden signals", tuple(_golden(measured, monitoring, promises.name))),
        Row("Production health", tuple(_production(measured, monitoring, promises.name))),
        Row("Database health", tuple(_database(promises, monitoring))),
    )
    return tuple(row for row in told if row.panels)


def _golden(slos: tuple[Slo, ...], monitoring: Monitoring, target: str) -> Iterator[Panel]:
    if slos:
        yield Panel("Request rate by endpoint", "lines", "reqps", _rates(slos, monitoring.job))
    if errors := tuple(slo for slo in slos if slo.kind == "success"):
        yield _shares("Error rate", errors, target)
    for slo in slos:
        if slo.kind == "latency":
            yield _latency(slo, monitoring.job)
    if breaches := resource(monitoring, "rate_limit_breaches"):
        query = f"sum(increase({breaches}[24h]))"
        yield Panel("Refused by the rate limit in 24 hours", "number", "short", ((query, "429"),), ((None, "green"),))
    if slos:
        left = tuple((f"1 - {recorded(SPENT, None, target, slo.name)}", slo.name) for slo in slos)
        text = "Of the objective's own window. Green: less than half is spent; yellow: up to 80 %; red: more."
        yield Panel("Error budget left", "gauge", "percentunit", left, BUDGET_LEFT, text)
    if monitoring.job is not None:
        up = selector("up", *matchers({"job": monitoring.job}))
        query = f"avg(avg_over_time({up}[30d]))"
        yield Panel("Availability in 30 days", "number", "percentunit", ((query, "up"),), AVAILABLE)
    if slos:
        counted = tuple((sli.total(slo, "24h", job=monitoring.job), slo.name) for slo in _counters(slos))
        yield Panel("Requests in 24 hours", "number", "short", counted, ((None, "green"),))


def _production(slos: tuple[Slo, ...], monitoring: Monitoring, target: str) -> Iterator[Panel]:
    if started := resource(monitoring, "started_seconds"):
        yield Panel("Uptime", "number", "s", ((f"time() - max({started})", "youngest instance"),), ((None, "green"),))
    if slos:
        total = tuple((f"{sli.total(slo, '5m', job=monitoring.job)} / 300", slo.name) for slo in slos)
        yield Panel("Requests a second", "lines", "reqps", total)
        yield _shares("Bad events by objective", slos, target)
    if timed := [slo for slo in slos if slo.kind == "latency"]:
        slowest = tuple((_quantile(slo, 95.0, monitoring.job), f"{slo.name} p95") for slo in timed)
        yield Panel("Latency", "lines", "s", slowest)
    if memory := resource(monitoring, "memory_bytes"):
        yield Panel("Memory", "lines", "bytes", ((f"sum by (instance) ({memory})", "{{instance}}"),))
    if processor := resource(monitoring, "cpu_seconds"):
        query = f"sum by (instance) (rate({processor}[5m]))"
        yield Panel("Processor", "lines", "percentunit", ((query, "{{instance}}"),))


def _database(promises: Promises, monitoring: Monitoring) -> Iterator[Panel]:
    if queries := monitoring.resources.query_durations:
        selected = resource(monitoring, "query_durations").replace(queries, f"{queries}_bucket", 1)
        quantiles = tuple((_of_buckets(selected, share), f"p{number(share)}") for share in (50.0, 95.0, 99.0))
        yield Panel("Query latency", "lines", "s", quantiles)
    used, size = resource(monitoring, "pool_in_use"), resource(monitoring, "pool_size")
    if used and size:
        query = f"sum by (instance) ({used}) / sum by (instance) ({size})"
        yield Panel("Connection pool", "lines", "percentunit", ((query, "{{instance}}"),), _up_to(FULL))
    if lag := resource(monitoring, "replication_lag_seconds"):
        stated = promises.database.max_lag_seconds if promises.database else None
        limit = stated or LAG_SECONDS
        yield Panel("Replication lag", "lines", "s", ((f"max by (instance) ({lag})", "{{instance}}"),), _up_to(limit))
    used, size = resource(monitoring, "disk_used_bytes"), resource(monitoring, "disk_size_bytes")
    if used and size:
        query = f"max by (instance) ({used} / {size})"
        yield Panel("Disk", "lines", "percentunit", ((query, "{{instance}}"),), _up_to(FULL))


def _shares(title: str, slos: tuple[Slo, ...], target: str) -> Panel:
    shares = tuple((recorded(SHARE, BASE_SECONDS, target, slo.name), slo.name) for slo in slos)
    text = "Share of bad events within five minutes; the line is what the strictest objective allows."
    return Panel(title, "lines", "percentunit", shares, _up_to(min(budget(slo) for slo in slos)), text)


def _latency(slo: Slo, job: str | None) -> Panel:
    shown = sorted({50.0, 95.0, slo.objective_percent})
    quantiles = tuple((_quantile(slo, share, job), f"p{number(share)}") for share in shown)
    text = (
        f"{number(slo.objective_percent)} % are to be answered within {number(slo.threshold_ms or 0)} ms. Quantiles "
        "are read between two edges of a histogram: the verdict is that of the share, not of the line."
    )
    limit = _up_to((slo.threshold_ms or 0) / 1000)
    return Panel(f"Latency of {slo.name}", "lines", "s", quantiles, limit, text)


def _quantile(slo: Slo, share: float, job: str | None) -> str:
    """In seconds, whatever the histogram's unit: objectives of both share a panel."""
    metrics = slo.metrics or SloMetrics()
    asked = _of_buckets(selector(f"{metrics.durations}_bucket", *sli.about(slo, job=job)), share)
    return f"{asked} / 1000" if metrics.unit == "milliseconds" else asked


def _of_buckets(selected: str, share: float) -> str:
    return f"histogram_quantile({number(share / 100)}, sum by (le) (rate({selected}[5m])))"


def _rates(slos: tuple[Slo, ...], job: str | None) -> tuple[tuple[str, str], ...]:
    """One query for each counter: by those of its labels that name several endpoints, or as a whole."""
    told = []
    for slo in _counters(slos):
        labels = tuple(slo.metrics.labels) if slo.metrics else ()
        summed = f"sum by ({', '.join(labels)})" if labels else "sum"
        legend = " ".join(f"{{{{{label}}}}}" for label in labels) or slo.name
        told.append((f"{summed} (rate({selector(sli.counter(slo), *sli.about(slo, job=job))}[5m]))", legend))
    return tuple(told)


def _counters(slos: tuple[Slo, ...]) -> tuple[Slo, ...]:
    """One objective of each set of events: two of the same requests, by their labels, are counted once."""
    told: dict[tuple[tuple[str, ...], ...], Slo] = {}
    for slo in slos:
        labels = slo.metrics.labels if slo.metrics else {}
        same = tuple((name, *values) for name, values in sorted(labels.items())) or ((sli.counter(slo),),)
        told.setdefault(same, slo)
    return tuple(told.values())


def _up_to(limit: float) -> Steps:
    return ((None, "green"), (limit, "red"))


def firing(target: str) -> str:
    """The alerts of ``target`` that fire, for the marks on all panels."""
    return selector("ALERTS", 'alertstate="firing"', f"target={quoted(target)}")
