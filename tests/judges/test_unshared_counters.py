"""Counters that replicas do not share let each its own limit through."""

import pytest

from prodverify.judges import rate_limit
from prodverify.target.rate_limit import RateLimit
from tests.judges.scene import NOON, answer

PROMISE = RateLimit(requests=60, window_seconds=60.0, window="clock", role="burster", journey="execution")


def burst(statuses, remaining):
    said = [{} if left is None else {"X-RateLimit-Remaining": str(left)} for left in remaining]
    return [
        answer(status, headers, at=NOON + index * 0.01)
        for index, (status, headers) in enumerate(zip(statuses, said, strict=True))
    ]


def test_as_many_times_the_limit_tell_how_many_there_are():
    (found,) = rate_limit.judge_burst(burst([202] * 120 + [429], [None] * 121), PROMISE)

    assert found.next_step == "It looks like 2 counters that are not shared."


@pytest.mark.parametrize(
    ("remaining", "told"),
    [
        ([59 - index // 2 for index in range(66)], "2 counters"),
        ([59 - index // 3 for index in range(66)], "3 counters"),
        ([59] * 66, ""),
        ([max(0, 59 - index) for index in range(66)], ""),
        ([None] * 66, ""),
    ],
)
def test_without_a_refusal_what_remains_tells_how_many_there_are(remaining, told):
    (found,) = rate_limit.judge_burst(burst([202] * 66, remaining), PROMISE)

    assert "rate-limit-not-enforced" == found.rule
    assert told in found.next_step if told else not found.next_step
