"""Prometheus and Alertmanager of a stage: a past of thirty days, rules, an alert that fires, reaches us and ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import psutil
import pytest

from fixtures.relay import monitoring
from fixtures.relay.stage import Stage, StageError
from prodverify.wire import clock

pytestmark = pytest.mark.skipif(
    not monitoring.present() and not os.environ.get("CI"), reason="Prometheus and Alertmanager are not on this machine"
)
RULES = """
groups:
  - name: ours
    rules:
      - {alert: Defects, expr: 'sum(increase(http_requests_total{job="relay", status="500"}[3s])) > 0'}
"""
_PROGRAMS = ("prometheus", "alertmanager")
WITHIN_SECONDS = 30.0  # 7 s when idle, 5 s of which are Prometheus's own until its first scrape


def ended(process):
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def watched():
    with Stage.start(backup=False, monitoring=True, rules=RULES) as stage:
        yield stage


@pytest.fixture
def asked(watched):
    """What Prometheus says to a query: the value of each series."""

    def values(query):
        answer = httpx.get(f"{watched.values['prometheus_address']}/api/v1/query", params={"query": query})
        return [float(series["value"][1]) for series in answer.json()["data"]["result"]]

    return values


def notified(stage):
    return httpx.get(f"{stage.values['collector_address']}/api/notifications").json()["notifications"]


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


def test_its_rules_are_those_that_were_handed_in(watched):
    told = httpx.get(f"{watched.values['prometheus_address']}/api/v1/rules").json()["data"]["groups"]

    assert [("ours", ["Defects"])] == [(group["name"], [rule["name"] for rule in group["rules"]]) for group in told]


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


def test_an_alert_fires_is_told_and_ends(watched, asked):
    key = {"X-API-Key": watched.values["admin_key"], "X-Relay-Provoke": "defect"}
    url = f"{watched.values['base_url']}/workspaces/current"
    clock.poll(lambda: asked("cache_up") or None, within_seconds=WITHIN_SECONDS, what="the first scrape")

    def told(status):
        return next((sent for sent in notified(watched) if sent["status"] == status), None)

    def fires():
        assert httpx.get(url, headers=key).status_code == 500
        return told("firing")

    fired = clock.poll(fires, within_seconds=WITHIN_SECONDS, every_seconds=0.2, what="the notification")
    ended = clock.poll(lambda: told("resolved"), within_seconds=WITHIN_SECONDS, what="the end of the alert")

    assert ["Defects", "Defects"] == [sent["alerts"][0]["labels"]["alertname"] for sent in (fired, ended)]


@pytest.mark.proof
def test_two_stages_are_watched_side_by_side(watched):
    with Stage.start(backup=False, monitoring=True) as other:
        addresses = [stage.values[f"{name}_address"] for stage in (watched, other) for name in _PROGRAMS]
        states = [httpx.get(f"{address}/-/ready").status_code for address in addresses]

    assert (4, [200] * 4) == (len(set(addresses)), states)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{other.values['prometheus_address']}/-/ready")


def test_a_start_that_is_stopped_while_the_past_is_made_leaves_nothing(monkeypatch, tmp_path):
    said = tmp_path / "said"
    slow = tmp_path / "promtool"
    slow.write_text(f'#!/bin/sh\necho "$$" "$TMPDIR" >{said}.new; mv {said}.new {said}; exec sleep 60\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    starting = Stage.start_in_background(backup=False, monitoring=True)
    try:
        clock.poll(lambda: said.exists() or None, within_seconds=WITHIN_SECONDS, what="promtool at work")
    finally:
        starting.stop()

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
