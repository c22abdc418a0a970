"""Around the end of a window: how many are accepted, and when that says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges import boundary_burst
from prodverify.record.findings import Finding
from prodverify.target.rate_limit import RateLimit
from tests.judges.anything import exchanges
from tests.judges.scene import NOON, answer, rules

BURST = "rate-limit-boundary-burst"


def promised(wanted="refused", requests=10, seconds=10.0):
    return RateLimit(
        requests=requests,
        window_seconds=seconds,
        window="clock",
        role="burster",
        journey="limited",
        boundary_burst=wanted,
    )


def around(before, after, apart=0.01):
    """So many accepted before, and what came after, sent one after the other."""
    statuses = [*([200] * before), *after]
    answers = [answer(status, at=NOON + number * apart) for number, status in enumerate(statuses)]
    return answers[:before], answers[before:]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (0, {}),
        (1, {}),  # what any limiter may have given back in that time
        (2, {BURST: "fail"}),
        (10, {BURST: "fail"}),
    ],
)
def test_more_than_the_limit_is_a_failure_where_it_is_promised_to_be_refused(accepted, expected):
    before, after = around(10, [200] * accepted + [429])

    assert expected == rules(boundary_burst.judge(before, after, promised()))


@pytest.mark.parametrize(("wanted", "expected"), [("told", {BURST: "info"}), ("refused", {BURST: "fail"}), (None, {})])
def test_what_is_known_is_told(wanted, expected):
    assert expected == rules(boundary_burst.judge(*around(10, [200] * 10), promised(wanted)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (9, [200, 429], {"rate-limit-boundary-unclear": "inconclusive"}),  # somebody else used the key
        (10, [], {"rate-limit-boundary-unclear": "inconclusive"}),
        (0, [], {"rate-limit-boundary-unclear": "inconclusive"}),
        (10, [404], {"rate-limit-other-answer": "inconclusive"}),
        (10, [500], {"rate-limit-broken": "fail"}),
        (10, [399, 429], {}),
        (10, [400], {"rate-limit-other-answer": "inconclusive"}),
    ],
)
def test_what_proves_nothing_is_inconclusive(before, after, expected):
    assert expected == rules(boundary_burst.judge(*around(before, after), promised()))


@pytest.mark.parametrize(
    ("apart", "expected"),
    [(0.47, {BURST: "fail"}), (0.48, {"rate-limit-boundary-slow": "inconclusive"})],
)
def test_what_a_limiter_gives_back_meanwhile_explains_a_slow_burst(apart, expected):
    assert expected == rules(boundary_burst.judge(*around(10, [200] * 10, apart), promised()))


def test_a_limit_of_one_tells_nothing():
    found = boundary_burst.judge(*around(1, [200]), promised(requests=1))

    assert {"rate-limit-boundary-slow": "inconclusive"} == rules(found)


def test_what_came_is_told():
    assert "10 before it and 13 in all, in 0.12 s" == boundary_burst.told(*around(10, [200] * 3 + [429]), promised())


@given(
    before=st.lists(exchanges(), max_size=5),
    after=st.lists(exchanges(), max_size=5),
    wanted=st.sampled_from([None, "told", "refused"]),
    requests=st.integers(1, 4),
)
def test_no_answer_makes_the_judge_raise(before, after, wanted, requests):
    promise = promised(wanted, requests)
    found = boundary_burst.judge(before, after, promise)

    assert all(isinstance(finding, Finding) for finding in found)
    assert boundary_burst.told(before, after, promise)
