"""
From a defect of Relay to whoever is called, and back: real Prometheus, real Alertmanager, our own rules.

Prometheus looks for what it scrapes five seconds after its start, which most of this waits for.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import urllib.request
from contextlib import contextmanager

import pytest

from fixtures.relay import monitoring
from fixtures.relay.stage import Stage
from prodverify.monitoring.rules import groups
from prodverify.target.load import load
from prodverify.wire import clock
from tests.canary.conftest import asked

ALERT = "AnswersBudgetBurn"
WITHIN_SECONDS = 30.0
OBJECTIVE = """
version = 1
name = "chain"
base_url = "http://127.0.0.1:1"
[secrets]
prometheus_address = { env = "CHAIN" }
[monitoring]
job = "relay"
prometheus = "prometheus_address"
[[slos]]
name = "answers"
kind = "success"
objective_percent = 99.0
window_days = 1
min_events = 5
metrics = { requests = "http_requests_total", labels = { path = "/actions" } }
burns = [{ budget_percent = 0.02, long_seconds = 8, short_seconds = 3 }]
"""
"""An alert that fires at 2.2 % of errors within eight seconds, and ends three seconds after the last of them."""


@pytest.fixture(scope="module")
def our_groups(tmp_path_factory):
    path = tmp_path_factory.mktemp("chain") / "chain.toml"
    path.write_text(OBJECTIVE, encoding="utf-8")
    return groups(load(str(path), root=path.parent, environ={"CHAIN": "http://127.0.0.1:9090"}).promises)


@pytest.fixture(scope="module")
def stage(our_groups):
    if not monitoring.present() and not os.environ.get("CI"):
        pytest.skip("needs prometheus and alertmanager")
    with Stage.start(backup=False, rules=json.dumps({"groups": our_groups}), monitoring=True) as stage:
        yield stage


@contextmanager
def users(stage):
    """People who list actions, some fifty times a second, until the block ends."""
    enough = threading.Event()
    host = stage.values["base_url"].removeprefix("http://")

    def ask():
        connection = http.client.HTTPConnection(host, timeout=10)
        while not enough.wait(0.02):
            connection.request("GET", "/actions", headers={"X-API-Key": stage.values["admin_key"]})
            connection.getresponse().read()
        connection.close()

    user = threading.Thread(target=ask)
    user.start()
    try:
        yield
    finally:
        enough.set()
        user.join()


def plant(stage, *names):
    body = json.dumps({"names": names}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{stage.values['control_url']}/faults", body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=10):
        pass


def notified(stage, status):
    """Whether whoever is called was told of the alert with that status."""
    told = asked(stage.values["collector_address"], "/api/notifications")["notifications"]
    alerts = [alert for one in told for alert in one["alerts"]]
    return True if any(a["labels"]["alertname"] == ALERT and a["status"] == status for a in alerts) else None


def test_a_defect_calls_somebody_and_its_mending_tells_so(stage):
    plant(stage, "list-unreliable")
    with users(stage):
        what = "whoever is called hears of the alert"
        clock.poll(lambda: notified(stage, "firing"), within_seconds=WITHIN_SECONDS, every_seconds=0.1, what=what)
        assert not notified(stage, "resolved")
        plant(stage)
        what = "whoever is called hears that it is over"
        clock.poll(lambda: notified(stage, "resolved"), within_seconds=WITHIN_SECONDS, every_seconds=0.1, what=what)


def test_the_rules_that_it_was_told_by_are_the_targets_own(stage, our_groups):
    from prodverify.monitoring.loaded import differences

    told = asked(stage.values["prometheus_address"], "/api/v1/rules")["data"]["groups"]
    assert () == tuple(differences(our_groups, told))
