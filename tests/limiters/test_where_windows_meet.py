"""Where two windows of the clock meet twice the limit is served, and by no other kind of limiter."""

from __future__ import annotations

import pytest

from fixtures.boundary import Boundary
from prodverify.judges import boundary_burst
from tests.judges.scene import rules
from tests.limiters import running
from tests.limiters.asking import promised
from tests.limiters.counting import REQUESTS

pytestmark = [running.needs("redis-server"), running.needs("nginx")]

OTHERS = ("fixed", "moving", "sliding", "relay-bucket", "limited")


def accepted(around: Boundary) -> int:
    return sum(answer.status == 200 for answer in (*around.before, *around.after))


def test_windows_of_the_clock_let_twice_the_limit_through(boundaries):
    around = boundaries["relay-windows"].result()

    assert 2 * REQUESTS == accepted(around)
    assert {"rate-limit-boundary-burst": "info"} == rules(judged(around, "told"))
    assert {"rate-limit-boundary-burst": "fail"} == rules(judged(around, "refused"))
    assert {} == rules(judged(around, None))


@pytest.mark.parametrize("name", OTHERS)
def test_others_do_not(boundaries, name):
    around = boundaries[name].result()

    assert REQUESTS <= accepted(around) <= REQUESTS + 3
    assert {} == rules(judged(around, "refused"))


@pytest.mark.parametrize("name", ["relay-windows", *OTHERS])
def test_asking_costs_no_more_than_twice_the_limit_and_one(boundaries, name):
    around = boundaries[name].result()

    assert len(around.before) + len(around.after) <= 2 * REQUESTS + 1


def judged(around: Boundary, wanted: str | None):
    return boundary_burst.judge(around.before, around.after, promised(boundary_burst=wanted))
