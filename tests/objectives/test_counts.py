"""Counts add up, whoever counted them."""

import pytest

from prodverify.objectives.counts import NOTHING, Counts


def test_counts_of_two_workers_are_the_counts_of_one():
    assert Counts(700, 5) == Counts(300, 2) + Counts(400, 3) + NOTHING
    assert (Counts(400, 5).good, Counts(400, 5).good_percent) == (395, 98.75)


@pytest.mark.parametrize(("total", "bad"), [(1, 2), (-1, 0), (5, -1)])
def test_more_bad_than_asked_is_refused(total, bad):
    with pytest.raises(ValueError, match="0 <= bad <= total"):
        Counts(total, bad)
