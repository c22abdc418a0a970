"""The dashboard: Grafana's own model takes it, Prometheus takes its queries, and each series was declared."""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path

import pytest

from prodverify.cli.dashboard import run as run_verb
from prodverify.monitoring import dashboard, panels
from prodverify.monitoring.yaml_text import MissingExtra, written
from tests.monitoring.files import odd, promised, relay, run, slo

BOARD = json.loads(dashboard.text(relay()))
NAMES = re.compile(r"(?<![\w:\"/.])([a-zA-Z_:][\w:]*)(?=[{\[)\s]|$)(?!\s*\()")
WORDS = {"by", "sum", "max", "le", "or", "and", "job", "instance", "path", "handler", "q"}
"""What stands in a query beside the names of series: operators, and labels to sum by."""
EACH = pytest.mark.parametrize("promises", [relay(), odd()], ids=lambda promises: promises.name)


def queries(promises) -> list[str]:
    return [query for row in panels.rows(promises) for panel in row.panels for query, _ in panel.queries]


def titles(row: str) -> list[str]:
    return [panel.title for one in panels.rows(relay()) if one.title == row for panel in one.panels]


def test_the_golden_signals_are_those_of_the_specification() -> None:
    assert [
        "Request rate by endpoint",
        "Error rate",
        "Latency of light-endpoints",
        "Latency of execution",
        "Refused by the rate limit in 24 hours",
        "Error budget left",
        "Availability in 30 days",
        "Requests in 24 hours",
    ] == titles("Golden signals")


def test_the_service_and_its_database_are_shown_too() -> None:
    assert {"Uptime", "Requests a second", "Bad events by objective", "Latency", "Memory"} <= set(
        titles("Production health")
    )
    assert {"Query latency", "Connection pool", "Disk"} <= set(titles("Database health"))


def test_it_is_refreshed_each_half_minute_and_shows_a_day() -> None:
    assert ("30s", {"from": "now-24h", "to": "now"}) == (BOARD["refresh"], BOARD["time"])
    assert ["now-24h", "now-7d", "now-30d"] == [one["from"] for one in BOARD["timepicker"]["quick_ranges"]]


def test_alerts_are_marked_on_it() -> None:
    (mark,) = BOARD["annotations"]["list"]
    assert 'ALERTS{alertstate="firing",target="local"}' == mark["expr"]


def test_the_budget_is_green_yellow_and_red_as_the_specification_says() -> None:
    (gauge,) = [panel for panel in BOARD["panels"] if panel["type"] == "gauge"]

    steps = gauge["fieldConfig"]["defaults"]["thresholds"]["steps"]
    # Spent below 50 % is green, 50 to 80 % yellow, more is red; drawn is what is left.
    assert [(None, "red"), (0.2, "yellow"), (0.5, "green")] == [(step["value"], step["color"]) for step in steps]


def test_limits_are_drawn() -> None:
    drawn = {
        panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]][1]
        for panel in BOARD["panels"]
        if panel.get("fieldConfig", {}).get("defaults", {}).get("custom", {}).get("thresholdsStyle")
    }
    assert {
        "Error rate": 0.01,
        "Latency of light-endpoints": 0.05,
        "Latency of execution": 1.2,
        "Bad events by objective": 0.01,
        "Connection pool": 0.9,
        "Disk": 0.9,
    }.items() <= drawn.items()


@EACH
def test_the_sdk_s_own_model_reads_what_was_written(promises) -> None:
    text = dashboard.text(promises)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from grafana_foundation_sdk.cog.encoder import JSONEncoder
        from grafana_foundation_sdk.models.dashboard import Dashboard

        again = JSONEncoder(sort_keys=True, indent=2).encode(Dashboard.from_json(json.loads(text))) + "\n"
    assert text == again


