"""The rate limit: counted right, told truly, for each workspace apart."""

from __future__ import annotations

import asyncio
import time

import pytest

from fixtures.relay.limits import Admission, TokenBuckets
from prodverify.wire import clock

WORKSPACE = "69b6aa92-89a4-5702-9e7e-e45ae94afa76"


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def admissions(buckets: TokenBuckets, count: int, workspace: str = WORKSPACE) -> list[Admission]:
    async def admitted() -> list[Admission]:
        return [await buckets.admit(workspace) for _ in range(count)]

    return asyncio.run(admitted())


def test_a_bucket_holds_as_many_executes_as_promised():
    told = admissions(TokenBuckets(60, Hands(1000.25)), 65)

    assert [each.allowed for each in told] == [True] * 60 + [False] * 5
    assert [*range(59, -1, -1), 0, 0, 0, 0, 0] == [each.remaining for each in told]


@pytest.mark.parametrize("limit", [1, 7, 60, 600])
def test_waiting_as_long_as_stated_is_enough_and_no_longer_than_needed(limit):
    hands = Hands(1000.25)
    buckets = TokenBuckets(limit, hands)
    refusal = admissions(buckets, limit + 1)[-1]

    hands.now += refusal.retry_after
    assert admissions(buckets, 1)[0].allowed
    assert refusal.retry_after - 1 < 60 / limit <= max(1, refusal.retry_after)


def test_reset_is_when_one_more_execute_is_left():
    hands = Hands(1000.25)
    buckets = TokenBuckets(60, hands)
    refusal = admissions(buckets, 61)[-1]

    hands.now = refusal.reset_at
    assert admissions(buckets, 1)[0].allowed
    assert refusal.reset_at == 1002


def test_a_clock_that_is_set_back_takes_nothing_away():
    hands = Hands(1000.0)
    buckets = TokenBuckets(2, hands)
    hands.now = 10.0

    assert [each.allowed for each in admissions(buckets, 3)] == [True, True, False]


def test_workspaces_are_counted_apart():
    buckets = TokenBuckets(1, Hands(1000.0))

    assert [each.allowed for each in admissions(buckets, 2, "one")] == [True, False]
    assert [each.allowed for each in admissions(buckets, 1, "two")] == [True]


def test_the_promised_burst_is_refused_with_every_header(execute, ask, fresh):
    began = time.monotonic()
    answers = [execute("burster") for _ in range(65)]
    refused = [answer for answer in answers if answer.status_code == 429]
    seconds = time.monotonic() - began

    assert {202, 429} == {answer.status_code for answer in answers}
    assert 60 <= len(answers) - len(refused) <= 61 + seconds
    refusal = refused[0]
    assert (refusal.headers["x-ratelimit-limit"], refusal.headers["x-ratelimit-remaining"]) == ("60", "0")
    assert 1 <= int(refusal.headers["retry-after"]) <= 3
    assert abs(int(refusal.headers["x-ratelimit-reset"]) - time.time()) < 5 + seconds
    assert (refusal.headers["content-type"], refusal.json()["status"]) == ("application/problem+json", 429)
    assert answers[0].headers["x-ratelimit-remaining"] == "59"
    assert "retry-after" not in answers[0].headers
    assert execute("bystander").status_code == 202


def test_who_waits_as_told_is_accepted_again(execute, fresh):
    refusal = next(answer for answer in (execute("burster") for _ in range(90)) if answer.status_code == 429)
    clock.sleep(int(refusal.headers["retry-after"]), "the stated wait")

    assert execute("burster").status_code == 202


def test_what_cannot_be_executed_is_not_counted(ask, execute, fresh):
    for _ in range(5):
        ask("POST", "/actions/execute", "burster", json={"execution_token": "not-a-token"})

    assert execute("burster").headers["x-ratelimit-remaining"] == "59"


def test_a_token_executes_once(ask, fresh):
    body = {"action": "echo", "arguments": {"text": "once"}}
    token = ask("POST", "/actions/preview", "developer", json=body).json()["execution_token"]
    statuses = [ask("POST", "/actions/execute", "developer", json={"execution_token": token}).status_code for _ in "ab"]

    assert statuses == [202, 409]
