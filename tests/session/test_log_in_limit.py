"""The limit of log-ins of services that are not Relay: keys and passwords with every request, counted by address."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import parse_qs

import pytest

from tests.session.small import KEY, SmallService

REFUSED = (401, {"WWW-Authenticate": "Door"}, b"{}")
LIMITED = (429, {"Retry-After": "1"}, b"{}")
THINGS = (200, {}, b'{"things": []}')
SECTION = """
[log_in_limit]
role = "{role}"
endpoint = "things"
tries = 3
window_seconds = {seconds}
scope = "{scope}"
"""
BASIC = """
[roles.ann]
scheme = "basic"
username = "ann"
credential = "key"
[[endpoints]]
name = "basic-things"
path = "/basic-things"
roles = { ann = 200, anonymous = 401 }
fuzz = false
"""
TOKEN = """
[roles.ann]
scheme = "token"
login_path = "/log-in"
username = "ann"
credential = "key"
"""

FORM = """
[roles.ann]
scheme = "cookie"
login_path = "/log-in"
encoding = "form"
csrf_member = "csrf"
username = "ann"
credential = "key"
"""


class Doorman:
    """Lets the right credential in, and refuses whoever was wrong three times in half a second, by ``counted``."""

    def __init__(self, right: str, counted) -> None:
        self.right, self.counted = right, counted
        self.wrong: list[tuple[str, float]] = []

    def __call__(self, handler):
        shown = handler.headers.get("X-API-Key") or handler.headers.get("Authorization") or ""
        name = self.counted(shown)
        newer = [at for other, at in self.wrong if other == name and at > time.monotonic() - 0.5]
        if len(newer) >= 3:
            return LIMITED
        if shown == self.right:
            return THINGS
        if shown:
            self.wrong.append((name, time.monotonic()))
        return REFUSED


def states(verify, target, extra: str) -> dict[str, str]:
    run = verify("checks/test_log_in_limit.py", "--target", target(extra, permits="bursts = true"))
    return {name.rpartition("::test_")[2]: state for name, state in run.states.items()}


def states_by(limited: str, others: str, returns: str) -> dict[str, str]:
    return {
        "wrong_log_ins_are_limited": limited,
        "others_may_log_in_meanwhile": others,
        "refusal_of_log_ins_says_when_to_return": returns,
    }


@pytest.mark.parametrize("limits", [True, False])
def test_wrong_keys_are_counted_by_their_address(verify, target, small: SmallService, limits):
    small.answers["/things"] = Doorman(KEY, (lambda shown: "here") if limits else lambda shown: str(time.monotonic()))
    seen = states(verify, target, SECTION.format(role="user", scope="address", seconds=0.5))

    expected = states_by("pass", "pass", "pass") if limits else states_by("fail", "inconclusive", "inconclusive")
    assert expected == seen


@pytest.mark.parametrize(("shared", "others"), [(False, "pass"), (True, "fail")])
def test_wrong_passwords_are_counted_by_their_user(verify, target, small: SmallService, shared, others):
    def user(shown: str) -> str:
        return base64.b64decode(shown.removeprefix("Basic ")).partition(b":")[0].decode()

    right = "Basic " + base64.b64encode(f"ann:{KEY}".encode()).decode()
    small.answers["/basic-things"] = Doorman(right, (lambda shown: "all") if shared else user)
    section = SECTION.format(role="ann", scope="username", seconds=60.0).replace('"things"', '"basic-things"')
    seen = states(verify, target, BASIC + section)

    assert states_by("pass", others, "pass") == seen
    names = [user(asked.headers["authorization"]) for asked in small.asked if "authorization" in asked.headers]
    assert "ann" == names[0]  # seen to be let in, once and before anything wrong
    assert 6 == len(names)
    assert "ann" not in names[1:]


def test_an_address_that_stays_refused_too_long_is_not_tried(verify, target, small: SmallService):
    seen = states(verify, target, SECTION.format(role="user", scope="address", seconds=60.0))

    assert {"not_run"} == set(seen.values())
    assert [] == [path for path in small.paths() if path == "/things"]


def test_a_role_that_is_not_let_in_proves_no_limit(verify, target, small: SmallService):
    small.answers["/things"] = REFUSED
    seen = states(verify, target, SECTION.format(role="user", scope="address", seconds=0.2))

    assert {"inconclusive"} == set(seen.values())


def test_wrong_log_ins_for_a_token_are_counted_by_their_user(verify, target, small: SmallService):
    wrong: list[str] = []

    def log_in(handler):
        body = json.loads(handler.body)
        if wrong.count(body["username"]) >= 3:
            return LIMITED
        if body == {"username": "ann", "password": KEY}:
            return 200, {}, json.dumps({"token": "token-of-ann-0001"}).encode()
        wrong.append(body["username"])
        return REFUSED

    small.answers["/log-in"] = log_in
    section = SECTION.format(role="ann", scope="username", seconds=60.0).replace('endpoint = "things"\n', "")
    seen = states(verify, target, TOKEN + section)

    assert states_by("pass", "pass", "pass") == seen
    assert 4 == len(wrong)
    assert "ann" not in wrong


@pytest.mark.parametrize(("counted", "limited"), [(6, "pass"), (4, "warn")])
def test_a_page_that_is_counted_is_refused_like_a_log_in(verify, target, small: SmallService, counted, limited):
    """Each wrong log-in asks for its form first, which a limiter may count by the same address."""
    asked: list[float] = []

    def log_in(handler):
        now = time.monotonic()
        if asked and asked[-1] < now - 0.4:
            asked.clear()
        asked.append(now)
        if len(asked) > counted:
            return LIMITED
        if handler.command == "GET":
            return 200, {"Content-Type": "text/html"}, b'<form><input name="csrf" value="token-12345"></form>'
        fields = parse_qs(handler.body.decode())
        right = fields["username"] == ["ann"] and fields["password"] == [KEY]
        return (200, {"Set-Cookie": "sid=session-of-ann-0001"}, b"{}") if right else REFUSED

    small.answers["/log-in"] = log_in
    section = SECTION.format(role="ann", scope="address", seconds=0.5).replace('endpoint = "things"\n', "")
    seen = states(verify, target, FORM + section)

    assert states_by(limited, "pass", "pass") == seen
