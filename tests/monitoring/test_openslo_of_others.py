"""Others' OpenSLO v1: what has words here is taken, the rest is said, and what is no OpenSLO is refused."""

from __future__ import annotations

import copy

import pytest

from prodverify.monitoring import openslo_import
from prodverify.monitoring.noted import PREFIX
from prodverify.monitoring.yaml_text import read
from prodverify.objectives.burn import burns

FOREIGN = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "shop.checkout"},
    "spec": {
        "service": "shop",
        "indicatorRef": "checkout",
        "timeWindow": [{"duration": "4w", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.995}, {"target": 0.9, "displayName": "loose"}],
        "alertPolicies": [{"alertPolicyRef": "fast"}],
    },
}
SLI = {
    "apiVersion": "openslo/v1",
    "kind": "SLI",
    "metadata": {"name": "checkout"},
    "spec": {
        "ratioMetric": {
            "counter": True,
            "bad": {"metricSource": {"type": "Prometheus", "spec": {"query": "a"}}},
            "total": {"metricSource": {"type": "Prometheus", "spec": {"query": "b"}}},
        }
    },
}
CONDITION = {
    "severity": "page",
    "condition": {"kind": "burnrate", "op": "gt", "threshold": 2, "lookbackWindow": "1h", "alertAfter": "5m"},
}
POLICY = {
    "apiVersion": "openslo/v1",
    "kind": "AlertPolicy",
    "metadata": {"name": "fast"},
    "spec": {
        "conditions": [{"kind": "AlertCondition", "metadata": {"name": "fast"}, "spec": CONDITION}],
        "notificationTargets": [{"targetRef": "somebody"}],
    },
}


def test_another_s_file_is_taken_with_remarks() -> None:
    imported = openslo_import.read([FOREIGN, SLI, POLICY])

    first, second = imported.slos
    assert ("shop-checkout-1", "shop-checkout-2") == (first.name, second.name)
    assert (99.5, 90.0, 28, "success") == (
        first.objective_percent,
        second.objective_percent,
        first.window_days,
        first.kind,
    )
    assert [(3600, 300, "page")] == [(one.long_seconds, one.short_seconds, one.severity) for one in burns(first)]
    assert 0.297619047619 == burns(first)[0].budget_percent
    assert ("shop.checkout: its queries have no words here; state slos.metrics",) == imported.remarks


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"indicatorRef": "other"}, "shop.checkout: there is no SLI other among the documents; state slos.metrics"),
        ({"timeWindow": []}, "shop.checkout: no timeWindow; 30 days are taken"),
        (
            {"timeWindow": [{"duration": "1M", "calendar": {"startTime": "2026-01-01 00:00:00", "timeZone": "UTC"}}]},
            "shop.checkout: a calendar window becomes a rolling one of the same length",
        ),
        (
            {"timeWindow": [{"duration": "90m", "isRolling": True}]},
            "shop.checkout: a window of 90m becomes 1 days",
        ),
        (
            {"timeWindow": [{"duration": "2Y", "isRolling": True}]},
            "shop.checkout: a window of 2Y becomes 366 days",
        ),
        (
            {"budgetingMethod": "Timeslices"},
            "shop.checkout: Timeslices become events: here every event counts as one",
        ),
        (
            {"objectives": [{"target": 0.9, "op": "lte", "value": 0.2}]},
            "shop.checkout: 0.2 is taken as milliseconds; OpenSLO does not say its unit",
        ),
        (
            {"alertPolicies": ["other"]},
            "shop.checkout: there is no AlertPolicy other among the documents; state slos.burns",
        ),
    ],
)
def test_what_has_no_word_here_is_said(change: dict[str, object], remark: str) -> None:
    document = copy.deepcopy(FOREIGN)
    document["spec"].update(change)
    document["metadata"]["annotations"] = {f"{PREFIX}window-days": "7"}  # it has a place of its own
    sli = copy.deepcopy(SLI)
    if "objectives" in change:
        sli["spec"] = {"thresholdMetric": {"metricSource": {"spec": {}}}}

    assert remark in openslo_import.read([document, sli, POLICY]).remarks


