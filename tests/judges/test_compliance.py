"""What is left of an error budget, and its colour, at each boundary."""

from __future__ import annotations

import pytest

from prodverify.judges import compliance
from prodverify.objectives.counts import Counts
from prodverify.target.slos import Slo


@pytest.mark.parametrize(
    ("percent", "colour"),
    [
        (0.0, "green"),
        (49.9, "green"),
        (50.0, "yellow"),
        (79.9, "yellow"),
        (80.0, "red"),
        (99.9, "red"),
        (100.0, "exhausted"),
    ],
)
def test_a_budget_has_the_colour_of_what_is_spent(percent, colour):
    assert colour == compliance.colour(percent)


def test_a_million_requests_at_one_percent_may_fail_ten_thousand_times():
    slo = Slo(name="errors", kind="success", objective_percent=99.0)
    budget = compliance.budget_facts(slo, Counts(1_000_000, 2_500))
    assert (10_000, 2_500, 7_500, 25.0, "green") == (
        budget["allowed"],
        budget["spent"],
        budget["left"],
        round(budget["spent_percent"], 6),
        budget["colour"],
    )
