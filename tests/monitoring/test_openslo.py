"""Objectives as OpenSLO v1 and back: nothing that OpenSLO knows is lost, and our own words come back too."""

from __future__ import annotations

import re
import tomllib

import pytest

from prodverify.monitoring import openslo, openslo_import, openslo_rules, slos_toml
from prodverify.monitoring.noted import PREFIX
from prodverify.monitoring.yaml_text import read
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
            assert len(key.removeprefix(PREFIX)) <= 63
            # Stricter than the specification's text: what its published schemas want, and every tool takes.
            assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}", value)


def test_each_burn_alert_is_a_policy_of_its_own() -> None:
    policies = [one for one in openslo.documents(relay()) if one["kind"] == "AlertPolicy"]

    told = [one["spec"]["conditions"][0]["spec"]["condition"] for one in policies[:4]]
    assert [("1h", "5m", 14.4), ("6h", "30m", 6.0), ("1d", "2h", 3.0), ("3d", "6h", 1.0)] == [
        (one["lookbackWindow"], one["alertAfter"], one["threshold"]) for one in told
    ]


def test_what_is_exported_is_told_to_somebody() -> None:
    documents = openslo.documents(relay())

    told = {one["metadata"]["name"] for one in documents if one["kind"] == "AlertNotificationTarget"}
    policies = [one["spec"] for one in documents if one["kind"] == "AlertPolicy"]
    assert {"page", "warning"} == told
    assert told == {target["targetRef"] for policy in policies for target in policy["notificationTargets"]}
    # Without it the specification has an alert policy tell nobody.
    assert all(policy["alertWhenBreaching"] for policy in policies)


def test_each_document_has_a_name_of_its_own_that_is_short() -> None:
    promises = promises_of(slo(name="a_b"), slo(name="a-b"), slo(name="c" * 60), slo(name="c" * 59 + "d"))

    documents = openslo.documents(promises)

    names = [(one["kind"], one["metadata"]["name"]) for one in documents]
    assert sorted(set(names)) == sorted(names)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for _, name in names)  # RFC 1123
    assert promises.slos == openslo_import.read(documents).slos


def test_a_policy_over_decades_is_no_burn() -> None:
    documents = openslo.documents(relay())
    condition = next(one for one in documents if one["kind"] == "AlertPolicy")["spec"]["conditions"][0]["spec"]
    condition["condition"] |= {"lookbackWindow": "40Y", "threshold": 1e-6}

    remarks = openslo_import.read(documents).remarks

    assert all(one.endswith("an alert policy is no burn of part of its budget; state slos.burns") for one in remarks)
    assert remarks
