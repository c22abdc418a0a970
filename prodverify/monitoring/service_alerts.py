"""
The alerts of what a service stands on (SPEC O6), each from the series that the target names; without it there is none.

A series is the service's own, with the job of [monitoring], unless monitoring.resources.labels says that another job
tells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prodverify.monitoring.promql import matchers, number, selector
from prodverify.monitoring.recording import EVENTS, recorded
from prodverify.monitoring.rule import Alert, Series, Trial
from prodverify.monitoring.samples import Phase, sampled
from prodverify.monitoring.telling import SHARE, Speaker
from prodverify.target.model import Promises
from prodverify.target.monitoring import Monitoring
from prodverify.target.slos import Severity, Slo

FULL = 0.9
"""SPEC O6: pool and disk over 90 %."""
LAG_SECONDS = 30.0
"""Seconds that a replica may be behind, where max_lag_seconds of [database] says nothing."""
HALF, TWICE = 0.5, 2.0
"""An hour's traffic against the same hour a week before. It is information: a holiday fires it, too."""
WEEK, HOUR, MINUTE = 604_800, 3600, 60
_EACH = "job, instance"


@dataclass(frozen=True, slots=True)
class Condition:
    """One alert of what the service stands on, before it is given its words."""

    name: str
    expr: str
    for_seconds: int
    severity: Severity
    summary: str
    description: str
    action: str
    series: Mapping[str, tuple[str, str]]
    """Series of its trials, each with its values where it fires and where it does not."""
    labels: Mapping[str, str]
    fires_without: bool = False
    """It fires where the series are not there at all, too."""


def service_alerts(promises: Promises, speaker: Speaker) -> Iterator[Alert]:
    """The alerts that ``promises`` name series for."""
    for condition in _conditions(promises):
        yield Alert(
            alert=condition.name,
            expr=condition.expr,
            for_seconds=condition.for_seconds,
            labels=speaker.labels(condition.severity),
            annotations=speaker.annotations(condition.name, condition.summary, condition.description, condition.action),
            trials=tuple(_trials(condition)),
        )


def traffic_alert(slo: Slo, speaker: Speaker) -> Alert:
    """The hour's traffic of one objective is not half, and not twice, what it was a week before."""
    name, hour = "TrafficAnomaly", recorded(EVENTS, HOUR, speaker.target, slo.name)
    before = f"{hour} offset 1w"
    # Evaluated each half week, it is pending after one and a half, and fires after two.
    half, step = WEEK // 2, 1200
    busy, quiet = (WEEK + HOUR) // step, (WEEK - HOUR) // step
    steady, ending = (
        sampled(slo, speaker.monitoring.job, phases, window=HOUR, step=step)
        for phases in ((Phase(0.0, busy + quiet),), (Phase(0.0, busy),))
    )
    little, much = (
        tuple(Series(one.name, _gone_on(one.values, factor, quiet)) for one in ending)
        for factor in (0.8 * HALF, 1.25 * TWICE)
    )
    labels = {"slo": slo.name}
    return Alert(
        alert=name,
        expr=(
            f"({hour} < {number(HALF)} * ({before})\nor {hour} > {number(TWICE)} * ({before}))\n"
            f"and ({before}) >= {slo.min_events}"
        ),
        for_seconds=1800,
        labels=speaker.labels("info", slo=slo.name),
        annotations=speaker.annotations(
            name,
            f"{slo.name}: {{{{ $value | humanize }}}} events in an hour, under half or over twice a week ago.",
            "Callers are kept away, or somebody asks far more than usual. Holidays and campaigns look alike.",
            "Ask whether a campaign, a holiday or a caller's new version explains it; otherwise look at load balancer, "
            "DNS and the rate limit's counters.",
        ),
        trials=(
            Trial(True, little, 2 * WEEK, labels, step, half, "with little traffic"),
            Trial(True, much, 2 * WEEK, labels, step, half, "with much traffic"),
            Trial(False, steady, 2 * WEEK, labels, step, half, "with the traffic of a week before"),
        ),
    )