@pytest.mark.parametrize(
    "policies", [["fast"], [{"alertPolicyRef": "fast"}], [{key: POLICY[key] for key in ("kind", "metadata", "spec")}]]
)
def test_an_alert_policy_is_a_reference_or_stands_there_itself(policies: list[object]) -> None:
    document = copy.deepcopy(FOREIGN)
    document["spec"]["alertPolicies"] = policies

    imported = openslo_import.read([document, SLI, POLICY])

    assert [(3600, 300)] == [(one.long_seconds, one.short_seconds) for one in imported.slos[0].burns]


def test_a_burn_whose_short_window_is_none_is_said() -> None:
    policy = copy.deepcopy(POLICY)
    policy["spec"]["conditions"][0]["spec"]["condition"]["alertAfter"] = "0m"

    imported = openslo_import.read([FOREIGN, SLI, policy])

    assert "shop.checkout: an alert policy is no burn of part of its budget; state slos.burns" in imported.remarks
    assert "burns" not in imported.slos[0].model_fields_set


def test_a_share_in_percent_and_a_stored_ratio_are_taken() -> None:
    document, stored = copy.deepcopy(FOREIGN), copy.deepcopy(SLI)
    document["spec"]["objectives"] = [{"targetPercent": 99.95}]
    stored["spec"]["ratioMetric"] = {"rawType": "success", "raw": SLI["spec"]["ratioMetric"]["total"]}

    imported = openslo_import.read([document, stored, POLICY])

    assert [(99.95, "success")] == [(one.objective_percent, one.kind) for one in imported.slos]
    assert ("shop.checkout: a ratio that is stored is no count of events; state slos.metrics",) == imported.remarks


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"apiVersion": "openslo/v2"}, "apiVersion: expected openslo/v1, came 'openslo/v2'"),
        ({"kind": "Slo"}, "kind: expected Service, SLI, SLO,"),
        ({"kind": ["SLO"]}, "kind: expected Service, SLI, SLO,"),
        ({"metadata": {"name": "a", "annotations": {1: "a"}}}, "metadata.annotations: 1 is not of type 'string'"),
        ({"spec": {**FOREIGN["spec"], "alertPolicies": [7]}}, "spec.alertPolicies.0: "),
        (
            {"spec": {**FOREIGN["spec"], "alertPolicies": [{"spec": 7}]}},
            "spec.alertPolicies.0: ",
        ),
        ({"spec": {**FOREIGN["spec"], "objectives": [{}]}}, "spec.objectives.0: expected exactly one of target, "),
        ({"metadata": {}}, "metadata: 'name' is a required property"),
        ({"metadata": {"name": "a b"}}, "metadata.name: 'a b' does not match"),
        ({"metadata": {"name": "a\n"}}, "metadata.name: 'a\\n' does not match"),
        ({"metadata": {"name": "a", "annotations": {"a.b/c": 7}}}, "metadata.annotations.a.b/c: 7 is not of type"),
        ({"spec": {}}, "spec: 'service' is a required property"),
        ({"spec": {**FOREIGN["spec"], "objectives": [{"target": 1}]}}, "spec.objectives.0.target: 1 is greater than"),
        ({"spec": {**FOREIGN["spec"], "indicator": {}}}, "spec: expected exactly one of indicator, indicatorRef"),
        (
            {"spec": {**FOREIGN["spec"], "timeWindow": [{"duration": "30"}]}},
            "spec.timeWindow.0.duration: '30' does not",
        ),
        ({"spec": {**FOREIGN["spec"], "objectives": []}}, "spec.objectives: [] should be non-empty"),
    ],
)
def test_what_is_no_openslo_is_refused_with_the_place(change: dict[str, object], said: str) -> None:
    with pytest.raises(openslo_import.Unreadable) as wrong:
        openslo_import.read([{**FOREIGN, **change}, SLI])
    assert [] != [sentence for sentence in wrong.value.sentences if sentence.startswith(f"document 1: {said}")]


@pytest.mark.parametrize("documents", [[], [None], [7], ["a"], [[]], [{}], [SLI], [{1: 2, "apiVersion": []}]])
def test_nothing_odd_makes_it_raise_anything_else(documents: list[object]) -> None:
    with pytest.raises(openslo_import.Unreadable):
        openslo_import.read(documents)


def test_what_our_model_refuses_is_said_with_its_place() -> None:
    document = copy.deepcopy(FOREIGN)
    document["metadata"]["annotations"] = {f"{PREFIX}min-events": "many"}
    with pytest.raises(openslo_import.Unreadable, match=r"shop\.checkout: min_events: "):
        openslo_import.read([document, SLI, POLICY])


