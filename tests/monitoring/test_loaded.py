"""Whether Prometheus has our rules, unchanged."""

from __future__ import annotations

import copy
import json
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest

from prodverify.monitoring import rules
from prodverify.monitoring.loaded import canonical, differences
from tests.monitoring.files import odd, relay

EXPECTED = rules.groups(relay())
HASH = EXPECTED[0]["rules"][0]["labels"]["slos"]


def as_told(groups):
    """``groups`` as /api/v1/rules tells them."""
    return [
        {
            "name": group["name"],
            "rules": [
                {
                    "name": rule.get("alert") or rule["record"],
                    "query": rule["expr"],
                    "labels": rule["labels"],
                    "annotations": rule.get("annotations", {}),
                    "duration": {"1m": 60, "3m": 180, "5m": 300, "10m": 600, "30m": 1800}.get(rule.get("for"), 0),
                }
                for rule in group["rules"]
            ],
        }
        for group in copy.deepcopy(groups)
    ]


def alert_of(told):
    return next(rule for rule in told[0]["rules"] if rule["name"] == "LightEndpointLatencyHigh")


def test_rules_as_they_were_written_differ_in_nothing() -> None:
    assert () == differences(EXPECTED, as_told(EXPECTED))


def test_a_group_that_is_not_there_is_said_once() -> None:
    assert ("group prodverify-local-light-endpoints is not loaded",) == differences(EXPECTED, as_told(EXPECTED)[1:])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Other"}, "is not loaded"),
        ({"query": "vector(1)"}, "has another expression"),
        ({"duration": 301}, "must hold for another time"),
        ({"annotations": {"slos": "0123456789ab"}}, f"is of objectives with hash 0123456789ab, not {HASH}"),
        ({"annotations": {}}, f"is of objectives with hash none, not {HASH}"),
    ],
)
def test_a_rule_that_is_otherwise_is_said(change: dict[str, object], said: str) -> None:
    told = as_told(EXPECTED)
    alert_of(told).update(change)

    rule = "rule LightEndpointLatencyHigh of group prodverify-local-light-endpoints"
    assert (f"{rule} {said}",) == differences(EXPECTED, told)


@pytest.mark.parametrize("last", [True, False])
def test_an_older_copy_in_another_file_is_said_whichever_comes_last(last: bool) -> None:
    older = as_told(EXPECTED)[:1]
    alert_of(older)["query"] = "vector(1)"
    told = as_told(EXPECTED)

    said = "rule LightEndpointLatencyHigh of group prodverify-local-light-endpoints has another expression"
    assert (said,) == differences(EXPECTED, [*told, *older] if last else [*older, *told])
    assert () == differences(EXPECTED, [*told, *told])


def test_a_group_of_an_objective_that_is_gone_is_said_and_another_targets_is_not() -> None:
    gone, theirs = as_told(EXPECTED)[0], as_told(EXPECTED)[0]
    gone["name"], theirs["name"] = "prodverify-local-gone", "prodverify-other-errors"
    for rule in theirs["rules"]:
        rule["labels"]["target"] = "other"

    said = ("group prodverify-local-gone is loaded, and is of no objective that is stated now",)
    assert said == differences(EXPECTED, [*as_told(EXPECTED), gone, theirs])


def test_other_words_in_a_sentence_change_nothing() -> None:
    told = as_told(EXPECTED)
    alert_of(told)["annotations"]["summary"] = "something else"

    assert () == differences(EXPECTED, told)


@pytest.mark.parametrize("odd_answer", [None, 7, {}, {"rules": 7}, {"name": [], "rules": [7, None, {"labels": 3}]}])
def test_nothing_that_is_told_makes_it_raise(odd_answer: object) -> None:
    assert len(EXPECTED) == len(differences(EXPECTED, [odd_answer]))


def test_numbers_and_spaces_are_told_apart_from_words() -> None:
    assert canonical("a  >  0.00001") == canonical("a > 1e-05")
    assert canonical('a{b="1 2"}') != canonical('a{b="12"}')
    assert canonical("sum by (a) (b)") == canonical("sum by(a) (b)")
    assert canonical("a5 > 1") != canonical("a6 > 1")


def test_a_real_prometheus_tells_them_as_they_are(tmp_path) -> None:
    if not shutil.which("prometheus"):
        pytest.skip("prometheus is not installed")
    for name, promises in (("relay", relay()), ("odd", odd())):
        (tmp_path / f"{name}.yaml").write_text(rules.text(promises))
    (tmp_path / "prometheus.yml").write_text("rule_files: ['*.yaml']\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    here = ("--storage.tsdb.path=data", f"--web.listen-address={address}")
    command = ("prometheus", "--config.file=prometheus.yml", *here)
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as prometheus:
        try:
            told = answered(f"http://{address}/api/v1/rules")
        finally:
            prometheus.terminate()

    assert () == differences([*EXPECTED, *rules.groups(odd())], told)


def answered(url: str):
    until = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if groups := json.load(answer)["data"]["groups"]:
                    return groups
        except OSError:
            pass
        assert time.monotonic() < until, "Prometheus did not load the rules"
        time.sleep(0.05)
