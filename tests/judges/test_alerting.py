"""Scrapes, rules, alerts and Alertmanager: each state told by its rule, with the boundary on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prodverify.judges import alerting
from prodverify.judges.alerting import Scraped
from prodverify.wire.watched import Alert, Alertmanagers, Clock, Rule, Sample

NOW = 1_000_000.0


def rules(findings):
    return [(str(finding.severity), finding.rule) for finding in findings]


def scraped(*up, age=1.0, told=NOW, **more):
    samples = tuple(Sample({"instance": str(number)}, NOW, value) for number, value in enumerate(up))
    ages = tuple(Sample({}, NOW, age) for _ in up)
    return Scraped("ours", 'up{job="ours"}', samples, ages, Clock(told, told, told + 0.01), **more)


@pytest.mark.parametrize(
    ("seen", "rule"),
    [
        pytest.param(scraped(1.0), ("info", "scrape"), id="up"),
        pytest.param(scraped(0.0, errors=("connection refused",)), ("fail", "scrape-down"), id="down"),
        pytest.param(scraped(0.0, 0.0), ("fail", "scrape-down"), id="all-down"),
        pytest.param(scraped(1.0, 0.0), ("warn", "scrape-partly-down"), id="one-down"),
        pytest.param(scraped(1.0, age=60.0), ("info", "scrape"), id="just-young-enough"),
        pytest.param(scraped(1.0, age=60.1), ("fail", "scrape-stale"), id="too-old"),
        pytest.param(scraped(last_at=NOW - 400), ("fail", "scrape-stale"), id="gone"),
        pytest.param(scraped(), ("inconclusive", "scrape-no-data"), id="never-there"),
    ],
)
def test_a_scrape_is_up_and_fresh(seen, rule):
    assert [rule] == rules(alerting.judge_scrape(seen, 60.0))


def test_what_was_asked_stands_in_what_could_not_be_told():
    assert 'up{job="ours"}' in alerting.judge_scrape(scraped(), 60.0)[0].observed


def test_why_a_scrape_fails_is_told():
    found = alerting.judge_scrape(scraped(0.0, errors=("connection refused",)), 60.0)
    assert found[0].observed.endswith("connection refused")


@pytest.mark.parametrize(
    ("told", "rule"),
    [(5.0, "scrape"), (5.2, "clock-differs"), (-5.0, "scrape"), (-5.2, "clock-differs")],
)
def test_clocks_differ_by_more_than_five_seconds(told, rule):
    seen = replace(scraped(1.0), clock=Clock(NOW + told, NOW, NOW + 0.1))
    found = alerting.judge_scrape(seen, 60.0)
    assert [rule] == [finding.rule for finding in found]


def loaded(name="Slow", group="ours", health="ok", alerting_=True, error=""):
    return Rule(group, name, alerting_, "a > 1", 60.0, {}, {}, health, error)


def test_differences_are_told_and_of_many_the_first():
    assert [("info", "rules-loaded")] == rules(alerting.judge_loaded((), 3))
    assert [("fail", "rules-differ")] * 5 == rules(alerting.judge_loaded(("differs",) * 5, 9))
    found = alerting.judge_loaded(tuple(f"rule {number} differs" for number in range(7)), 9)
    assert ["rule 4 differs; and 2 more differ"] == [finding.observed for finding in found[4:]]


@pytest.mark.parametrize(
    ("there", "rule"),
    [
        pytest.param([loaded()], ("info", "rules-healthy"), id="healthy"),
        pytest.param([loaded(), loaded(health="err", error="many-to-many")], ("fail", "rule-unhealthy"), id="sick"),
        pytest.param([loaded(), loaded(health="unknown")], ("inconclusive", "rules-not-evaluated"), id="new"),
        pytest.param([loaded(group="theirs", health="err")], ("inconclusive", "rules-not-loaded"), id="theirs"),
        pytest.param([], ("inconclusive", "rules-not-loaded"), id="none"),
    ],
)
def test_our_own_rules_are_healthy(there, rule):
    assert [rule] == rules(alerting.judge_health(there, {"ours"}))


def alert(name="Slow", state="firing"):
    return Alert(name, state, {"alertname": name})


@pytest.mark.parametrize(
    ("pattern", "alerts", "rule"),
    [
        pytest.param("Slow", [], ("info", "alerts-quiet"), id="quiet"),
        pytest.param("Slow", [alert()], ("fail", "alert-fires"), id="fires"),
        pytest.param("Slow", [alert(state="pending")], ("info", "alerts-quiet"), id="pending"),
        pytest.param("Slow", [alert("Slower")], ("info", "alerts-quiet"), id="another"),
        pytest.param("S*", [alert()], ("fail", "alert-fires"), id="by-its-beginning"),
        pytest.param("*", [alert("Theirs")], ("fail", "alert-fires"), id="any"),
        pytest.param("Slo", [alert()], ("inconclusive", "alert-unknown"), id="not-loaded"),
        pytest.param("*low", [alert("Glow")], ("fail", "alert-fires"), id="by-its-end"),
    ],
)
def test_alerts_that_must_not_fire_do_not(pattern, alerts, rule):
    assert [rule] == rules(alerting.judge_quiet((pattern,), [loaded()], alerts, "shop"))


@pytest.mark.parametrize(
    ("name", "annotations", "rule"),
    [
        pytest.param("shop", {"slos": "0a"}, "alert-fires", id="ours"),
        pytest.param("staging", {"slos": "0a"}, "alert-unknown", id="by-our-rules-of-another-target"),
        pytest.param("staging", {}, "alert-fires", id="by-a-rule-of-their-own-with-such-a-label"),
    ],
)
def test_an_alert_of_another_target_is_not_meant(name, annotations, rule):
    labels = {"alertname": "Slow", "target": name}
    there = [replace(loaded(), labels={"target": name}, annotations=annotations)]
    found = alerting.judge_quiet(("Slow",), there, [Alert("Slow", "firing", labels)], "shop")
    assert [rule] == [finding.rule for finding in found]


def test_a_recording_rule_is_no_alert():
    found = alerting.judge_quiet(("Slow",), [loaded(alerting_=False)], [], "shop")
    assert [("inconclusive", "alert-unknown")] == rules(found)


def test_several_of_one_alert_are_told_once():
    assert ["Slow fires, 3 times"] == [one.observed for one in alerting.judge_quiet(("*",), [], [alert()] * 3, "shop")]


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (200, ("info", "alertmanager-ready")),
        (503, ("fail", "alertmanager-not-ready")),
        (500, ("fail", "alertmanager-not-ready")),
        (302, ("inconclusive", "alertmanager-refuses")),
        (429, ("inconclusive", "alertmanager-refuses")),
        (502, ("fail", "alertmanager-not-ready")),
        (0, ("fail", "alertmanager-away")),
        (401, ("inconclusive", "alertmanager-refuses")),
        (403, ("inconclusive", "alertmanager-refuses")),
        (404, ("inconclusive", "alertmanager-refuses")),
    ],
)
def test_alertmanager_is_ready(status, rule):
    assert [rule] == rules(alerting.judge_alertmanager(status, "0.25.0"))


@pytest.mark.parametrize(
    ("active", "dropped", "rule"),
    [
        (("http://a/api/v2/alerts",), (), ("info", "alertmanager-known")),
        ((), (), ("fail", "alertmanager-unknown")),
        ((), ("http://a",), ("fail", "alertmanager-unknown")),
    ],
)
def test_alerts_have_somewhere_to_go(active, dropped, rule):
    assert [rule] == rules(alerting.judge_delivery(Alertmanagers(active, dropped)))
