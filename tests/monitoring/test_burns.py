"""Burn rates, the limits that follow from them, and the hash of objectives."""

from __future__ import annotations

import pytest

from prodverify.objectives.burn import budget, burns, limit, rate
from prodverify.objectives.fingerprint import slos_hash
from prodverify.target.slos import Slo
from tests.monitoring.files import slo


def test_the_workbook_s_numbers_come_out_for_thirty_days() -> None:
    # The Site Reliability Workbook, table 5-8.
    assert [(2.0, 14.4), (5.0, 6.0), (10.0, 3.0), (10.0, 1.0)] == [
        (burn.budget_percent, rate(burn, slo())) for burn in burns(slo())
    ]


def test_other_windows_keep_the_burn_rates() -> None:
    weekly = slo(window_days=7)

    assert [14.4, 6.0, 3.0, 1.0] == [rate(burn, weekly) for burn in burns(weekly)]
    assert [0.144, 0.06, 0.03, 0.01] == [limit(burn, weekly) for burn in burns(weekly)]


def test_an_alert_that_needs_more_than_the_budget_is_left_out() -> None:
    assert [3600] == [burn.long_seconds for burn in burns(slo(window_days=1))]


def test_burns_that_are_stated_are_taken_as_they_are() -> None:
    stated = slo(burns=[{"budget_percent": 50, "long_seconds": 86400, "short_seconds": 60}], window_days=10)

    assert [5.0] == [rate(burn, stated) for burn in burns(stated)]
    assert () == burns(slo(burns=[]))


def test_the_budget_is_what_the_objective_leaves() -> None:
    assert [0.01, 0.0001, 0.1] == [budget(slo(objective_percent=percent)) for percent in (99.0, 99.99, 90.0)]


def test_the_hash_is_that_of_what_is_promised() -> None:
    one, other = slo(), slo(name="other")
    whole = slos_hash([one, other])

    assert 12 == len(whole)
    assert whole == slos_hash([other, one])
    assert whole == slos_hash([slo(sample=300, max_sample=900, role="admin", profiles=["soak"]), other])


@pytest.mark.parametrize(
    "said",
    [
        {"threshold_ms": 51.0},
        {"objective_percent": 98.9},
        {"window_days": 7},
        {"min_events": 301},
        {"metrics": None},
        {"burns": []},
        {"alerts": [{"severity": "page"}]},
    ],
)
def test_every_other_promise_has_another_hash(said: dict[str, object]) -> None:
    assert slos_hash([slo()]) != slos_hash([slo(**said)])


def test_one_hash_means_one_thing_for_ever() -> None:
    # Rules in production carry it: a change of what it is made of would make all of them look stale.
    assert "a0460b6674d5" == slos_hash([Slo(name="a", threshold_ms=50.0, objective_percent=99.0)])
