"""Log-ins that answer with a token in a JSON body: read where the target file says, presented as it says, renewed."""

from __future__ import annotations

import json

import pytest

from prodverify.record.findings import Unjudged

SECRETS = {"first": "first-credential"}
ROLE = '[roles.us]\nscheme = "token"\nlogin_path = "/log-in"\nusername = "ann"\ncredential = "first"\n'


def logging_in(respond, tokens, *, life=None):
    """A service that gives a new token with each log-in and takes the last one alone."""

    def answer(asked):
        if asked.target == "/log-in":
            tokens.append(f"token-{len(tokens)}")
            return respond(201, json.dumps({"data": [{"token": tokens[-1], "life": life}]}).encode())
        return respond(200 if tokens and asked.header("Authorization") == f"Bearer {tokens[-1]}" else 401)

    return answer


AT = 'token_at = "/data/0/token"\n'


def test_the_token_is_read_where_the_file_says_and_shared(serve, scene, respond):
    tokens: list[str] = []
    server = serve(logging_in(respond, tokens))
    for _ in range(2):  # as two workers of one run
        made = scene(server.url, ROLE + AT, secrets=SECRETS)
        assert [200, 200] == [made.client.ask("GET", "/", role="us").status for _ in range(2)]
        assert "[redacted]" == made.redactor.text("token-0")
    log_in = server.asked[0]
    assert ("POST", {"username": "ann", "password": "first-credential"}) == (log_in.method, json.loads(log_in.body))
    assert ["token-0"] == tokens


def test_body_method_header_and_prefix_are_the_services_own(serve, scene, respond):
    server = serve(lambda asked: respond(200, b'{"token": "tok-123456"}'))
    more = (
        'login_method = "PUT"\nusername_member = "name"\npassword_member = "secret"\nencoding = "form"\n'
        'login_body = { device = "one" }\nheader = "X-Session"\nprefix = "Token "\n'
    )
    made = scene(server.url, ROLE + more, secrets=SECRETS)
    made.client.ask("GET", "/", role="us")
    log_in, asked = server.asked
    assert ("PUT", b"device=one&name=ann&secret=first-credential") == (log_in.method, log_in.body)
    assert ("Token tok-123456", "") == (asked.header("X-Session"), asked.header("Authorization"))
    assert "Token [redacted]" == made.redactor.text("Token tok-123456")


def test_a_token_that_is_refused_is_renewed_once(serve, scene, respond):
    tokens: list[str] = []
    server = serve(logging_in(respond, tokens))
    client = scene(server.url, ROLE + AT, secrets=SECRETS).client
    client.ask("GET", "/", role="us")
    tokens.append("revoked-all-others")
    answered = client.ask("GET", "/", role="us")
    assert (200, 2, 3) == (answered.status, answered.attempts, len(tokens))


@pytest.mark.parametrize(("life", "log_ins"), [(3600, 1), ("3600", 1), (None, 1), (0, 1), ("0.000001", 2)])
def test_a_token_is_asked_for_again_when_its_stated_life_ends(serve, scene, respond, life, log_ins):
    tokens: list[str] = []
    server = serve(logging_in(respond, tokens, life=life))
    client = scene(server.url, ROLE + AT + 'life_at = "/data/0/life"\n', secrets=SECRETS).client
    for _ in range(2):
        client.ask("GET", "/", role="us")
    assert log_ins == len(tokens)


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (401, b"{}", "a log-in that succeeds for role us from .*/log-in; status 401"),
        (302, b"", "a log-in that succeeds for role us from .*/log-in; status 302"),
        (200, b"<html>", "a token at /token of a JSON body for role us from .*; another body"),
        (200, b"[]", "a token at /token of a JSON body for role us from .*; no item"),
        (200, b'{"error": "no"}', "a token at /token of a JSON body for role us from .*; no member"),
        (200, b'{"token": 7}', "a token at /token of a JSON body for role us"),
        (200, b'{"token": ""}', "a token at /token of a JSON body for role us"),
        (200, b'{"token": "two words"}', "a token at /token of a JSON body for role us"),
    ],
)
def test_a_log_in_without_a_token_names_role_and_endpoint(serve, scene, respond, status, body, complaint):
    server = serve(lambda asked: respond(status, body))
    made = scene(server.url, ROLE, secrets=SECRETS)
    with pytest.raises(Unjudged, match=complaint) as caught:
        made.client.ask("GET", "/", role="us")
    assert "first-credential" not in str(caught.value)


def test_a_log_in_that_is_limited_does_not_send_anybody_to_look_for_a_wrong_secret(serve, scene, respond):
    server = serve(lambda asked: respond(429))
    with pytest.raises(Unjudged, match="status 429") as caught:
        scene(server.url, ROLE, secrets=SECRETS).client.ask("GET", "/", role="us")
    assert "limits log-ins" in caught.value.finding.next_step


def test_a_refused_log_in_is_tried_once_a_run(serve, scene, respond):
    server = serve(lambda asked: respond(403))
    for _ in range(3):
        with pytest.raises(Unjudged, match="status 403"):
            scene(server.url, ROLE, secrets=SECRETS).client.ask("GET", "/", role="us")
    assert 1 == len(server.asked)


def test_a_log_in_of_its_own_is_told_as_it_went_and_what_it_gave_is_a_secret(serve, scene, respond):
    def answer(asked):
        wrong = json.loads(asked.body)["password"] != "first-credential"
        return respond(401, b"{}") if wrong else respond(200, b'{"token": "token-4711-of-nobody-else"}')

    server = serve(answer)
    made = scene(server.url, ROLE, secrets=SECRETS)
    assert 401 == made.client.log_in("us", username="nobody", password="a-wrong-one").answer.status
    assert {"username": "nobody", "password": "a-wrong-one"} == json.loads(server.asked[0].body)
    given = made.client.log_in("us")
    assert (200, {}) == (given.answer.status, given.cookies)
    assert "[redacted]" == made.redactor.text("token-4711-of-nobody-else")
