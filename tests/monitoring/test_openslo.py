"""Objectives as OpenSLO v1 and back: nothing that OpenSLO knows is lost, and our own words come back too."""

from __future__ import annotations

import copy
import tomllib

import pytest

from prodverify.monitoring import openslo, openslo_import, openslo_rules, slos_toml
from prodverify.monitoring.noted import PREFIX
from prodverify.monitoring.yaml_text import read
from prodverify.objectives.burn import burns
from prodverify.target.model import Promises
from tests.monitoring.files import odd, relay, slo

FULL = slo(
    name="under_score",
    endpoints=["list", "a_b"],
    agreement_percent=99.5,
    agreement_threshold_ms=200.0,
    indifference_percent=[99.9, 98.0],
    margin_percent=0.25,
    window_days=28,
    min_events=50,
    profiles=["soak"],
    alerts=[{"name": "A_b"}, {}, {"bad_percent": 0.001, "severity": "page"}],
    burns=[{"budget_percent": 2.5, "long_seconds": 90, "short_seconds": 7, "severity": "info"}],
)
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


def promises_of(*slos) -> Promises:
    return Promises.model_validate({"version": 1, "name": "our_target", "slos": slos}, strict=False)


@pytest.mark.parametrize("promises", [relay(), odd(), promises_of(FULL), promises_of(slo(burns=[], alerts=[]))])
def test_what_is_exported_comes_back_as_it_was(promises) -> None:
    documents = read(openslo.text(promises))

    imported = openslo_import.read(documents)

    assert promises.slos == imported.slos
    assert () == imported.remarks
    assert [one.model_fields_set | {"window_days"} for one in promises.slos] == [
        one.model_fields_set | {"window_days"} for one in imported.slos
    ]


@pytest.mark.parametrize("promises", [relay(), odd(), promises_of(FULL)])
def test_what_is_exported_is_right_by_the_specification(promises) -> None:
    for document in read(openslo.text(promises)):
        assert () == openslo_rules.complaints(document)


@pytest.mark.parametrize("promises", [relay(), odd(), promises_of(FULL)])
def test_what_is_printed_is_what_a_target_file_says(promises) -> None:
    said = tomllib.loads(slos_toml.written(promises.slos))

    assert promises.slos == Promises.model_validate({"version": 1, "name": "x", **said}, strict=False).slos


def test_values_of_annotations_are_short_words() -> None:
    for document in openslo.documents(promises_of(FULL)):
        for key, value in document["metadata"].get("annotations", {}).items():
            assert key.startswith(PREFIX)
            assert len(key.removeprefix(PREFIX)) <= openslo_rules.LONGEST_VALUE
            assert len(value) <= openslo_rules.LONGEST_VALUE


def test_each_burn_alert_is_a_policy_of_its_own() -> None:
    policies = [one for one in openslo.documents(relay()) if one["kind"] == "AlertPolicy"]

    told = [one["spec"]["conditions"][0]["spec"]["condition"] for one in policies[:4]]
    assert [("1h", "5m", 14.4), ("6h", "30m", 6.0), ("1d", "2h", 3.0), ("3d", "6h", 1.0)] == [
        (one["lookbackWindow"], one["alertAfter"], one["threshold"]) for one in told
    ]


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
        ({"timeWindow": [{"duration": "90m", "isRolling": True}]}, "shop.checkout: a window of 90m becomes whole days"),
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


def test_what_is_exported_is_told_to_somebody() -> None:
    documents = openslo.documents(relay())

    told = {one["metadata"]["name"] for one in documents if one["kind"] == "AlertNotificationTarget"}
    policies = [one["spec"] for one in documents if one["kind"] == "AlertPolicy"]
    assert {"page", "warning"} == told
    assert told == {target["targetRef"] for policy in policies for target in policy["notificationTargets"]}
    # Without it the specification has an alert policy tell nobody.
    assert all(policy["alertWhenBreaching"] for policy in policies)


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
        ({"metadata": {"name": "A"}}, "metadata.name: 'A' does not match"),
        ({"metadata": {"name": "a", "annotations": {"a.b/c": "x y"}}}, "metadata.annotations.a.b/c: 'x y' does not"),
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


def test_each_document_has_a_name_of_its_own_that_is_short() -> None:
    promises = promises_of(slo(name="a_b"), slo(name="a-b"), slo(name="c" * 60), slo(name="c" * 59 + "d"))

    documents = openslo.documents(promises)

    names = [(one["kind"], one["metadata"]["name"]) for one in documents]
    assert sorted(set(names)) == sorted(names)
    assert max(len(name) for _, name in names) <= 63
    assert promises.slos == openslo_import.read(documents).slos
