"""The bound on a difference of shares is exact: for every share, with nothing bad at all, and at every look."""

import math
import random

import pytest

from prodverify.objectives import paired
from prodverify.objectives.paired import Turns


@pytest.mark.parametrize(("margin", "fewest"), [(0.005, 695), (0.01, 347), (0.025, 138)])
def test_with_nothing_bad_it_needs_somewhat_more_than_an_exact_test_that_looks_once(margin, fewest):
    assert paired.shows_at_most(Turns(fewest, 0, 0), margin, 0.95)
    assert not paired.shows_at_most(Turns(fewest - 1, 0, 0), margin, 0.95)
    assert fewest < 1.17 * math.log(0.05) / math.log1p(-margin)


@pytest.mark.parametrize(("turns", "passes", "fails"), [((1_358, 1, 0), True, False), ((1_357, 1, 0), False, False)])
def test_one_worse_answer_asks_for_more_turns(turns, passes, fails):
    assert paired.shows_at_most(Turns(*turns), 0.005, 0.95) is passes
    assert paired.shows_more(Turns(*turns), 0.005, 0.95) is fails


def test_a_candidate_that_never_answers_is_soon_told():
    assert paired.shows_more(Turns(8, 8, 0), 0.005, 0.95)
    assert not paired.shows_more(Turns(7, 7, 0), 0.005, 0.95)


def test_what_spoils_both_answers_of_a_turn_says_nothing():
    assert paired.shows_at_most(Turns(695, 0, 0), 0.005, 0.95)
    # 300 turns in which both were bad are turns without a difference: Turns does not even know of them.
    assert Turns(695, 0, 0).difference == 0.0


def test_the_bounds_are_the_margins_that_it_would_just_decide():
    turns = Turns(1_000, 30, 4)
    low, high = paired.lower(turns, 0.95), paired.upper(turns, 0.95)
    assert low < turns.difference < high
    assert paired.shows_at_most(turns, high + 1e-9, 0.95)
    assert not paired.shows_at_most(turns, high - 1e-9, 0.95)
    assert paired.shows_more(turns, low - 1e-9, 0.95)
    assert not paired.shows_more(turns, low + 1e-9, 0.95)


@pytest.mark.parametrize("turns", [Turns(0, 0, 0), Turns(1, 1, 0), Turns(1, 0, 1), Turns(3, 3, 0), Turns(2, 1, 1)])
def test_with_next_to_nothing_seen_the_bounds_are_wide_and_in_order(turns):
    low, high = paired.lower(turns, 0.95), paired.upper(turns, 0.95)
    assert -1.0 <= low <= turns.difference <= high <= 1.0
    assert high - low > 0.5


def test_dependent_turns_tell_less():
    assert paired.shows_at_most(Turns(6_950, 0, 0), 0.005, 0.95, dispersion=10.0)
    assert not paired.shows_at_most(Turns(6_900, 0, 0), 0.005, 0.95, dispersion=10.0)


@pytest.mark.parametrize("decides", [paired.shows_at_most, paired.shows_more])
def test_capital_grows_by_nothing_on_average_where_the_difference_is_the_margin(decides):
    """The rule of the formula itself: every factor has the expectation 1 at the margin, whatever the bet."""
    margin, worse, better = 0.02, 0.05, 0.03
    for size in (0.1, 0.5, 0.99):
        if decides is paired.shows_at_most:
            gains = (-1.0, (1 + margin) / (1 - margin), margin / (1 - margin))
        else:
            gains = ((1 - margin) / (1 + margin), -1.0, -margin / (1 + margin))
        chances = (worse, better, 1.0 - worse - better)
        mean = sum(chance * (1.0 + size * gain) for chance, gain in zip(chances, gains, strict=True))
        assert pytest.approx(1.0) == mean


@pytest.mark.parametrize(
    ("candidate", "baseline", "wrong"), [(0.005, 0.0, "pass"), (0.055, 0.05, "pass"), (0.055, 0.05, "fail")]
)
def test_exactly_at_the_margin_neither_verdict_is_wrong_more_often_than_stated(candidate, baseline, wrong):
    """A candidate that is worse by the margin exactly: at any of all looks it passes, or fails, in 5 % of contests."""
    chance, rounds, ended = random.Random(8), 150, 0
    decides = paired.shows_at_most if wrong == "pass" else paired.shows_more
    for _ in range(rounds):
        worse = better = 0
        for total in range(1, 1_201):
            ours, theirs = chance.random() < candidate, chance.random() < baseline
            worse, better = worse + (ours and not theirs), better + (theirs and not ours)
            if total % 20 == 0 and decides(Turns(total, worse, better), 0.005, 0.95):
                ended += 1
                break
    assert ended / rounds <= 0.05 + 2.8 * math.sqrt(0.05 * 0.95 / rounds)


def test_a_confidence_is_a_share():
    with pytest.raises(ValueError, match="confidence between 0 and 1"):
        paired.upper(Turns(10, 0, 0), 95.0)
