"""Sessions that are tokens: given at log-in, ended at log-out, and never there beforehand."""

from __future__ import annotations

import json
import secrets

import pytest

from fixtures.case import Case, NotRun
from fixtures.logging_in import LoggingIn
from fixtures.nouns import Service
from fixtures.observations import Kept
from fixtures.sessions import another_log_in, logged_out, planted, wrong_log_ins
from prodverify.judges import sessions
from prodverify.record.findings import Unjudged
from tests.judges.scene import rules

SECRETS = {"first": "first-credential"}
ROLE = (
    '[roles.us]\nscheme = "token"\nlogin_path = "/in"\nusername = "ann"\ncredential = "first"\n'
    'token_at = "/data/token"\nprefix = "Token "\n'
    '[[endpoints]]\nname = "home"\npath = "/home"\nroles = { us = 200, anonymous = 401 }\n'
    "[permits]\nwrites = true\n"
    '[sessions]\nrole = "us"\ntries = 1\nlog_out = { path = "/out" }\n'
)


class Door:
    """Gives a token to whoever knows the password; ``forgets`` it at log-out, or not."""

    def __init__(self, respond, *, forgets=True, unchecked=False, tokens=None):
        self.respond, self.forgets, self.unchecked = respond, forgets, unchecked
        self.tokens = tokens or (lambda: secrets.token_urlsafe(32))
        self.open: set[str] = set()

    def __call__(self, asked):
        presented = asked.header("Authorization").removeprefix("Token ")
        if asked.target == "/in":
            told = json.loads(asked.body)
            if told["password"] != SECRETS["first"] and not self.unchecked:
                return self.respond(401, b'{"error": "user name or password is wrong"}')
            token = self.tokens()
            self.open.add(token)
            return self.respond(200, json.dumps({"data": {"token": token}}).encode())
        if presented not in self.open:
            return self.respond(401, b"{}")
        if asked.target == "/out" and self.forgets:
            self.open.remove(presented)
        return self.respond(200, b'{"name": "ann"}')


@pytest.fixture
def ours(serve, scene):
    """Logs in at a service that a target file describes."""

    def make(door):
        made = scene(serve(door).url, ROLE, secrets=SECRETS)
        service = Service(made.client, made.target, Case(), ("writes",))
        logging_in = LoggingIn(service, made.client, made.target, made.redactor, Kept(), "us")
        return logging_in, service, made.target.promises

    return make


@pytest.mark.parametrize(("forgets", "expected"), [(True, {}), (False, {"session-outlives-log-out": "fail"})])
def test_a_log_out_ends_the_token(ours, respond, forgets, expected):
    logging_in, service, promises = ours(Door(respond, forgets=forgets))
    seen = logged_out.__wrapped__(service, promises, logging_in, logging_in.session())

    assert expected == rules(sessions.judge_ended(seen.opened, seen.log_out, seen.replay))


@pytest.mark.parametrize(
    ("tokens", "expected"), [(None, {}), (lambda: "one-for-all-0123456789abc", {"session-repeated": "fail"})]
)
def test_two_log_ins_give_two_tokens(ours, respond, tokens, expected):
    logging_in, _, _ = ours(Door(respond, tokens=tokens))
    session = logging_in.session()
    token, _ = another_log_in.__wrapped__(None, logging_in, session)()

    assert expected == rules(sessions.judge_difference(session.token, token))


@pytest.mark.parametrize(("unchecked", "expected"), [(False, {}), (True, {"password-unchecked": "fail"})])
def test_a_token_for_a_wrong_password_is_tried(ours, respond, unchecked, expected):
    logging_in, _, promises = ours(Door(respond, unchecked=unchecked))
    seen = wrong_log_ins.__wrapped__(promises, logging_in)

    assert expected == rules(sessions.judge_wrong_password(seen.opened))
    assert {} == rules(sessions.judge_enumeration(seen.unknown, seen.wrong, seen.names))


def test_a_token_cannot_be_planted(ours, respond):
    logging_in, service, promises = ours(Door(respond))

    with pytest.raises(NotRun, match="role us is given a token"):
        planted.__wrapped__(service, promises, logging_in, Kept())


def test_a_log_in_without_a_token_is_told(ours, respond):
    logging_in, _, _ = ours(lambda asked: respond(200, b'{"data": {}}'))

    with pytest.raises(Unjudged, match="status 200 without a token at /data/token"):
        logging_in.session()
