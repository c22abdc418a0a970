"""The routing example: amtool takes it, each severity reaches its receiver, and no secret stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodverify.monitoring import routing
from prodverify.monitoring.yaml_text import read
from tests.monitoring.files import odd, promised, relay, run

SEVERITIES = ("page", "critical", "warning", "info")
FULL = promised('version = 1\nname = "ours"\n[monitoring]\nslack_channel = "#ours"\nteam = "us"\n')


@pytest.mark.parametrize("promises", [relay(), odd(), FULL], ids=lambda promises: promises.name)
def test_amtool_finds_nothing_wrong(promises, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yaml").write_text(routing.text(promises))

    told = run(tmp_path, "amtool", "check-config", "alertmanager.yaml")

    assert 0 == told.returncode, told.stdout + told.stderr


@pytest.mark.parametrize("severity", SEVERITIES)
def test_each_severity_reaches_its_receiver(severity: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(routing.text(relay()))
    labels = (f"severity={severity}", "target=local", "alertname=ActionsErrorRateHigh", "slo=light-errors")

    receiver = f"--verify.receivers=local-{severity}"
    told = run(tmp_path, "amtool", "config", "routes", "test", "--config.file=a.yaml", receiver, *labels)

    assert 0 == told.returncode, told.stdout + told.stderr


def test_only_a_page_wakes_somebody() -> None:
    (configuration,) = read(routing.text(FULL))

    receivers = {one["name"]: one for one in configuration["receivers"]}
    assert {"ours-page"} == {name for name, one in receivers.items() if "pagerduty_configs" in one}
    assert {"#ours"} == {slack["channel"] for one in receivers.values() for slack in one["slack_configs"]}


def test_secrets_are_named_by_their_files() -> None:
    (configuration,) = read(routing.text(relay()))

    for receiver in configuration["receivers"]:
        for slack in receiver["slack_configs"]:
            assert "api_url" not in slack
            assert slack["api_url_file"].startswith("/etc/alertmanager/secrets/")
        for pager in receiver.get("pagerduty_configs", ()):
            assert not {"routing_key", "service_key"} & pager.keys()


def test_a_service_that_is_down_silences_what_follows_from_it() -> None:
    (configuration,) = read(routing.text(relay()))
    down, burning = configuration["inhibit_rules"]

    assert ['target="local"', 'alertname="ServiceDown"'] == down["source_matchers"]
    assert ['slo=~".+"'] == down["target_matchers"]
    assert ["target", "slo"] == burning["equal"]
