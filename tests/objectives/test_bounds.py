"""Bounds are exact: they agree with published numbers, with the binomial sum itself, and with each other."""

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.objectives import bounds
from prodverify.objectives.counts import NOTHING, Counts


def binomial_at_most(total, bad, share):
    return math.fsum(math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(bad + 1))


def test_published_intervals_are_reproduced():
    # Clopper-Pearson two-sided 95 % interval of 10 in 100, as R's binom.test(10, 100) prints it.
    assert pytest.approx(0.04900469, abs=1e-8) == bounds.lower(Counts(100, 10), 0.975)
    assert pytest.approx(0.17622260, abs=1e-8) == bounds.upper(Counts(100, 10), 0.975)


@pytest.mark.parametrize(("total", "bad", "share"), [(10, 0, 0.3), (10, 9, 0.3), (60, 3, 0.01), (200, 120, 0.55)])
def test_the_tail_is_the_binomial_sum(total, bad, share):
    assert pytest.approx(binomial_at_most(total, bad, share), rel=1e-10) == bounds.at_most(Counts(total, bad), share)


@pytest.mark.parametrize(("total", "bad", "share"), [(10, 4, 0.3), (500, 7, 0.01), (10_000_000, 100_300, 0.01)])
def test_both_tails_meet(total, bad, share):
    below, above = Counts(total, bad - 1), Counts(total, bad)
    assert pytest.approx(1.0, abs=1e-7) == bounds.at_most(below, share) + bounds.at_least(above, share)


def test_without_events_nothing_is_known():
    assert (bounds.lower(NOTHING, 0.95), bounds.upper(NOTHING, 0.95)) == (0.0, 1.0)


def test_all_good_and_all_bad_mirror_each_other():
    assert pytest.approx(1.0) == bounds.upper(Counts(300, 0), 0.95) + bounds.lower(Counts(300, 300), 0.95)


def test_ten_million_events_take_no_time():
    started = time.perf_counter()
    for bad in (1, 1_000, 100_000, 5_000_000, 9_999_999):
        counts = Counts(10_000_000, bad)
        assert bounds.lower(counts, 0.95) < counts.bad_share < bounds.upper(counts, 0.95)
    assert time.perf_counter() - started < 2.0


def test_a_confidence_is_a_share():
    with pytest.raises(ValueError, match="confidence between 0 and 1"):
        bounds.upper(Counts(10, 1), 95.0)


EVENTS = st.integers(1, 50_000).flatmap(lambda total: st.tuples(st.just(total), st.integers(0, total)))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(EVENTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_bounds_solve_their_definition(events, confidence):
    counts = Counts(*events)
    if counts.bad < counts.total:
        assert pytest.approx(1 - confidence, rel=1e-5) == bounds.at_most(counts, bounds.upper(counts, confidence))
    if counts.bad:
        assert pytest.approx(1 - confidence, rel=1e-5) == bounds.at_least(counts, bounds.lower(counts, confidence))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(EVENTS)
def test_one_more_bad_event_moves_both_bounds_up_and_one_more_good_event_down(events):
    counts = Counts(*events)
    worse, better = counts + Counts(1, 1), counts + Counts(1, 0)
    assert bounds.upper(better, 0.95) <= bounds.upper(counts, 0.95) <= bounds.upper(worse, 0.95)
    assert bounds.lower(better, 0.95) <= bounds.lower(counts, 0.95) <= bounds.lower(worse, 0.95)
