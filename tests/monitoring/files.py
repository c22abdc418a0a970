"""Targets whose objectives are tried: Relay's own, and one with everything that is odd."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from prodverify.target.load import load
from prodverify.target.model import Promises
from prodverify.target.slos import Slo

ROOT = Path(__file__).resolve().parents[2]
METRICS = {"durations": "http_request_duration_seconds", "labels": {"path": ["/actions", "/a"]}}

ODD = r"""
version = 1
name = "odd"
[monitoring]
job = "a \"b\" {{c}} \\d"
breach_seconds = 8
team = "night_watch"
runbooks = "https://runbooks.example/odd/"
service_label = { area = "x {{ y" }
[monitoring.resources]
rate_limit_breaches = "breaches_total"
pool_in_use = "pool_used"
pool_size = "pool_size"
cache_up = "cache_up"
disk_used_bytes = "node_used"
disk_size_bytes = "node_size"
replication_lag_seconds = "lag_seconds"
[monitoring.resources.labels]
disk_used_bytes = { job = "node", mountpoint = "/" }
disk_size_bytes = { job = "node", mountpoint = "/" }
[[slos]]
name = "four-nines"
kind = "success"
objective_percent = 99.99
agreement_percent = 99.5
[slos.metrics]
requests = "http_requests_total"
status_label = "code"
errors = ["5xx", "429"]
labels = { handler = ["/a/{id}.x|y", "b"], q = "say \"hi\" \\o/" }
[[slos]]
name = "ninety"
objective_percent = 90.0
threshold_ms = 250.0
window_days = 7
agreement_percent = 95.0
agreement_threshold_ms = 1000.0
burns = [{ budget_percent = 50.0, long_seconds = 86400, short_seconds = 7200, severity = "warning" }]
[slos.metrics]
durations = "latency_milliseconds"
unit = "milliseconds"
[[slos]]
name = "seconds_only"
objective_percent = 95.0
threshold_ms = 1200.0
min_events = 5
burns = [{ budget_percent = 0.1, long_seconds = 20, short_seconds = 5 }]
alerts = [{ name = "Tier1", bad_percent = 5.0, threshold_ms = 500.0, for_seconds = 300, severity = "page" }]
[slos.metrics]
durations = "x_seconds"
[[slos]]
name = "unmeasured"
objective_percent = 95.0
threshold_ms = 1000.0
"""


def relay() -> Promises:
    """What targets/local.toml promises."""
    return load("local", root=ROOT, environ={}, with_secrets=False).promises


def promised(text: str) -> Promises:
    """What ``text``, of a target file, promises."""
    return Promises.model_validate(tomllib.loads(text), strict=False)


def odd() -> Promises:
    """Odd objectives, windows and labels, and every resource."""
    return promised(ODD)


def slo(**said: object) -> Slo:
    """An objective of 99 % within 50 ms."""
    return Slo.model_validate(
        {"name": "fast", "threshold_ms": 50.0, "objective_percent": 99.0, "metrics": METRICS, **said}, strict=False
    )


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What a program of Prometheus or Alertmanager says; a test is skipped where it is not here and CI is not set."""
    import os

    if not shutil.which(command[0]) and not os.environ.get("CI"):
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
