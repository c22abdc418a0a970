"""Counts of several workers add up to those of one, whatever way they travel."""

import json
import random

import pytest

from load.counts import Book, Histogram, merged
from prodverify.objectives.counts import Counts


def book():
    return Book({"list": (50.0, 200.0)}, lag_limit_ms=5.0)


def test_what_workers_counted_is_what_one_would_have_counted():
    seeded = random.Random(4)
    alone, parts = book(), [book(), book(), book()]
    for number in range(3_000):
        due, kind = seeded.lognormvariate(3.5, 1.0), seeded.random()
        for counting in (alone, parts[number % 3]):
            counting.took_up(due / 10)
            tally = counting.tally("list")
            if kind < 0.05:
                tally.error("status 500")
            elif kind < 0.1:
                tally.refused()
            else:
                tally.good(due, due / 2)
    travelled = [json.loads(json.dumps(part.as_dict())) for part in parts]
    together = merged(book(), travelled)
    assert together == alone


def test_late_answers_and_errors_are_bad_and_refusals_are_neither():
    tally = book().tally("list")
    for elapsed in (10.0, 50.0, 50.01, 300.0):
        tally.good(elapsed, elapsed)
    tally.error("status 500")
    tally.refused()
    assert tally.latency(50.0) == Counts(5, 3)
    assert tally.latency(200.0) == Counts(5, 2)
    assert tally.success() == Counts(5, 1)
    assert tally.asked == 6


def test_shown_percentiles_are_never_below_the_true_one_and_at_most_a_hundredth_above():
    values = [float(value) for value in range(1, 1_001)]
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    for percent in (50, 95, 99):
        true = values[percent * 10 - 1]
        assert true <= histogram.percentile(percent) <= true * 1.01
    assert Histogram().percentile(99.0) is None


def test_lag_beyond_the_limit_is_counted_exactly():
    counting = book()
    for lag in (0.1, 5.0, 5.1, 80.0):
        counting.took_up(lag)
    assert (counting.sent, counting.lagged) == (4, 2)
    assert counting.lag.percentile(50.0) == pytest.approx(5.0, rel=0.01)
