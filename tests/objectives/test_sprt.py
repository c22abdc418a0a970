"""The probability ratio test holds outside its zone at every look, and says something soon within it."""

import pytest

from prodverify.objectives.counts import Counts
from prodverify.objectives.sprt import Zone

ZONE = Zone(passing=0.008, failing=0.015)


def outcome_at(look_each, bad_share):
    return look_each(
        lambda counts: ZONE.passes(counts, 0.95),
        lambda counts: ZONE.fails(counts, 0.95),
        bad_share=bad_share,
        most=9_000,
    )


@pytest.mark.parametrize(("bad_share", "mean"), [(0.004, 800), (0.008, 1_500), (0.015, 1_300), (0.05, 140)])
def test_outside_the_zone_wrong_verdicts_stay_under_the_stated_error(look_each, bad_share, mean):
    outcome = outcome_at(look_each, bad_share)
    assert (outcome.failed if bad_share <= ZONE.passing else outcome.passed) <= 0.05
    assert outcome.passed + outcome.failed > 0.99
    assert outcome.mean_events < mean


def test_within_the_zone_it_says_one_or_the_other(look_each):
    outcome = outcome_at(look_each, 0.01)
    assert outcome.passed + outcome.failed > 0.99
    assert outcome.passed > 0.05 < outcome.failed


def test_the_boundaries_are_those_of_the_likelihood_ratio():
    # log 20 = 2.9957 against log(15 / 8) = 0.6286 a bad event and log(0.985 / 0.992) = -0.007081 a good one.
    assert (ZONE.fails(Counts(5, 5), 0.95), ZONE.fails(Counts(4, 4), 0.95)) == (True, False)
    assert (ZONE.passes(Counts(424, 0), 0.95), ZONE.passes(Counts(423, 0), 0.95)) == (True, False)


@pytest.mark.parametrize(("passing", "failing"), [(0.015, 0.008), (0.01, 0.01), (0.0, 0.01), (0.5, 1.0)])
def test_a_zone_has_two_ends_in_order(passing, failing):
    with pytest.raises(ValueError, match="0 < passing < failing < 1"):
        Zone(passing=passing, failing=failing)
