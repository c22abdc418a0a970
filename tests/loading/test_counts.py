"""Counts of several workers add up to those of one, whatever way they travel and whatever is lost on it."""

import json
import random

import pytest

from load.counts import Book, Gathered, merged
from load.histogram import Histogram
from prodverify.objectives.counts import NOTHING, Counts


def book():
    return Book({"list": (50.0, 200.0), "execution": ()}, lag_limit_ms=5.0)


def travelled(values):
    return json.loads(json.dumps(values))


def happen(counting, seeded, second):
    """One arrival that is due in ``second``, the same for whoever counts it."""
    name = "execution" if seeded.random() < 0.2 else "list"
    due, kind, late = seeded.lognormvariate(3.5, 1.0), seeded.random(), seeded.random() * 10
    tally = counting.tally(name)
    counting.took_up(late, block=second)
    counting.requests += 1
    counting.recorded_one(second, limited=0.05 <= kind < 0.1, bad=kind < 0.05 or 0.1 <= kind < 0.12)
    if kind < 0.02:
        tally.error("status 401", block=second, credential=7)
    elif kind < 0.05:
        tally.error("status 500", block=second)
    elif kind < 0.1:
        tally.refused(block=second)
    elif kind < 0.12:
        tally.stranger("status 502 of a proxy", block=second)
    else:
        tally.series.accepted.add(second % 5)
        bucket = tally.good(due, due / 2, block=second, last_ms=due / 3 if name == "execution" else None)
        counting.picture.record(second, name, bucket, due)


def test_what_workers_counted_is_what_one_would_have_counted():
    alone, parts = book(), [book(), book(), book()]
    for number in range(3_000):
        for counting in (alone, parts[number % 3]):
            happen(counting, random.Random(number), number // 50)
    together = merged(book(), [travelled(part.as_dict()) for part in parts])
    assert together == alone
    assert [(one["index"], one["sent"]) for one in together.generators] == [(0, 1_000), (1, 1_000), (2, 1_000)]
    assert together.tally("list").series.never_accepted().keys() == {7}


@pytest.mark.parametrize("lost", [(), (3,), (0, 2, 5), tuple(range(12))])
def test_a_report_that_is_lost_costs_nothing_once_the_last_one_is_there(lost):
    counting, gathered = book(), Gathered(book())
    for second in range(12):
        for number in range(40):
            happen(counting, random.Random(second * 40 + number), second)
        changes = counting.changes()
        if second not in lost:
            gathered.took(0, travelled(changes))
    gathered.took(0, travelled(counting.as_dict()))
    assert gathered.book() == counting


def test_the_next_report_makes_good_for_one_that_was_lost():
    counting, gathered = book(), Gathered(book())
    for second in range(4):
        for number in range(40):
            happen(counting, random.Random(second * 40 + number), second)
        changes = travelled(counting.changes())
        if second != 2:
            gathered.took(0, changes)
    assert gathered.book() == counting
    assert {block for block, _ in changes["ledger"]} == {2, 3}


def test_blocks_hold_what_was_due_in_them_and_empty_ones_are_there():
    counting = book()
    tally = counting.tally("list")
    tally.good(10.0, 10.0, block=2)
    tally.good(60.0, 40.0, block=2)
    tally.error("status 500", block=4)
    tally.refused(block=4)
    tally.stranger("status 502 of a proxy", block=4)
    assert counting.series(["list"], 50.0) == [NOTHING, NOTHING, Counts(2, 1), NOTHING, Counts(1, 1)]
    assert counting.series(["list"], 50.0, first=2, until=6)[0] == Counts(2, 1)
    assert len(counting.series(["list"], 50.0, first=2, until=6)) == 4
    assert counting.series(["list"], None, first=2, until=3) == [Counts(2, 0)]
    assert counting.series(["list"], 50.0, first=2, until=3, from_send=True) == [Counts(2, 0)]
    assert counting.series(["list"], 50.0, first=4, at_best=True) == [Counts(3, 1)]
    assert counting.series(["nobody"], 50.0) == []


def test_workers_are_told_by_their_number_whoever_reported_first():
    gathered = Gathered(book())
    for worker in (2, 0):
        gathered.took(worker, travelled(book().changes()))
    assert [one["index"] for one in gathered.book().generators] == [0, 2]


def test_what_failed_by_a_fault_of_ours_is_good_at_best():
    counting = book()
    tally = counting.tally("list")
    tally.series.accepted.add(0)
    tally.error("status 401", block=0, credential=0)
    tally.error("list 1 of 2: status 403", block=0, credential=1)
    tally.error("connection failed: Too many open files", block=0)
    tally.error("connection failed: Connection refused", block=0)
    assert counting.series(["list"], 50.0, at_best=True) == [Counts(4, 2)]
    elsewhere = book()  # another machine, with a right secret in that place
    elsewhere.tally("list").series.accepted.add(1)
    assert merged(book(), [part.as_dict() for part in (counting, elsewhere)]).series(["list"], None, at_best=True) == [
        Counts(4, 2)
    ]


def test_late_answers_and_errors_are_bad_and_refusals_are_neither():
    counting = book()
    tally = counting.tally("list")
    for elapsed in (10.0, 50.0, 50.01, 300.0):
        tally.good(elapsed, elapsed)
    tally.error("status 500")
    tally.refused()
    assert counting.series(["list"], 50.0) == [Counts(5, 3)]
    assert counting.series(["list"], 200.0) == [Counts(5, 2)]
    assert counting.series(["list"], None) == [Counts(5, 1)]
    assert (tally.asked, tally.errors) == (6, {"status 500": 1})


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


def test_a_long_run_is_pictured_in_at_most_600_columns_and_loses_no_answer():
    counting = Book({"list": ()}, lag_limit_ms=5.0)
    for second in range(1_801):
        bucket = counting.tally("list").good(float(second % 50 + 1), 1.0, block=second)
        counting.picture.record(second, "list", bucket, float(second % 50 + 1))
    assert (counting.picture.width, len(counting.picture.rows)) == (4, 451)
    assert sum(map(sum, counting.picture.heat(451)["counts"])) == 1_801
    assert len(counting.series(["list"], None)) == 1_801
    assert len(json.dumps(counting.as_dict())) < 120_000
    half = Book({"list": ()}, lag_limit_ms=5.0)
    half.picture.record(7, "list", 0, 1.0)
    counting.add(half)
    assert sum(map(sum, counting.picture.heat(451)["counts"])) == 1_802
