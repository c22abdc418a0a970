"""Whatever its shape, a plan has the arrivals that somebody would count who adds up its rate."""

import json
from bisect import bisect_left
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from load.arrivals import Plan
from load.shapes import Shape

SHARES = (("list", 6.0), ("preview", 3.0), ("execution", 1.0))
SECONDS = st.integers(1, 80).map(lambda tenths: tenths / 10)
RATES = st.integers(1, 600).map(lambda tenths: tenths / 10)
STAGES = st.lists(st.tuples(SECONDS, RATES | st.just(0.0)), min_size=1, max_size=5).filter(
    lambda stages: any(rate for _, rate in stages)
)
SHAPES = st.one_of(
    st.builds(Shape.constant, RATES, SECONDS),
    st.builds(Shape.ramp, RATES, SECONDS),
    st.builds(lambda rate, more, seconds: Shape.spike(rate, rate + more, seconds), RATES, RATES, SECONDS),
    st.builds(Shape.stages, STAGES),
)
quickly = settings(max_examples=60, derandomize=True, deadline=None)


def plan(shape, *, warm_up=0.5, shares=SHARES, seed=1):
    return Plan(shape, warm_up, shares, seed)


def rate_at(shape, seconds):
    for piece in shape.pieces:
        if seconds < piece.seconds:
            return piece.start + (piece.end - piece.start) * seconds / piece.seconds
        seconds -= piece.seconds
    return shape.pieces[-1].end


def added_up(shape, until, steps=20_000):
    """The integral by the midpoint rule, which is exact for a rate that changes evenly but at the edges of pieces."""
    step = until / steps
    return step * sum(rate_at(shape, (number + 0.5) * step) for number in range(steps))


@quickly
@given(SHAPES)
def test_every_arrival_is_due_where_the_integral_of_the_rate_reaches_its_number(shape):
    moments = list(shape.moments())
    assert len(moments) == shape.total
    assert all(before <= after for before, after in pairwise(moments))
    for number, moment in enumerate(moments):
        assert float(shape.integral(moment)) == pytest.approx(number, abs=1e-6)
        assert shape.due(number) == moment


@settings(max_examples=15, derandomize=True, deadline=None)
@given(SHAPES)
def test_the_integral_is_what_somebody_finds_who_adds_up(shape):
    naive = added_up(shape, shape.seconds)
    jumps = sum(abs(after.start - before.end) for before, after in pairwise(shape.pieces))
    assert float(shape.integral(shape.seconds)) == pytest.approx(naive, abs=1e-6 + jumps * shape.seconds / 20_000)


@quickly
@given(SHAPES, st.sampled_from([0.25, 1.0, 3.0]))
def test_blocks_hold_what_counting_finds_in_them(shape, seconds_per_block):
    whole = plan(shape)
    due = [arrival.due_seconds for arrival in whole.arrivals()]
    blocks = int(shape.seconds / seconds_per_block) + 2
    counted = [0] * blocks
    for moment in due:
        counted[int(moment / seconds_per_block)] += 1
    assert counted == [whole.due_in(block, seconds_per_block) for block in range(blocks)]
    assert whole.judged == sum(arrival.judged for arrival in whole.arrivals())
    assert whole.judged == len(due) - bisect_left(due, whole.warm_up_seconds)


@quickly
@given(SHAPES, st.sampled_from([0.5, 1.0, 2.5]))
def test_no_window_holds_more_than_was_foretold_and_hardly_less(shape, seconds):
    whole = plan(shape, shares=(("list", 1.0),))
    due = [arrival.due_seconds for arrival in whole.arrivals()]
    most, first = 0, 0
    for last, moment in enumerate(due):
        while due[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    assert most <= whole.most_within("list", seconds) <= most + 9
    assert whole.most_within("nobody", seconds) == 0


@quickly
@given(SHAPES, st.integers(2, 5))
def test_workers_together_send_exactly_the_plan(shape, workers):
    whole = plan(shape)
    parts = [list(whole.arrivals(worker, workers)) for worker in range(workers)]
    assert sorted(whole.arrivals()) == sorted(arrival for part in parts for arrival in part)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@quickly
@given(SHAPES, RATES)
def test_a_plan_that_goes_on_begins_as_the_one_that_does_not(shape, more):
    whole = plan(shape)
    planned = list(whole.arrivals())
    going_on = list(islice(whole.arrivals(open_end=True), len(planned) + 20))
    longer = whole.lasting(shape.seconds + more)
    assert planned == going_on[: len(planned)] == list(longer.arrivals())[: len(planned)]
    assert whole.can_go_on is (shape.last > 0) is (len(going_on) > len(planned))
    for sent, foretold in zip(going_on, longer.arrivals(), strict=False):
        assert sent.due_seconds == pytest.approx(foretold.due_seconds)
    if whole.can_go_on:
        assert longer.duration_seconds == pytest.approx(shape.seconds + more)
        assert longer.total == pytest.approx(float(shape.integral(shape.seconds)) + more * shape.last, abs=1.001)


@quickly
@given(SHAPES, st.floats(0.1, 1.0))
def test_a_plan_that_ends_early_has_the_arrivals_until_then(shape, share):
    whole, end = plan(shape), shape.seconds * share
    shorter = whole.lasting(end)
    assert [arrival for arrival in whole.arrivals() if arrival.due_seconds < end] == list(shorter.arrivals())
    assert shorter.total == len(list(shorter.arrivals())) == whole.due_within(0.0, end)
    assert shorter.duration_seconds == end
    assert shorter.judged == sum(arrival.judged for arrival in shorter.arrivals())


@quickly
@given(SHAPES, st.booleans())
def test_a_plan_crosses_to_another_process_as_plain_values(shape, ended):
    whole = plan(shape).lasting(shape.seconds / 2) if ended else plan(shape)
    assert whole == Plan.from_dict(json.loads(json.dumps(whole.as_dict())))


def test_nothing_drifts_in_a_day():
    day = Shape.stages([(43_200.0, 0.1), (43_200.0, 0.1)])
    assert day.total == 8_640
    assert list(day.moments())[-1] == 86_390.0
    assert Shape.constant(49.0, 100.0).before(1.0) == 49


@pytest.mark.parametrize(
    ("shape", "words", "highest", "last"),
    [
        (Shape.constant(40.0, 20.0), "40 arrivals/s", 40.0, 40.0),
        (Shape.ramp(40.0, 20.0), "a ramp up to 40 arrivals/s", 40.0, 40.0),
        (Shape.spike(10.0, 40.0, 30.0), "10 arrivals/s with a spike of 40", 40.0, 10.0),
        (Shape.stages([(5.0, 10.0), (5.0, 40.0), (5.0, 0.0)]), "stages of 0 to 40 arrivals/s", 40.0, 0.0),
    ],
)
def test_a_shape_says_what_it_is(shape, words, highest, last):
    assert (shape.words, shape.highest, shape.last) == (words, highest, last)


def test_each_shape_has_its_rate_at_each_moment():
    assert [rate_at(Shape.ramp(40.0, 20.0), at) for at in (0.0, 5.0, 20.0)] == [0.0, 10.0, 40.0]
    assert [rate_at(Shape.spike(10.0, 40.0, 30.0), at) for at in (9.9, 10.0, 19.9, 20.0)] == [10.0, 40.0, 40.0, 10.0]
    stages = Shape.stages([(5.0, 10.0), (5.0, 40.0)])
    assert [rate_at(stages, at) for at in (0.0, 4.0, 7.5, 10.0)] == [10.0, 10.0, 25.0, 40.0]