def left_out(promises: Promises) -> tuple[str, ...]:
    """One sentence for each alert of SPEC O6 that ``promises`` name no series for."""
    monitoring = promises.monitoring or Monitoring()
    resources = monitoring.resources
    wanted = (
        ("ServiceDown", "job of [monitoring]", monitoring.job),
        ("RateLimitBreaches", "rate_limit_breaches of [monitoring.resources]", resources.rate_limit_breaches),
        (
            "DatabaseConnectionPoolExhausted",
            "pool_in_use and pool_size of [monitoring.resources]",
            resources.pool_in_use and resources.pool_size,
        ),
        ("RedisDown", "cache_up of [monitoring.resources]", resources.cache_up),
        (
            "DiskAlmostFull",
            "disk_used_bytes and disk_size_bytes of [monitoring.resources]",
            resources.disk_used_bytes and resources.disk_size_bytes,
        ),
        (
            "ReplicationLagHigh",
            "replication_lag_seconds of [monitoring.resources]",
            resources.replication_lag_seconds,
        ),
        (
            "HighErrorStreak",
            'an objective of kind "success" with metrics',
            any(slo.kind == "success" and slo.metrics for slo in promises.slos),
        ),
    )
    return tuple(f"{name} is not among the rules: the target has no {word}" for name, word, said in wanted if not said)


def resource(monitoring: Monitoring, key: str) -> str:
    """The selector of one series of [monitoring.resources], with its labels; empty where it is not named."""
    metric: str | None = getattr(monitoring.resources, key)
    return selector(metric, *matchers(_labels(monitoring, key))) if metric else ""


def _conditions(promises: Promises) -> Iterator[Condition]:
    monitoring = promises.monitoring or Monitoring()
    if monitoring.job is not None:
        yield _down(monitoring)
    if monitoring.resources.rate_limit_breaches:
        yield _breaches(monitoring)
    if monitoring.resources.pool_in_use and monitoring.resources.pool_size:
        yield _pool(monitoring)
    if monitoring.resources.cache_up:
        yield _cache(monitoring)
    if monitoring.resources.disk_used_bytes and monitoring.resources.disk_size_bytes:
        yield _disk(monitoring)
    if monitoring.resources.replication_lag_seconds:
        stated = promises.database.max_lag_seconds if promises.database else None
        yield _lag(monitoring, stated or LAG_SECONDS)


