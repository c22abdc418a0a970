"""What is odd about objectives is said with what to do, and what is right is not spoken of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from prodverify.canary.window import Pair, Window
from prodverify.judges import error_budget
from prodverify.monitoring import lint
from prodverify.target.model import Promises
from tests.monitoring.files import relay, slo


def told(*slos, **monitoring: object) -> list[str]:
    said = {"version": 1, "name": "ours", "slos": slos, "monitoring": monitoring or None}
    return [f"{remark.rule}: {remark.text}" for remark in lint.remarks(Promises.model_validate(said, strict=False))]


def test_nothing_is_odd_about_relay() -> None:
    assert () == lint.remarks(relay())


def test_an_alert_that_can_never_fire_is_said_with_what_can_be_spent() -> None:
    (remark,) = told(slo(objective_percent=90.0))

    assert remark.startswith(
        "alert-never-fires: the alert for 2 % of the budget within 1h can never fire: it would need 144 % bad events; "
        "within 1h at most 1.39 % of the budget can be spent."
    )


@pytest.mark.parametrize(("percent", "rules"), [(7.2, []), (7.3, ["alert-never-fires"])])
def test_the_boundary_is_the_whole_of_all_events(percent: float, rules: list[str]) -> None:
    # 7.2 % of a budget of 19 % within an hour of 30 days is 51.84 x 0.019 = 0.985 of all events; 7.3 % is 0.9986.
    burn = {"budget_percent": percent, "long_seconds": 3600, "short_seconds": 300}
    said = told(slo(objective_percent=98.074, burns=[burn]))
    assert rules == [remark.partition(":")[0] for remark in said]


@pytest.mark.parametrize(("percent", "rules"), [(10.0, []), (9.9, ["alert-within-budget"])])
def test_an_alert_that_fires_while_the_objective_is_met_is_said(percent: float, rules: list[str]) -> None:
    burn = {"budget_percent": percent, "long_seconds": 259200, "short_seconds": 21600}
    assert rules == [remark.partition(":")[0] for remark in told(slo(burns=[burn]))]


@pytest.mark.parametrize(("events", "rules"), [(100, []), (99, ["min-events-few"])])
def test_one_bad_event_must_not_fire_an_alert(events: int, rules: list[str]) -> None:
    said = told(slo(min_events=events))
    assert rules == [remark.partition(":")[0] for remark in said]
    assert all(remark.endswith("say min_events = 100 or more") for remark in said)


def test_an_objective_without_metrics_is_said_where_metrics_are_spoken_of() -> None:
    (remark,) = told(slo(metrics=None), job="ours")

    assert remark.startswith("slo-unmeasured: Prometheus cannot tell of it: the target has no slos.metrics;")
    assert [] == told(slo(metrics=None))


def test_every_threshold_that_is_counted_at_is_named() -> None:
    said = slo(agreement_threshold_ms=200.0, alerts=[{"threshold_ms": 75.0}, {"threshold_ms": 200.0, "name": "Same"}])

    assert {
        "threshold_ms": Decimal("0.05"),
        "agreement_threshold_ms": Decimal("0.2"),
        "threshold_ms of alert FastLatencyHigh": Decimal("0.075"),
    } == lint.thresholds(said)
    assert {} == lint.thresholds(slo(kind="success", threshold_ms=None))


@pytest.mark.parametrize(
    ("per_second", "windows"),
    [(1.0, []), (0.99, ["5m"]), (300 / 3600, ["5m"]), (0.08, ["5m", "1h"]), (0.0001, ["5m", "1h", "6h", "1d", "3d"])],
)
def test_alerts_that_wait_for_more_than_comes_are_said(per_second: float, windows: list[str]) -> None:
    said = lint.of_traffic(slo(), per_second, 300)

    assert {"min-events-unreachable"} >= {remark.rule for remark in said}
    assert windows == [remark.text.split()[1] for remark in said]


def test_it_says_which_window_would_do() -> None:
    (remark,) = lint.of_traffic(slo(), 0.5, 300)
    assert remark.text.endswith("say fewer, or windows of 600 seconds")
    assert '[[slos]] "fast": within 5m there usually are 150 events' in str(remark)


def test_no_traffic_at_all_is_said_once() -> None:
    assert ["window-no-traffic"] == [remark.rule for remark in lint.of_traffic(slo(), 0.0, 300)]


def test_alerts_of_the_target_s_own_breach_seconds_are_said() -> None:
    assert ["1m"] == [remark.text.split()[1] for remark in lint.of_traffic(slo(min_events=60), 0.9, 60)]
    assert () == lint.of_traffic(slo(min_events=60), 0.9, 300)


def test_only_alerts_that_are_written_are_said_and_all_of_them() -> None:
    errors = slo(kind="success", threshold_ms=None, objective_percent=90.0)

    # HighErrorStreak waits for min_events, too; the fast page of 90 % can never fire, and is said elsewhere.
    assert ["3m", "5m"] == [remark.text.split()[1] for remark in lint.of_traffic(errors, 0.1, 300)][:2]
    assert "1h" not in [remark.text.split()[1] for remark in lint.of_traffic(errors, 0.0001, 300)]


@pytest.mark.parametrize(
    ("began", "per_second", "silent"),
    [(False, 0.9, ["5m"]), (True, 0.9, []), (False, None, []), (False, 0.0, ["asks"])],
)
def test_alerts_that_stay_silent_at_the_usual_traffic_are_told_of(
    began: bool, per_second: float | None, silent: list[str]
) -> None:
    month = 30 * 86_400
    total = None if per_second is None else month * per_second
    seen = Window(
        slo="fast", query="q", bad_query="b", seconds=month, ends_at=1e9, whole=Pair(total, 0.0), agreed=None,
        blocks=None, births=Pair(), series=1, labelled=1, began=began, resets=0, burns={},
    )  # fmt: skip

    assert silent == [text.split()[1] for text in error_budget.silent_alerts(seen, slo(), 300)]
