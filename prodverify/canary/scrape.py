"""What Prometheus has of one job, and whether Alertmanager is there."""

from __future__ import annotations

from prodverify.judges.alerting import Scraped
from prodverify.monitoring.promql import matcher, selector
from prodverify.record.findings import Unjudged
from prodverify.wire.prometheus import Alertmanager, Prometheus
from prodverify.wire.unjudged import Unanswered

NOT_THERE = 0
"""Stands for the status of a service of which no answer came."""


def scraped(prometheus: Prometheus, job: str) -> Scraped:
    """
    What Prometheus has of ``job``. Raises Unjudged.

    Where it has nothing now, the last minute of the past day in which it had something is asked for, else the last
    hour of the past month: what was watched once and is not any more is no wrong word of the target file.
    """
    up = selector("up", matcher("job", job))
    clock = prometheus.clock()
    samples = prometheus.query(up)
    ages = prometheus.query(f"time() - timestamp({up})")
    last_at: float | None = None
    errors: tuple[str, ...] = ()
    if not samples:
        past = (f"max(max_over_time(timestamp({up})[{span}]))" for span in ("1d:1m", "30d:1h"))
        last_at = next((at for query in past if (at := prometheus.value(query)) is not None), None)
    elif all(sample.value != 1 for sample in samples):
        errors = _errors(prometheus, job)
    return Scraped(job, up, samples, ages, clock, last_at, errors)


def readiness(alertmanager: Alertmanager, patience_seconds: float) -> tuple[int, str]:
    """Its status of readiness, NOT_THERE where none answers in time, and its version. Raises Unjudged."""
    try:
        status = alertmanager.ready(patience_seconds=patience_seconds).status
    except Unanswered as silence:
        if silence.ours:
            raise
        return NOT_THERE, ""
    return status, alertmanager.version() if status == 200 else ""


def _errors(prometheus: Prometheus, job: str) -> tuple[str, ...]:
    """Words for a person; what has the query API alone does not tell them."""
    try:
        return prometheus.scrape_errors(job)
    except Unjudged:
        return ()
