"""Real limiters, started once for all tests that ask them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from fixtures.boundary import Boundary
from prodverify.wire import clock
from tests.limiters import running
from tests.limiters.asking import asking, promised
from tests.limiters.counting import WINDOW_SECONDS


@pytest.fixture(scope="session")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service that counts on Redis."""
    with running.counting(tmp_path_factory.mktemp("counting")) as address:
        yield address


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx."""
    with running.nginx(tmp_path_factory.mktemp("nginx")) as address:
        yield address


@pytest.fixture(scope="session")
def express(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Express."""
    with running.express(tmp_path_factory.mktemp("express"), WINDOW_SECONDS) as address:
        yield address


@pytest.fixture(scope="session")
def boundaries(counting: str, nginx: str) -> Iterator[Mapping[str, Future[Boundary]]]:
    """Every limiter, asked around the end of one window, which takes a while: a test that only waits begins it."""
    names = ("relay-windows", "fixed", "moving", "sliding", "relay-bucket", "limited")
    with ThreadPoolExecutor(len(names)) as pool:
        yield {name: pool.submit(_asked_around, f"{nginx if name == 'limited' else counting}/{name}") for name in names}


def _asked_around(url: str) -> Boundary:
    """The end of one window; what was asked before it tells how long a request takes."""
    with asking(url) as ask, asking(url) as another:
        earlier = [another() for _ in range(4)]
        around = Boundary(
            promised(boundary_burst="told"), ask, lambda moment: clock.sleep(moment - clock.now(), "a window")
        )
        around.drive(clock.now(), earlier)
        return around