@EACH
def test_panels_have_ids_of_their_own_and_do_not_overlap(promises) -> None:
    board = json.loads(dashboard.text(promises))

    ids = [panel["id"] for panel in board["panels"]]
    assert sorted(set(ids)) == ids
    taken = [
        (x, y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < dashboard.COLUMNS


@EACH
def test_prometheus_takes_each_query(promises, tmp_path: Path) -> None:
    asked = [*queries(promises), panels.firing(promises.name)]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(asked)]
    (tmp_path / "rules.yaml").write_text(written({"groups": [{"name": "panels", "rules": rules}]}))

    told = run(tmp_path, "promtool", "check", "rules", "rules.yaml")

    assert 0 == told.returncode, told.stdout + told.stderr


@EACH
def test_each_series_was_declared_or_is_recorded(promises) -> None:
    declared = {"up"}
    for one in promises.slos:
        durations, requests = (one.metrics.durations, one.metrics.requests) if one.metrics else (None, None)
        declared |= {f"{durations}_bucket", f"{durations}_count", str(requests)}
    resources = promises.monitoring.resources
    declared |= {value for value in resources.model_dump().values() if isinstance(value, str)}
    declared.add(f"{resources.query_durations}_bucket")

    shown = {name for query in queries(promises) for name in NAMES.findall(re.sub(r'"(?:[^"\\]|\\.)*"', '""', query))}
    assert set() == {name for name in shown - declared - WORDS if not name.startswith("slo:")}


def test_each_query_of_a_panel_has_letters_of_its_own() -> None:
    many = odd().model_copy(update={"slos": tuple(slo(name=f"number-{number}") for number in range(30))})

    for panel in json.loads(dashboard.text(many))["panels"]:
        letters = [query["refId"] for query in panel.get("targets", ())]
        assert len(set(letters)) == len(letters)


def test_histograms_of_milliseconds_and_of_seconds_share_a_panel() -> None:
    (latency,) = [panel for row in panels.rows(odd()) for panel in row.panels if panel.title == "Latency"]

    told = {legend: query.endswith("[5m]))) / 1000") for query, legend in latency.queries}
    assert ("s", {"ninety p95": True, "seconds_only p95": False}) == (latency.unit, told)
    (own,) = [panel for row in panels.rows(odd()) for panel in row.panels if panel.title == "Latency of ninety"]
    assert ("s", 0.25) == (own.unit, own.steps[1][0])


def test_counters_without_labels_are_each_shown() -> None:
    other = slo(name="other", kind="success", threshold_ms=None, metrics={"requests": "sent_total"})
    both = odd().model_copy(update={"slos": (slo(metrics={"durations": "seconds"}), other)})

    (rates,) = [one for row in panels.rows(both) for one in row.panels if one.title == "Request rate by endpoint"]
    assert ["fast", "other"] == [legend for _, legend in rates.queries]


def test_what_it_is_known_by_is_short_enough_for_grafana() -> None:
    assert "prodverify-local" == dashboard.uid("local")
    long, other = dashboard.uid("a" * 60), dashboard.uid("a" * 59)
    assert 40 == len(long) == len(other)
    assert long != other


def test_the_hash_of_the_objectives_stands_in_it() -> None:
    (digits,) = {tag.removeprefix("slos-") for tag in BOARD["tags"] if tag.startswith("slos-")}
    assert BOARD["description"].endswith(digits)


def test_a_missing_extra_is_one_sentence(monkeypatch, capsys) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'need the extra "monitoring"'):
        dashboard.text(relay())

    import argparse

    assert 1 == run_verb(argparse.Namespace(target="local", out=None))
    assert 'dashboards need the extra "monitoring": pip install "prodverify[monitoring]"\n' == capsys.readouterr().err


def test_yaml_without_its_package_is_one_sentence(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtra, match=r'need the extra "monitoring"'):
        written({})


def test_nothing_declared_is_no_row() -> None:
    assert () == panels.rows(promised('version = 1\nname = "none"\n'))
