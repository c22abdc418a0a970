"""The kind of a real limiter is named rightly, or not at all, and never wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from fixtures.split_burst import Split
from prodverify.judges import limiter_kind, rate_limit, reading
from prodverify.record.findings import Severity
from prodverify.target.rate_limit import RateLimit
from prodverify.wire import clock
from tests.limiters import running
from tests.limiters.asking import asking, promised
from tests.limiters.counting import REQUESTS, WINDOW_SECONDS

pytestmark = [running.needs("redis-server"), running.needs("nginx"), running.needs("node")]

KINDS = {
    "counting/fixed": "first_request",
    "counting/moving": "sliding_log",
    "counting/sliding": "sliding_counter",
    "counting/relay-bucket": "continuous",
    "counting/relay-windows": "clock",
    "counting/blocking": "unknown",
    "nginx/limited": "continuous",
    "express/draft-6": "first_request",
    "express/draft-7": "first_request",
    "express/draft-8": "first_request",
    "express/legacy": "first_request",
}
STATED = {name for name in KINDS if name != "nginx/limited"}
"""Limiters that say how many requests are left."""
RUNS = 3


@pytest.fixture(scope="session")
def addresses(counting: str, nginx: str, express: str) -> Mapping[str, str]:
    """Where each of the limiters is."""
    return {"counting": counting, "nginx": nginx, "express": express}


def driven(url: str, promise: RateLimit) -> Split:
    """One burst in parts, with a key that nobody used before."""
    with asking(url) as ask:
        split = Split(promise, ask, lambda moment: clock.sleep(moment - clock.now(), "a moment of a limiter"))
        split.until(split.begin(clock.now()))
        split.drive()
        split.tell()
        return split


def driven_often(addresses: Mapping[str, str], times: int) -> dict[str, list[Split]]:
    """Every limiter as often, three times and different ones side by side: each run is another caller."""

    def drive(name: str) -> Split:
        server, _, path = name.partition("/")
        return driven(f"{addresses[server]}/{path}", promised(headers=()))

    with ThreadPoolExecutor(len(KINDS) * RUNS) as pool:
        splits = list(pool.map(drive, [*KINDS] * times))
    return {name: splits[index :: len(KINDS)] for index, name in enumerate(KINDS)}


def named(splits: list[Split]) -> Counter[str]:
    return Counter(limiter_kind.named(split.kinds) for split in splits)


@pytest.fixture(scope="module")
def three(addresses: Mapping[str, str]) -> dict[str, list[Split]]:
    """Three runs against each limiter."""
    return driven_often(addresses, RUNS)


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_is_right_or_unknown(three, name):
    kinds = named(three[name])

    assert set() == kinds.keys() - {KINDS[name], "unknown"}
    assert all(KINDS[name] in split.kinds for split in three[name])


@pytest.mark.parametrize("name", KINDS)
def test_telling_costs_few_requests_more_than_the_limit(three, name):
    for split in three[name]:
        accepted = sum(answer.status == 200 for answer in split.answers)

        assert len(split.answers) + len(split.later) <= max(accepted, REQUESTS) + 11


@pytest.mark.parametrize("name", KINDS)
def test_what_a_real_limiter_answers_keeps_the_promise(three, name):
    promise = promised(window=KINDS[name], headers=())
    for split in three[name]:
        refusal = split.answers[-1]
        accepted = [answer for answer in split.answers if answer.status == 200]
        found = [*rate_limit.judge_burst(split.answers, promise), *rate_limit.judge_refusal(refusal, promise)]
        if name in STATED and KINDS[name] in ("clock", "first_request"):
            found += rate_limit.judge_countdown(accepted, promise)

        assert [] == [one for one in found if one.severity in (Severity.FAIL, Severity.INCONCLUSIVE)]


@pytest.mark.parametrize("name", sorted(STATED))
def test_each_generation_of_headers_is_read(three, name):
    first = three[name][0].answers[0]
    said = reading.read(
        first.headers, date=reading.answered_at(first), window_seconds=WINDOW_SECONDS, requests=REQUESTS
    )

    assert (REQUESTS, REQUESTS - 1) == (said.limit, said.remaining)
    assert -1 <= said.resets[0].seconds <= WINDOW_SECONDS + 1
    assert () == said.malformed


@pytest.mark.proof
def test_the_kind_is_never_wrong_in_fifty_runs(addresses):
    for name, splits in driven_often(addresses, 50).items():
        kinds = named(splits)

        assert set() == kinds.keys() - {KINDS[name], "unknown"}, name
        assert 2 * kinds[KINDS[name]] > kinds.total(), name
