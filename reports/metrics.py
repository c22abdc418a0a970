"""Prometheus text for a textfile collector or a Pushgateway."""

from __future__ import annotations

from datetime import datetime

from prodverify.record.run import RunRecord
from prodverify.record.verdict import Word
from reports import objectives

LAST_SUCCESS = "prodverify_last_success_timestamp_seconds"


def render(record: RunRecord, *, last_success: float = 0.0) -> bytes:
    """
    Gauges without timestamps, as a textfile collector demands.

    ``last_success`` is when an earlier run of the same target and mode ended GO (seconds since the epoch), 0 for
    never; a run that ends GO replaces it. An alert on its age notices that runs stopped altogether.
    """
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    who = {"target": record.target, "mode": record.mode}

    def gauge(name: str, says: str, value: float, **labels: str) -> None:
        key = (name, tuple(labels))
        if key not in gauges:
            gauges[key] = Gauge(f"prodverify_{name}", says, [*who, *labels], registry=registry)
        gauges[key].labels(*who.values(), *labels.values()).set(value)

    gauges: dict[tuple[str, tuple[str, ...]], Gauge] = {}
    for word in Word:
        gauge("verdict", "1 for the verdict of the last run", float(word == record.verdict), verdict=word.value)
    for state, number in record.counts.items():
        gauge("cases", "Cases of the last run by state", number, state=state)
    gauge("exit_status", "Exit status of the last run", record.exit_status)
    gauge("practice", "1 where the practice service was verified and nothing of yours", float(record.practice))
    gauge("requests", "Requests that the last run sent", record.requests)
    gauge("request_budget", "Requests that the last run was allowed to send", record.budget)
    gauge("duration_seconds", "Wall time of the last run", record.duration_ms / 1000)
    ended = ended_at(record)
    gauge("run_timestamp_seconds", "When the last run ended, seconds since the epoch", ended)
    success = ended if record.verdict == Word.GO else last_success
    gauge("last_success_timestamp_seconds", "When a run last ended GO, seconds since the epoch; 0 for never", success)
    for row in objectives.rows(record):
        gauge("objective_requests", "Requests that an objective was judged on", row.n, objective=row.name)
        gauge("objective_bad", "Requests that an objective calls bad", row.bad, objective=row.name)
    return bytes(generate_latest(registry))


def ended_at(record: RunRecord) -> float:
    """When the run ended, seconds since the epoch; 0 where it never did."""
    return datetime.fromisoformat(record.ended_at).timestamp() if record.ended_at else 0.0


def last_success(text: str, *, target: str, mode: str) -> float | None:
    """What an earlier ``metrics.prom`` says of the same target and mode; None where it is of another, or damaged."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == LAST_SUCCESS and sample.labels == {"target": target, "mode": mode}:
                    return float(sample.value)
    except ValueError:
        return None
    return None