def _trials(condition: Condition) -> Iterator[Trial]:
    """It fires soon after it has held for its time, not before, and not below its limit."""
    held = condition.for_seconds + 2 * MINUTE
    cases = [(True, 0, held, ""), (False, 1, held, "below its limit")]
    if condition.for_seconds:
        cases.append((False, 0, condition.for_seconds - MINUTE // 2, "before its time"))
    for fires, column, at, why in cases:
        series = (Series(name, f"{values[column]}x{at // MINUTE + 1}") for name, values in condition.series.items())
        yield Trial(fires, tuple(series), at, condition.labels, why=why)
    if condition.fires_without:
        yield Trial(True, (), held, condition.labels, why="without any series")


def _down(monitoring: Monitoring) -> Condition:
    up = selector("up", *matchers({"job": monitoring.job or ""}))
    return Condition(
        "ServiceDown",
        f"(max({up}) or vector(0)) == 0",
        MINUTE,
        "page",
        "The service is down: Prometheus reaches no instance of it.",
        "For a minute no scrape of any instance has been answered, or there is no instance at all.",
        "Look whether its processes run and what they logged last; undo the last deploy if it is recent.",
        {
            _instance("up", monitoring, "job"): ("0+0", "1+0"),
            selector("up", *matchers({"job": monitoring.job or "", "instance": "two:80"})): ("0+0", "0+0"),
        },
        {},
        fires_without=True,
    )


def _breaches(monitoring: Monitoring) -> Condition:
    return Condition(
        "RateLimitBreaches",
        f"sum(increase({resource(monitoring, 'rate_limit_breaches')}[5m])) > 0",
        600,
        "info",
        "The rate limit has refused requests for ten minutes on end.",
        "Within the last five minutes it refused about {{ $value | humanize }} requests.",
        "Find the caller in the audit log or the logs: speak to a new client without back-off, block an attack.",
        {_instance("rate_limit_breaches", monitoring): ("0+7", "7+0")},
        {},
    )


def _pool(monitoring: Monitoring) -> Condition:
    used, size = (f"sum by ({_EACH}) ({resource(monitoring, key)})" for key in ("pool_in_use", "pool_size"))
    return Condition(
        "DatabaseConnectionPoolExhausted",
        f"{used} / {size} > {number(FULL)}",
        300,
        "page",
        f"The connection pool of an instance is {SHARE} at work.",
        "For five minutes more than 90 % of its connections have been at work: requests will wait for one.",
        "Look for long transactions and slow queries in the database's activity; end what is stuck, size the pool.",
        {
            _instance("pool_in_use", monitoring): ("95+0", "85+0"),
            _instance("pool_size", monitoring): ("100+0", "100+0"),
        },
        _who(monitoring, "pool_in_use"),
    )


def _cache(monitoring: Monitoring) -> Condition:
    return Condition(
        "RedisDown",
        f"min by ({_EACH}) ({resource(monitoring, 'cache_up')}) == 0",
        300,
        "critical",
        "The cache has not answered for five minutes.",
        "The service goes on without it: the rate limit counts in each process alone, and the database is asked more.",
        "Look whether Redis runs, has memory left and is reached from the service's network.",
        {_instance("cache_up", monitoring): ("0+0", "1+0")},
        _who(monitoring, "cache_up"),
    )


def _disk(monitoring: Monitoring) -> Condition:
    used, size = (resource(monitoring, key) for key in ("disk_used_bytes", "disk_size_bytes"))
    return Condition(
        "DiskAlmostFull",
        f"max by ({_EACH}) ({used} / {size}) > {number(FULL)}",
        0,
        "page",
        f"A disk is {SHARE} full.",
        "More than 90 % of it is used; PostgreSQL stops when nothing is left.",
        "Look what grows: archived WAL, a replication slot that holds log back, logs, backups. Remove what is safe, "
        "then enlarge it.",
        {
            _instance("disk_used_bytes", monitoring): ("95+0", "85+0"),
            _instance("disk_size_bytes", monitoring): ("100+0", "100+0"),
        },
        _who(monitoring, "disk_used_bytes"),
    )


def _lag(monitoring: Monitoring, seconds: float) -> Condition:
    return Condition(
        "ReplicationLagHigh",
        f"max by ({_EACH}) ({resource(monitoring, 'replication_lag_seconds')}) > {number(seconds)}",
        300,
        "critical",
        "A replica is {{ $value | humanizeDuration }} behind.",
        f"For five minutes it has been more than {number(seconds)} seconds behind: what is read there is old, and as "
        "much would be lost if the primary were.",
        "Look for a long query on the replica, a full disk, a slow network, or a load of writes on the primary.",
        {
            _instance("replication_lag_seconds", monitoring): (
                f"{number(seconds * 1.25)}+0",
                f"{number(seconds / 1.25)}+0",
            )
        },
        _who(monitoring, "replication_lag_seconds"),
    )


def _labels(monitoring: Monitoring, key: str) -> dict[str, str]:
    stated = monitoring.resources.labels.get(key)
    if stated is not None:
        return stated
    return {"job": monitoring.job} if monitoring.job is not None else {}


def _who(monitoring: Monitoring, key: str) -> dict[str, str]:
    """The labels job and instance of a trial's series."""
    stated = _labels(monitoring, key)
    return {name: stated[name] for name in ("job",) if name in stated} | {"instance": stated.get("instance", "one:80")}


def _instance(key: str, monitoring: Monitoring, labels_of: str = "") -> str:
    metric = "up" if labels_of else getattr(monitoring.resources, key)
    return selector(metric, *matchers({**_labels(monitoring, labels_of or key), **_who(monitoring, labels_of or key)}))


def _gone_on(values: str, factor: float, steps: int) -> str:
    """A counter in promtool's notation that goes on ``factor`` times as fast: 0 5+5x9 by 2 is 0 5+5x9 60+10x9."""
    start, _, growth = values.split(" ")[-1].partition("+")
    each, _, times = growth.partition("x")
    faster = float(each) * factor
    return f"{values} {number(round(float(start) + float(each) * int(times) + faster, 6))}+{number(faster)}x{steps - 1}"
