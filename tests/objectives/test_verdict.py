"""A verdict is pass, fail, or the number of requests that are missing for one."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.objectives.counts import Counts
from prodverify.objectives.verdict import MOST_NEEDED, judge
from prodverify.record.states import State


def judged(total, bad, objective=99.0, confidence=95.0):
    return judge(Counts(total, bad), objective_percent=objective, confidence_percent=confidence)


@pytest.mark.parametrize(("objective", "fewest"), [(90.0, 29), (95.0, 59), (99.0, 299), (99.9, 2_995), (99.99, 29_956)])
def test_the_fewest_requests_that_can_pass(objective, fewest):
    assert State.PASS is judged(fewest, 0, objective).state
    assert State.INCONCLUSIVE is judged(fewest - 1, 0, objective).state
    assert judged(fewest - 1, 0, objective).more_needed == 1
    assert fewest == judged(0, 0, objective).more_needed


@pytest.mark.parametrize(("total", "passes_up_to", "fails_from"), [(2_000, 12, 29), (6_000, 47, 74)])
def test_the_bands_of_a_p99_objective(total, passes_up_to, fails_from):
    states = [judged(total, bad).state for bad in range(fails_from + 2)]
    assert [State.PASS] * (passes_up_to + 1) == states[: passes_up_to + 1]
    assert [State.INCONCLUSIVE] * (fails_from - passes_up_to - 1) == states[passes_up_to + 1 : fails_from]
    assert states[fails_from:] == [State.FAIL] * 2


def test_a_share_exactly_at_the_objective_is_never_decided():
    judgement = judged(200, 2)
    assert (judgement.state, judgement.more_needed) == (State.INCONCLUSIVE, MOST_NEEDED)


def test_more_than_anybody_will_ask_is_said_to_be_that_many_or_more():
    judgement = judged(100, 0, 99.99999)
    assert (judgement.state, judgement.more_needed) == (State.INCONCLUSIVE, MOST_NEEDED)
    assert "10,000,000 or more further requests" in judgement.sentence


def test_the_sentence_says_what_was_seen_what_is_allowed_and_what_is_missing():
    assert judged(1_200, 14).sentence == (
        "14 of 1,200 bad (1.17 %), 1 % allowed: too few to tell with 95 % confidence;"
        " 9,429 further requests decide it if this rate holds"
    )
    assert judged(299, 0).sentence == "0 of 299 bad (0 %), 1 % allowed: with 95 % confidence at most 0.997 % are bad"
    assert judged(300, 60).sentence == "60 of 300 bad (20 %), 1 % allowed: with 95 % confidence at least 16.3 % are bad"


@pytest.mark.parametrize(("objective", "confidence"), [(0.0, 95.0), (100.0, 95.0), (99.0, 100.0), (99.0, 0.0)])
def test_percentages_are_checked(objective, confidence):
    with pytest.raises(ValueError, match="between 0 and 100"):
        judged(10, 0, objective, confidence)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.integers(1, 20_000).flatmap(lambda total: st.tuples(st.just(total), st.integers(0, max(1, total // 20)))),
    st.sampled_from([90.0, 95.0, 99.0, 99.9]),
)
def test_what_is_said_to_be_missing_is_enough(events, objective):
    total, bad = events
    judgement = judged(total, bad, objective)
    if judgement.state is not State.INCONCLUSIVE:
        assert judgement.more_needed == 0
    elif judgement.more_needed < MOST_NEEDED:
        end = total + judgement.more_needed
        due = {end * bad // total, -(-end * bad // total)}
        passing = bad / total < (100.0 - objective) / 100.0
        kind = max(due) if passing else min(due)
        assert (State.PASS if passing else State.FAIL) is judged(end, kind, objective).state


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(1, 5_000), st.integers(0, 60))
def test_more_bad_events_never_better_the_verdict(total, bad):
    order = [State.PASS, State.INCONCLUSIVE, State.FAIL]
    bad = min(bad, total - 1)
    assert order.index(judged(total, bad).state) <= order.index(judged(total, bad + 1).state)


@pytest.mark.parametrize("true_percent", [0.3, 0.9, 1.0, 1.1, 3.0])
def test_wrong_verdicts_stay_under_the_stated_error(true_percent):
    runs, total, seeded = 2_000, 1_000, random.Random(true_percent)
    verdicts = {bad: judged(total, bad).state for bad in range(total // 4)}
    seen = [verdicts[sum(1 for _ in range(total) if seeded.random() * 100 < true_percent)] for _ in range(runs // 10)]
    wrong = State.FAIL if true_percent <= 1.0 else State.PASS
    right = State.PASS if true_percent <= 1.0 else State.FAIL
    # 5 % of 200 runs are 10; 20 or more of them have a probability of 0.3 % at the very worst.
    assert seen.count(wrong) < 20
    if true_percent in (0.3, 3.0):
        assert seen.count(right) > 0.75 * len(seen)
