"""The plan is fixed before the run: its times, its shares and its parts for the workers."""

from collections import Counter

import pytest

from load.arrivals import Plan

SHARES = {"list": 6.0, "preview": 3.0, "execution": 1.0}


def plan(**values):
    given = {"rate": 40.0, "duration": 20.0, "warm_up": 2.0, "seed": 1}
    return Plan.of(SHARES, **{**given, **values})


def test_arrivals_are_evenly_spaced_and_the_warm_up_is_not_judged():
    arrivals = list(plan().arrivals())
    assert len(arrivals) == plan().total == 800
    assert [arrival.due_seconds for arrival in arrivals[:3]] == [0.0, 0.025, 0.05]
    assert sum(arrival.judged for arrival in arrivals) == plan().judged == 720
    assert [arrival.judged for arrival in arrivals[79:81]] == [False, True]


@pytest.mark.parametrize("seed", [0, 1, 7, 12_345])
def test_every_stretch_holds_the_declared_shares(seed):
    arrivals = list(plan(rate=100.0, duration=100.0, seed=seed).arrivals())
    for start in range(0, 9_000, 500):
        counted = Counter(arrival.name for arrival in arrivals[start : start + 1_000])
        assert pytest.approx([counted[name] for name in SHARES], abs=4) == [600, 300, 100]


@pytest.mark.parametrize("name", SHARES)
def test_no_window_holds_more_than_was_foretold(name):
    whole = plan(rate=500.0, duration=120.0, seed=3)
    due = [arrival.due_seconds for arrival in whole.arrivals() if arrival.name == name]
    most = whole.most_within(name, 10.0)
    first = 0
    for last, moment in enumerate(due):
        while due[first] <= moment - 10.0:
            first += 1
        assert last - first + 1 <= most
    assert most <= 5_000 * SHARES[name] / 10 + 10


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_workers_together_send_exactly_the_plan(workers):
    parts = [list(plan().arrivals(worker, workers)) for worker in range(workers)]
    assert sorted(arrival for part in parts for arrival in part) == sorted(plan().arrivals())
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert parts[1][0].due_seconds == 0.025


def test_the_turn_counts_each_name_apart():
    for name in SHARES:
        turns = [arrival.turn for arrival in plan().arrivals() if arrival.name == name]
        assert turns == list(range(len(turns)))


def test_another_seed_is_another_order_of_the_same_load():
    one, other = ([arrival.name for arrival in plan(seed=seed).arrivals()] for seed in (1, 2))
    assert one != other
    assert one == [arrival.name for arrival in plan(seed=1).arrivals()]
