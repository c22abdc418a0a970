"""What tells whether two samples differ at all agrees with published numbers."""

import math

import pytest

from prodverify.objectives.contrast import fisher, mann_whitney
from prodverify.objectives.counts import NOTHING, Counts


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [
        # Fisher's own lady tasting tea, a textbook's 1 of 10 against 11 of 14, and all six on one side by counting.
        (Counts(4, 3), Counts(4, 1), 0.485714),
        (Counts(10, 1), Counts(14, 11), 0.002759),
        (Counts(300, 0), Counts(300, 0), 1.0),
        (Counts(300, 6), Counts(300, 0), 2 * math.comb(300, 6) / math.comb(600, 6)),
        (NOTHING, Counts(5, 2), 1.0),
    ],
)
def test_fishers_test_is_that_of_the_books(first, second, chance):
    assert pytest.approx(chance, abs=2e-6) == fisher(first, second)
    assert pytest.approx(fisher(second, first)) == fisher(first, second)


def test_ranks_tell_how_often_one_is_slower():
    # U = 3 of 20, spread sqrt(4 * 5 * 10 / 12) = 4.0825, z = 6.5 / 4.0825 = 1.5922, two-sided 0.1113.
    share, chance = mann_whitney([1.1, 2.2, 3.3, 4.4], [2.5, 3.5, 4.5, 5.5, 6.5])
    assert share == 3 / 20
    assert pytest.approx(0.1113, abs=2e-4) == chance


def test_ties_count_half_and_widen():
    assert mann_whitney([1.0, 1.0], [1.0, 1.0, 1.0]) == (0.5, 1.0)
    share, _ = mann_whitney([1.0, 2.0], [1.0, 3.0])
    assert share == 0.375


@pytest.mark.parametrize(("first", "second"), [([], [1.0]), ([1.0], []), ([], [])])
def test_an_empty_sample_tells_nothing(first, second):
    assert mann_whitney(first, second) == (0.5, 1.0)
