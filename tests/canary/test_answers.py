"""A run that meets something else where Prometheus is declared: told with what to do, and asked as little as needed."""

from __future__ import annotations

from fixtures.relay.double import Answer
from prodverify.judges.metrics_text import ACCEPTED, OPENMETRICS
from prodverify.wire import clock
from tests.examples.foreign import verified
from tests.observed.small import Small, listening

TARGET = """
version = 1
name = "small"
base_url = "URL"
[secrets]
watcher = { env = "WATCHER" }
[[health]]
name = "health"
path = "/health"
[monitoring]
metrics = "/metrics"
job = "small"
prometheus = "watcher"
alertmanager = "watcher"
rules_loaded = true
quiet = ["ServiceDown"]
[[slos]]
name = "answers"
kind = "success"
objective_percent = 99.0
metrics = { requests = "answers_total" }
"""
CASES = ("-k", "test_monitoring or test_error_budget or metrics_page_is_read")
ROOMS = ("test_monitoring.py", "test_error_budget.py", "test_metrics.py")
PAGE = "# TYPE answers counter\nanswers_total 1\n# EOF\n"


class Watching(Small):
    """Keeps which questions it was asked; where ``counts`` says so it answers each query with one value, 1."""

    def __init__(self, answers, *, counts):
        super().__init__(answers)
        self.counts, self.asked = counts, []

    def answer(self, request):
        self.asked.append(request.path)
        if request.path == "/metrics":  # in the newer format, or not at all
            newer = OPENMETRICS in request.headers.get("accept", "")
            return Answer(200, ACCEPTED.partition(",")[0], PAGE.encode()) if newer else Answer.json(406, {})
        if not self.counts or request.path != "/api/v1/query":
            return super().answer(request)
        result = [{"metric": {}, "value": [clock.now(), "1"]}]
        return Answer.json(200, {"status": "success", "data": {"resultType": "vector", "result": result}})


def told(folder, answers, *, counts=False):
    """The cases by name, and the questions that were asked."""
    target, double = folder / "target.toml", Watching({"/health": (200, {}), **answers}, counts=counts)
    with listening(double) as url:
        target.write_text(TARGET.replace("URL", url), encoding="utf-8")
        record = verified(target, {"WATCHER": url}, *CASES)
    cases = [check for check in record["checks"] if any(room in check["id"] for room in ROOMS)]
    named = {case["id"].partition("::test_")[2].partition("[")[0]: case for case in cases}
    return named, [path for path in double.asked if path.startswith("/api")]


def states(cases):
    """State and rules of each case."""
    return {name: (case["state"], *(one["rule"] for one in case["findings"])) for name, case in cases.items()}


def test_a_prometheus_that_is_closed_to_us_is_asked_once(tmp_path):
    cases, asked = told(tmp_path, {"/api": (401, {}), "/-/ready": (302, {})})
    found = states(cases)
    assert ("pass", "metrics-page-read") == found.pop("metrics_page_is_read")
    assert ("inconclusive", "alertmanager-refuses") == found.pop("alertmanager_is_ready")
    assert 7 == len(found)
    assert {("inconclusive", "prometheus-refuses")} == set(found.values())
    assert ["/api/v1/query"] == asked
    assert [401] == [one["status"] for case in cases.values() for one in case["exchanges"] if "/api" in one["url"]]


def test_a_store_of_series_alone_is_asked_for_what_it_has(tmp_path):
    cases, _ = told(tmp_path, {"/-/ready": (200, {}), "/api/v2/status": (200, {})}, counts=True)
    found = states(cases)
    assert ("not_run",) == found.pop("alerts_have_somewhere_to_go")
    assert ("inconclusive", "prometheus-refuses") == found["rules_are_loaded"]
    assert ("inconclusive", "window-no-data") == found["objective_is_met_over_its_window"]
    assert {"pass", "inconclusive"} == {state for state, *_ in found.values()}
