"""Where two windows of the clock meet twice the limit is served, and by no other kind of limiter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from fixtures.boundary import Boundary
from prodverify.judges import boundary_burst
from prodverify.target.rate_limit import RateLimit
from prodverify.wire import clock
from tests.judges.scene import rules
from tests.limiters import running
from tests.limiters.asking import asking
from tests.limiters.counting import REQUESTS, WINDOW_SECONDS

pytestmark = [running.needs("redis-server"), running.needs("nginx")]

LIMITERS = ("relay-windows", "fixed", "moving", "sliding", "relay-bucket", "limited")


def promised(wanted: str | None) -> RateLimit:
    return RateLimit(
        requests=REQUESTS,
        window_seconds=WINDOW_SECONDS,
        window="clock",
        role="burster",
        journey="limited",
        boundary_burst=wanted,
    )


def asked_around(url: str) -> Boundary:
    """The end of one window; what was asked before it tells how long a request takes."""
    with asking(url) as ask, asking(url) as another:
        earlier = [another() for _ in range(4)]
        around = Boundary(promised("told"), ask, lambda moment: clock.sleep(moment - clock.now(), "a window"))
        around.drive(clock.now(), earlier)
        return around


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Boundary]]:
    """Every limiter, asked around the end of one window."""
    counted, nginxed = tmp_path_factory.mktemp("counting"), tmp_path_factory.mktemp("nginx")
    with running.counting(counted) as counting, running.nginx(nginxed) as nginx, ThreadPoolExecutor() as pool:
        urls = [f"{nginx if name == 'limited' else counting}/{name}" for name in LIMITERS]
        yield dict(zip(LIMITERS, pool.map(asked_around, urls), strict=True))


def accepted(around: Boundary) -> int:
    return sum(answer.status == 200 for answer in (*around.before, *around.after))


def test_windows_of_the_clock_let_twice_the_limit_through(asked):
    around = asked["relay-windows"]

    assert 2 * REQUESTS == accepted(around)
    assert {"rate-limit-boundary-burst": "info"} == rules(judged(around, "told"))
    assert {"rate-limit-boundary-burst": "fail"} == rules(judged(around, "refused"))
    assert {} == rules(judged(around, None))


@pytest.mark.parametrize("name", LIMITERS[1:])
def test_others_do_not(asked, name):
    assert REQUESTS <= accepted(asked[name]) <= REQUESTS + 3
    assert {} == rules(judged(asked[name], "refused"))


@pytest.mark.parametrize("name", LIMITERS)
def test_asking_costs_no_more_than_twice_the_limit_and_one(asked, name):
    assert len(asked[name].before) + len(asked[name].after) <= 2 * REQUESTS + 1


def judged(around: Boundary, wanted: str | None):
    return boundary_burst.judge(around.before, around.after, promised(wanted))
