"""The confidence sequence holds at every look: computed for every path of events, not simulated."""

import math

import pytest

from prodverify.objectives import sequence
from prodverify.objectives.counts import NOTHING, Counts, Effective


def passes(counts):
    return sequence.shows_at_most(counts, 0.01, 0.95)


def fails(counts):
    return sequence.shows_more(counts, 0.01, 0.95)


@pytest.mark.parametrize("bad_share", [0.01, 0.0101, 0.012, 0.009])
def test_whatever_the_number_of_looks_wrong_verdicts_stay_under_the_stated_error(look_each, bad_share):
    outcome = look_each(passes, fails, bad_share=bad_share, most=4_000)
    assert (outcome.failed if bad_share <= 0.01 else outcome.passed) < 0.05


def test_exactly_at_the_objective_nearly_nothing_is_decided(look_each):
    outcome = look_each(passes, fails, bad_share=0.01, most=4_000)
    assert max(outcome.passed, outcome.failed) < 0.05
    assert 1.0 - outcome.passed - outcome.failed > 0.92


@pytest.mark.parametrize(
    ("bad_share", "passed", "at_most"), [(0.002, 0.999, 800), (0.005, 0.98, 3_000), (0.05, 0.0, 270)]
)
def test_a_service_away_from_its_objective_is_decided_soon(look_each, bad_share, passed, at_most):
    outcome = look_each(passes, fails, bad_share=bad_share, most=8_000)
    assert outcome.passed >= passed
    assert outcome.failed > 0.999 or passed
    assert outcome.mean_events <= at_most


@pytest.mark.parametrize(("share", "fewest"), [(0.05, 68), (0.01, 342), (0.001, 3_435)])
def test_the_fewest_events_that_can_pass(share, fewest):
    assert sequence.shows_at_most(Counts(fewest, 0), share, 0.95)
    assert not sequence.shows_at_most(Counts(fewest - 1, 0), share, 0.95)


@pytest.mark.parametrize("below", [True, False])
def test_the_evidence_is_worth_one_on_average_where_the_share_is_the_stated_one(below):
    total, share = 60, 0.05
    mean = math.fsum(
        math.comb(total, bad)
        * share**bad
        * (1 - share) ** (total - bad)
        * math.exp(sequence._evidence(Counts(total, bad), share, below=below))
        for bad in range(total + 1)
    )
    assert pytest.approx(1.0, abs=1e-9) == mean


def test_the_bounds_are_the_shares_that_it_would_just_decide():
    counts = Counts(2_000, 12)
    low, high = sequence.lower(counts, 0.95), sequence.upper(counts, 0.95)
    assert low < counts.bad_share < high
    assert sequence.shows_at_most(counts, high * 1.000001, 0.95)
    assert not sequence.shows_at_most(counts, high * 0.999999, 0.95)
    assert sequence.shows_more(counts, low * 0.999999, 0.95)
    assert not sequence.shows_more(counts, low * 1.000001, 0.95)


@pytest.mark.parametrize("events", [NOTHING, Counts(1, 0), Counts(1, 1), Counts(5, 5), Effective(0.4, 0.1)])
def test_with_next_to_nothing_seen_the_bounds_are_wide_and_in_order(events):
    low, high = sequence.lower(events, 0.95), sequence.upper(events, 0.95)
    assert 0.0 <= low <= events.bad_share <= high <= 1.0
    assert not sequence.shows_at_most(events, 0.01, 0.95)


def test_bad_events_in_a_stretch_of_ten_are_worth_a_tenth_each():
    assert sequence.shows_at_most(Counts(3_420, 0).worth(10.0), 0.01, 0.95)
    assert not sequence.shows_at_most(Counts(3_410, 0).worth(10.0), 0.01, 0.95)
    assert Counts(400, 3).worth(1.0) == Counts(400, 3)


def test_ten_million_events_are_told():
    counts = Counts(10_000_000, 100_000)
    assert sequence.lower(counts, 0.95) < 0.01 < sequence.upper(counts, 0.95)
    assert sequence.upper(counts, 0.95) - sequence.lower(counts, 0.95) < 0.0003


def test_a_confidence_is_a_share():
    with pytest.raises(ValueError, match="confidence between 0 and 1"):
        sequence.shows_at_most(Counts(500, 0), 0.01, 95.0)
