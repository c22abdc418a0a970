"""The limit of log-ins: counted for each name apart, forgotten in time, deaf to right passwords while it refuses."""

from __future__ import annotations

import pytest

from fixtures.relay.log_in_limit import MOST, WINDOW_SECONDS, LogInLimit
from fixtures.relay.problems import Problem


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def wait_of(limit: LogInLimit, username: str) -> int:
    """What the refusal of one more log-in says; 0 where it is looked at."""
    try:
        limit.admit(username)
    except Problem as problem:
        return int(problem.headers["Retry-After"])
    return 0


def test_the_eleventh_wrong_log_in_is_refused_and_other_names_are_not():
    limit = LogInLimit(Hands())

    assert [0] * MOST + [60, 60] == [wait_of(limit, "ann") for _ in range(MOST + 2)]
    assert 0 == wait_of(limit, "bob")


@pytest.mark.parametrize(("passed", "expected"), [(WINDOW_SECONDS - 0.5, 1), (WINDOW_SECONDS, 0)])
def test_waiting_as_long_as_stated_is_enough(passed, expected):
    hands = Hands()
    limit = LogInLimit(hands)
    for _ in range(MOST):
        limit.admit("ann")
    hands.now += passed

    assert expected == wait_of(limit, "ann")


def test_whoever_knows_the_password_begins_anew():
    limit = LogInLimit(Hands())
    for _ in range(MOST - 1):
        limit.admit("ann")
    limit.succeeded("ann")

    assert [0] * MOST + [60] == [wait_of(limit, "ann") for _ in range(MOST + 1)]


def test_a_right_password_is_not_looked_at_while_its_user_is_refused(ask, values, fresh):
    wrong = {"username": "developer", "password": "wrong"}
    statuses = [ask("POST", "/sessions", json=wrong).status_code for _ in range(MOST)]
    refusal = ask("POST", "/sessions", json={**wrong, "password": values["session_password"]})

    assert [401] * MOST == statuses
    assert (429, "application/problem+json") == (refusal.status_code, refusal.headers["content-type"])
    assert 1 <= int(refusal.headers["retry-after"]) <= WINDOW_SECONDS
    assert 401 == ask("POST", "/sessions", json={**wrong, "username": "nobody"}).status_code
