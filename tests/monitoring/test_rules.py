"""The rules that objectives become: promtool takes them, each alert fires when it should, and only then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prodverify.monitoring import rule_tests, rules
from prodverify.monitoring.rule import Alert
from prodverify.monitoring.yaml_text import read
from tests.monitoring.files import ODD, odd, promised, relay, run, slo

SMALL = promised(
    'version = 1\nname = "small"\n[[slos]]\nname = "only"\nkind = "success"\nobjective_percent = 99.0\n'
    "burns = [{ budget_percent = 2.0, long_seconds = 3600, short_seconds = 300 }, "
    '{ budget_percent = 10.0, long_seconds = 86400, short_seconds = 7200, severity = "warning" }]\n'
    '[slos.metrics]\nrequests = "asked_total"\n'
)
O6 = {
    *("LightEndpointLatencyHigh", "WebhookExecuteLatencyHigh", "ActionsErrorRateHigh", "HighErrorStreak"),
    *("RateLimitBreaches", "ServiceDown", "DatabaseConnectionPoolExhausted", "RedisDown"),
}


def alerts_of(promises) -> list[Alert]:
    return [alert for group in rules.rule_groups(promises) for alert in group.alerts]


def written(promises, folder: Path) -> list[str]:
    """The rules and their tests in ``folder``; the names of the tests."""
    (folder / "rules.yaml").write_text(rules.text(promises))
    tests = rule_tests.texts(rules.rule_groups(promises), "rules.yaml")
    for name, text in tests.items():
        (folder / name).write_text(text)
    return list(tests)


def test_relay_s_alerts_are_those_of_the_specification() -> None:
    assert set() == O6 - {alert.alert for alert in alerts_of(relay())}


@pytest.mark.parametrize("promises", [relay(), odd(), SMALL], ids=lambda promises: promises.name)
def test_promtool_finds_nothing_wrong(promises, tmp_path: Path) -> None:
    written(promises, tmp_path)

    told = run(tmp_path, "promtool", "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")

    assert 0 == told.returncode, told.stdout + told.stderr


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    told = run(tmp_path, "promtool", "test", "rules", *written(SMALL, tmp_path))

    assert 0 == told.returncode, told.stdout + told.stderr


def test_a_burn_of_days_with_a_short_window_of_seconds_fires_when_it_should(tmp_path: Path) -> None:
    burn = "burns = [{ budget_percent = 50.0, long_seconds = 604800, short_seconds = 100 }]\nalerts = []\n"
    quick = promised(
        f'version = 1\nname = "x"\n[[slos]]\nname = "a"\nobjective_percent = 99.9\nkind = "success"\n{burn}'
        '[slos.metrics]\nrequests = "asked_total"\n'
    )
    written(quick, tmp_path)

    told = run(tmp_path, "promtool", "test", "rules", "rules-25s.test.yaml")

    assert 0 == told.returncode, told.stdout + told.stderr


@pytest.mark.proof
@pytest.mark.parametrize("promises", [relay(), odd()], ids=lambda promises: promises.name)
def test_each_alert_of_each_target_fires_when_it_should_and_only_then(promises, tmp_path: Path) -> None:
    told = run(tmp_path, "promtool", "test", "rules", *written(promises, tmp_path))

    assert 0 == told.returncode, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("} > 0.144", "} > 0.2"),
        ('status=~"5.."', 'status=~"4.."'),
        ("for: 5m", "for: 4m"),
        (" or 0 * sum(increase(asked_total[5m]))", ""),
        pytest.param("for: 5m", "for: 10m", marks=pytest.mark.proof),
        pytest.param("for: 30m", "for: 29m", marks=pytest.mark.proof),
        pytest.param("} > 0.144", "} > 0.1", marks=pytest.mark.proof),
        pytest.param(">= 300", ">= 0", marks=pytest.mark.proof),
        pytest.param("and slo:bad_share:ratio5m", "and slo:bad_share:ratio1h", marks=pytest.mark.proof),
    ],
)
def test_the_tests_beside_the_rules_notice_a_wrong_rule(right: str, wrong: str, tmp_path: Path) -> None:
    written(SMALL, tmp_path)
    file = tmp_path / "rules.yaml"
    assert right in file.read_text()
    file.write_text(file.read_text().replace(right, wrong))

    told = run(tmp_path, "promtool", "test", "rules", "rules-1m.test.yaml")

    assert 0 != told.returncode


@pytest.mark.parametrize("spelt", ["", 'le="1"', 'le="1.0"'], ids=["both", "prometheus-2", "prometheus-3"])
def test_a_rule_for_one_spelling_of_an_edge_is_noticed(spelt: str, tmp_path: Path) -> None:
    second = slo(name="second", threshold_ms=1000.0, burns=[], metrics={"durations": "d"})
    (test,) = (name for name in written(SMALL.model_copy(update={"slos": (second,)}), tmp_path) if "-1m." in name)
    text = (tmp_path / "rules.yaml").read_text()
    if spelt:
        (tmp_path / "rules.yaml").write_text(re.sub(r'le=~"1[^"]*"', spelt, text))

    told = run(tmp_path, "promtool", "test", "rules", test)

    assert bool(spelt) == (told.returncode != 0), told.stdout + told.stderr


@pytest.mark.parametrize("promises", [relay(), odd(), SMALL], ids=lambda promises: promises.name)
def test_each_alert_is_tried_both_ways(promises) -> None:
    assert {(True, False)} == {
        tuple(sorted({trial.fires for trial in alert.trials}, reverse=True)) for alert in alerts_of(promises)
    }


@pytest.mark.parametrize("promises", [relay(), odd()], ids=lambda promises: promises.name)
def test_each_alert_says_what_is_wrong_and_what_to_do(promises) -> None:
    for alert in alerts_of(promises):
        assert {"summary", "description", "action", "slos"} <= alert.annotations.keys()
        assert alert.labels["severity"] in ("info", "warning", "critical", "page")
        assert promises.name == alert.labels["target"]


def test_runbooks_team_and_labels_of_the_target_stand_in_each_alert() -> None:
    for alert in alerts_of(odd()):
        assert f"https://runbooks.example/odd/{alert.alert}.md" == alert.annotations["runbook_url"]
        assert ("night_watch", 'x {{ "{{" }} y') == (alert.labels["team"], alert.labels["area"])


def test_the_hash_stands_in_each_alert_and_in_a_series_of_each_objective() -> None:
    groups = rules.groups(relay())

    told = {rule["annotations"]["slos"] for group in groups for rule in group["rules"] if "alert" in rule}
    info = {rule["labels"]["slos"] for group in groups for rule in group["rules"] if rule.get("record") == "slo:info"}
    assert told == info
    assert 1 == len(told)
    assert f"# Hash of its objectives: {told.pop()}\n" in rules.text(relay())


def test_another_hash_does_not_end_the_history_of_a_series() -> None:
    for group in rules.groups(relay()):
        for rule in group["rules"]:
            assert "slos" not in rule["labels"] or rule["record"] == "slo:info"


def test_an_alert_that_can_never_fire_is_not_written() -> None:
    loose = promised(ODD.replace("objective_percent = 99.99", "objective_percent = 90.0").replace("99.5", "80.0"))

    burnt = [alert.labels["window"] for alert in alerts_of(loose) if alert.alert == "FourNinesBudgetBurn"]
    assert ["6h", "1d", "3d"] == burnt


def test_the_agreement_has_an_alert_of_its_own_that_wakes_somebody() -> None:
    broken = {alert.alert: alert for alert in alerts_of(odd()) if alert.alert.endswith("AgreementBroken")}

    assert {"FourNinesErrorRateAgreementBroken", "NinetyLatencyAgreementBroken"} == broken.keys()
    assert {"page"} == {alert.labels["severity"] for alert in broken.values()}
    assert "> 0.005" in broken["FourNinesErrorRateAgreementBroken"].expr
    assert "1000" in broken["NinetyLatencyAgreementBroken"].expr


def test_what_is_left_out_is_said_with_the_missing_word() -> None:
    assert 'objective "unmeasured" has no rules: the target has no slos.metrics' in rules.remarks(odd())
    assert "ServiceDown is not among the rules: the target has no job of [monitoring]" in rules.remarks(SMALL)
    assert "# RedisDown is not among the rules" in rules.text(SMALL)


def test_nothing_to_tell_of_is_no_rule() -> None:
    assert [] == rules.groups(promised('version = 1\nname = "none"\n'))


def test_windows_of_more_than_a_day_are_summed_from_one_series() -> None:
    summed = [
        rule["expr"]
        for group in rules.groups(relay())
        for rule in group["rules"]
        if re.fullmatch(r"slo:(bad_)?events:increase(3d|1w|30d)", rule.get("record", ""))
    ]
    assert 12 == len(summed)
    assert all(expression.startswith("sum_over_time(slo:") for expression in summed)


def test_groups_have_names_of_their_own_and_addresses_may_have_braces(tmp_path: Path) -> None:
    only = SMALL.slos[0]
    slos = [only.model_copy(update={"name": name}) for name in ("service", "a", "a-long")]
    said = '[monitoring]\njob = "j"\nrunbooks = "https://x/{{y"\n'
    promises = promised(f'version = 1\nname = "names"\n{said}').model_copy(update={"slos": tuple(slos)})
    (tmp_path / "rules.yaml").write_text(rules.text(promises))

    told = run(tmp_path, "promtool", "check", "rules", "rules.yaml")

    assert 0 == told.returncode, told.stdout + told.stderr


def test_no_group_misses_its_shortest_window() -> None:
    assert {"seconds_only": "1s", "ninety": "2s", "four-nines": "2s"} == {
        group["name"].removeprefix("prodverify-odd-"): group["interval"]
        for group in rules.groups(odd())
        if not group["name"].endswith((".long", ".service"))
    }


def test_the_file_is_yaml_with_groups_alone() -> None:
    (document,) = read(rules.text(odd()))
    assert ["groups"] == list(document)
