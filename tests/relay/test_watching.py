"""
Prometheus and Alertmanager of a stage: a past of thirty days, and the way from a defect of Relay to whoever is called.

Prometheus looks for what it scrapes five seconds after its start, which most of this waits for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from fixtures.relay import monitoring
from fixtures.relay.stage import Stage, StageError
from prodverify.monitoring.loaded import differences
from prodverify.monitoring.rules import groups
from prodverify.target.load import load
from prodverify.wire import clock

pytestmark = pytest.mark.skipif(
    not monitoring.present() and not os.environ.get("CI"), reason="Prometheus and Alertmanager are not on this machine"
)
ALERT = "AnswersBudgetBurn"
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
ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS = ("prometheus", "alertmanager")
WITHIN_SECONDS = 30.0  # 7 s when idle, 5 s of which are Prometheus's own until its first scrape


def ended(process):
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def our_groups(tmp_path_factory):
    path = tmp_path_factory.mktemp("chain") / "chain.toml"
    path.write_text(OBJECTIVE, encoding="utf-8")
    return groups(load(str(path), root=path.parent, environ={"CHAIN": "http://127.0.0.1:9090"}).promises)


@pytest.fixture(scope="module")
def watched(our_groups):
    with Stage.start(backup=False, monitoring=True, rules=json.dumps({"groups": our_groups})) as stage:
        yield stage


@pytest.fixture
def asked(watched):
    """What Prometheus says to a query: the value of each series."""

    def values(query):
        answer = httpx.get(f"{watched.values['prometheus_address']}/api/v1/query", params={"query": query})
        return [float(series["value"][1]) for series in answer.json()["data"]["result"]]

    return values


@contextmanager
def users(stage):
    """People who list actions, some fifty times a second, until the block ends."""
    enough = threading.Event()

    def ask():
        with httpx.Client(headers={"X-API-Key": stage.values["admin_key"]}) as client:
            while not enough.wait(0.02):
                client.get(f"{stage.values['base_url']}/actions")

    user = threading.Thread(target=ask)
    user.start()
    try:
        yield
    finally:
        enough.set()
        user.join()


def plant(stage, *names):
    httpx.put(f"{stage.values['control_url']}/faults", json={"names": names}, timeout=10).raise_for_status()


def notified(stage, status):
    """What whoever is called was told of the alert with that status."""
    told = httpx.get(f"{stage.values['collector_address']}/api/notifications").json()["notifications"]
    return next((sent for sent in told if sent["status"] == status and ALERT in _alerts(sent, status)), None)


def _alerts(sent, status):
    return [alert["labels"]["alertname"] for alert in sent["alerts"] if alert["status"] == status]


@pytest.mark.parametrize("window", ["5m", "1h", "6h", "1d", "7d", "30d"])
def test_every_window_has_a_healthy_past(asked, window):
    series = 'http_request_duration_seconds_{of}{{path="/actions"{more}}}[{window}]'
    total = series.format(of="count", more="", window=window)
    good = series.format(of="bucket", more=',status!~"5..",le="0.05"', window=window)
    events, share = asked(f"sum(increase({total}))"), asked(f"sum(increase({good})) / sum(increase({total}))")

    assert [True] == [count > 300 for count in events]
    assert [True] == [0.999 < one <= 1.0 for one in share]


def test_it_was_up_for_thirty_days(asked):
    assert [1.0] == asked('avg_over_time(up{job="relay"}[30d])')


def test_its_rules_are_those_that_were_handed_in(watched, our_groups):
    told = httpx.get(f"{watched.values['prometheus_address']}/api/v1/rules").json()["data"]["groups"]

    assert () == differences(our_groups, told)
    assert len(our_groups) == len(told)


def test_a_fault_finds_the_files_and_the_processes(watched):
    folder = Path(watched.values["relay_log"]).parent / monitoring.FOLDER
    told = json.loads((folder / "stage.json").read_text(encoding="utf-8"))

    assert {"prometheus.yml", "rules.yml", "alertmanager.yml"} <= {path.name for path in folder.iterdir()}
    assert [told["prometheus"], told["alertmanager"]] == [
        watched.values["prometheus_address"],
        watched.values["alertmanager_address"],
    ]
    commands = [Path(f"/proc/{told[f'{name}_pid']}/cmdline").read_text() for name in ("prometheus", "alertmanager")]
    assert [True, True] == ["prometheus" in commands[0], "alertmanager" in commands[1]]


def test_a_defect_calls_somebody_and_its_mending_tells_so(watched, asked):
    plant(watched, "list-unreliable")
    with users(watched):
        what = "whoever is called hears of the alert"
        clock.poll(lambda: notified(watched, "firing"), within_seconds=WITHIN_SECONDS, every_seconds=0.1, what=what)
        assert asked("cache_up")  # a series that its past has not: it was scraped
        assert not notified(watched, "resolved")
        plant(watched)
        what = "whoever is called hears that it is over"
        clock.poll(lambda: notified(watched, "resolved"), within_seconds=WITHIN_SECONDS, every_seconds=0.1, what=what)


@pytest.mark.proof
def test_two_stages_are_watched_side_by_side(watched):
    with Stage.start(backup=False, monitoring=True) as other:
        addresses = [stage.values[f"{name}_address"] for stage in (watched, other) for name in _PROGRAMS]
        states = [httpx.get(f"{address}/-/ready").status_code for address in addresses]

    assert (4, [200] * 4) == (len(set(addresses)), states)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{other.values['prometheus_address']}/-/ready")


def test_a_start_that_is_interrupted_while_the_past_is_made_leaves_nothing(monkeypatch, tmp_path):
    said = tmp_path / "said"
    slow = tmp_path / "promtool"
    slow.write_text(f'#!/bin/sh\necho "$$" "$TMPDIR" >{said}.new; mv {said}.new {said}; exec sleep 60\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    begun = [sys.executable, ROOT / "tests" / "embedded" / "owner_of_stage.py", "monitoring"]
    with subprocess.Popen(begun, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        try:
            clock.poll(lambda: said.exists() or None, within_seconds=WITHIN_SECONDS, what="promtool at work")
        finally:
            owner.send_signal(signal.SIGINT)

    process, folder = said.read_text().split()
    # It was killed as one of a group; whoever inherited it collects it in its own time.
    clock.poll(lambda: ended(int(process)) or None, within_seconds=WITHIN_SECONDS, what="the end of promtool")
    assert not Path(folder).exists()


def test_nobody_is_watched_unasked(values):
    assert ["prometheus:absent", "alertmanager:absent"] == [values[f"{name}_address"] for name in _PROGRAMS]


def test_a_machine_without_them_is_told_apart(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not monitoring.present()


@pytest.mark.proof
def test_rules_that_prometheus_refuses_end_the_start_in_its_own_words():
    wrong = "groups: [{name: ours, rules: [{alert: Defects, expr: 'sum('}]}]"

    with pytest.raises(StageError, match=r"prometheus does not start.*unclosed left parenthesis"):
        Stage.start(backup=False, monitoring=True, rules=wrong)