OTHERS = """
apiVersion: openslo/v1
kind: Service
metadata: {name: WebShop, annotations: {openslo.com/dashboard: "https://shop.example/d/1", costs: "some words"}}
spec: {description: Sells.}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: main-page, displayName: Main page}
spec:
  service: WebShop
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
        good: {metricSource: {type: Any, spec: {query: a}}}
        total: {metricSource: {metricSourceRef: any, spec: }}
  timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-21 12:30:00, timeZone: Europe/Oslo}}]
  budgetingMethod: Occurrences
  objectives: [{displayName: Good, targetPercent: 99.5}]
  alertPolicies: [{alertPolicyRef: WakeSomebody}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: Searching}
spec:
  service: WebShop
  indicator: {metadata: {name: time}, spec: {thresholdMetric: {metricSource: {type: Any, spec: }}}}
  timeWindow: [{duration: 2w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lt, value: 500, target: 0.99}, {op: gte, value: 10, target: 0.9}]
  alertPolicies:
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: WakeSomebody}
spec: {conditions: [{conditionRef: quick}], notificationTargets: [{targetRef: OnCall}]}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: quick}
spec:
  severity: sev1
  condition: {kind: burnrate, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
"""


def test_files_like_the_specification_s_own_examples_are_read() -> None:
    imported = openslo_import.read(read(OTHERS))

    assert [("main-page", "success", 99.5, 30, None), ("searching-1", "latency", 99.0, 14, 500.0)] == [
        (one.name, one.kind, one.objective_percent, one.window_days, one.threshold_ms) for one in imported.slos
    ]
    (burn,) = imported.slos[0].burns
    assert (2.0, 3600, 300, "page") == (burn.budget_percent, burn.long_seconds, burn.short_seconds, burn.severity)
    assert {
        "main-page: a calendar window becomes a rolling one of the same length",
        "main-page: its queries have no words here; state slos.metrics",
        "main-page: there is no severity sev1; page is taken",
        "Searching: a thresholdMetric is no count of events; state slos.metrics",
        "Searching: 500 is taken as milliseconds; OpenSLO does not say its unit",
        "Searching: values above 10 are good, which is no time to answer: it is left out",
    } == set(imported.remarks)


def test_an_alert_below_a_rate_is_no_burn() -> None:
    policy = copy.deepcopy(POLICY)
    policy["spec"]["conditions"][0]["spec"]["condition"]["op"] = "lt"

    imported = openslo_import.read([FOREIGN, SLI, policy])

    assert "shop.checkout: an alert policy is no burn of part of its budget; state slos.burns" in imported.remarks


def test_names_that_meet_are_said() -> None:
    other = {
        **FOREIGN,
        "metadata": {"name": "shop-checkout-1"},
        "spec": {**FOREIGN["spec"], "objectives": [{"target": 0.9}]},
    }

    assert "several objectives here are called shop-checkout-1: rename all but one" in (
        openslo_import.read([FOREIGN, other, SLI, POLICY]).remarks
    )
    with pytest.raises(openslo_import.Unreadable, match=r"document 2: there is another SLO shop\.checkout"):
        openslo_import.read([FOREIGN, FOREIGN, SLI])


def test_what_says_nothing_of_time_is_refused_or_said() -> None:
    above, without = copy.deepcopy(FOREIGN), copy.deepcopy(FOREIGN)
    sli = {**SLI, "spec": {"thresholdMetric": {"metricSource": {"spec": {}}}}}
    above["spec"]["objectives"] = [{"target": 0.9, "op": "gt", "value": 3}]
    without["spec"]["objectives"] = [{"target": 0.9}]

    with pytest.raises(openslo_import.Unreadable, match=r"values above 3 are good"):
        openslo_import.read([above, sli])
    assert "shop.checkout: no value says what is in time; state threshold_ms" in (
        openslo_import.read([without, sli, POLICY]).remarks
    )


def test_many_annotations_and_objectives_take_no_long_time() -> None:
    # Looked up one by one in all of them, either would take minutes.
    document = copy.deepcopy(FOREIGN)
    document["metadata"]["annotations"] = {f"{PREFIX}alerts-{n}-name": f"A{n}" for n in range(1, 5001)}
    document["spec"]["alertPolicies"] = ["fast"] * 2000

    imported = openslo_import.read([document, SLI, POLICY])

    assert 5000 == len(imported.slos[0].alerts or ())
