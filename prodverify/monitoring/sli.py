"""
One objective as Prometheus sees it: its bad events and all its events over a window.

Rules, dashboards, the canary and checks ask by these expressions and by no others, so that all of them mean the same:
an event is bad where its status is one of ``slos.metrics.errors``; a latency objective's event is good where it was in
time and no error. What has no series stays without a value: an objective whose metrics are missing is not "0 % bad".
"""

from __future__ import annotations

from decimal import Decimal

from prodverify.monitoring.promql import matcher, matchers, quoted, selector, spellings
from prodverify.target.slos import Slo, SloMetrics


def unmeasurable(slo: Slo) -> str:
    """Why Prometheus cannot say anything about ``slo``: the missing word of the target file; empty where it can."""
    if slo.metrics is None:
        return "slos.metrics"
    if slo.kind == "latency" and slo.metrics.durations is None:
        return "slos.metrics.durations"
    if slo.metrics.durations is None and slo.metrics.requests is None:
        return "slos.metrics.requests"
    return ""


def total(slo: Slo, window: str, *, job: str | None = None) -> str:
    """
    PromQL of the number of events within ``window``, such as 5m or 30d.

    ``job`` is that of [monitoring]: other services of one Prometheus may have series of the same name. Raises
    ValueError where ``slo`` is unmeasurable().
    """
    metrics = _metrics(slo)
    return _events(_counter(slo, metrics), _about(metrics, job), window)


def good(slo: Slo, window: str, *, agreement: bool = False, job: str | None = None) -> str:
    """
    PromQL of the number of good events within ``window``; by the agreement's threshold where ``agreement`` says so.

    It is 0, not absent, where there are events and all of them are errors; it is absent where the histogram has no edge
    at the threshold.
    """
    metrics, about = _metrics(slo), _about(_metrics(slo), job)
    counted = _counter(slo, metrics)
    if slo.kind == "latency":
        counted = f"{metrics.durations}_bucket"
        about = (*about, f"le=~{quoted(spellings(threshold(slo, agreement=agreement)))}")
    answered = _events(counted, (*about, f"{metrics.status_label}!~{quoted(errors(metrics))}"), window)
    return f"({answered} or 0 * {_events(counted, about, window)})"


def bad(slo: Slo, window: str, *, agreement: bool = False, job: str | None = None) -> str:
    """
    PromQL of the number of bad events within ``window``; by the agreement's threshold where ``agreement`` says so.

    Never below 0: increase() extrapolates each series on its own, so that parts may be a little more than the whole.
    """
    metrics = _metrics(slo)
    if slo.kind == "latency":
        whole = total(slo, window, job=job)
        return f"clamp_min({whole} - {good(slo, window, agreement=agreement, job=job)}, 0)"
    about, counted = _about(metrics, job), _counter(slo, metrics)
    failed = _events(counted, (*about, f"{metrics.status_label}=~{quoted(errors(metrics))}"), window)
    return f"({failed} or 0 * {_events(counted, about, window)})"


def threshold(slo: Slo, *, agreement: bool = False) -> Decimal:
    """The time of a timely answer in the histogram's unit, which must be one of its edges. Raises ValueError."""
    milliseconds = (slo.agreement_threshold_ms if agreement else None) or slo.threshold_ms
    if milliseconds is None:
        raise ValueError(f'objective "{slo.name}" has no threshold_ms')
    exact = Decimal(repr(float(milliseconds)))
    return exact if slo.metrics and slo.metrics.unit == "milliseconds" else exact / 1000


def errors(metrics: SloMetrics) -> str:
    """The regular expression of statuses that are errors: 5xx is ``5..``, which an exporter's own "5xx" matches too."""
    return "|".join(status.replace("x", ".") for status in metrics.errors)


def counter(slo: Slo) -> str:
    """The series that counts events: the counter of answers, or the histogram's count. Raises ValueError."""
    return _counter(slo, _metrics(slo))


def about(slo: Slo, *, job: str | None = None) -> tuple[str, ...]:
    """The conditions that every selector of ``slo`` has, for selector(). Raises ValueError."""
    return _about(_metrics(slo), job)


def _metrics(slo: Slo) -> SloMetrics:
    if (missing := unmeasurable(slo)) or slo.metrics is None:
        raise ValueError(f'objective "{slo.name}" has no {missing}')
    return slo.metrics


def _counter(slo: Slo, metrics: SloMetrics) -> str:
    if slo.kind == "latency" or metrics.requests is None:
        return f"{metrics.durations}_count"
    return metrics.requests


def _about(metrics: SloMetrics, job: str | None) -> tuple[str, ...]:
    of_the_service = () if job is None or "job" in metrics.labels else (matcher("job", job),)
    return (*of_the_service, *matchers(metrics.labels))


def _events(metric: str, conditions: tuple[str, ...], window: str) -> str:
    return f"sum(increase({selector(metric, *conditions)}[{window}]))"
