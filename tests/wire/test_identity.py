"""Each role's credential reaches the service as declared; a token is fetched once a run."""

import base64
import json
import multiprocessing
import time

import pytest

from prodverify.record.findings import Unjudged
from prodverify.target.load import Target
from prodverify.wire.client import Client
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run
from prodverify.wire.unjudged import Refused

SECRETS = {"first": "first-credential", "second": "second-credential"}
COOKIE = '[roles.session]\nscheme = "cookie"\nlogin_path = "/log-in"\nusername = "ann"\ncredential = "first"\n'


def oauth2(server):
    return (
        f'[roles.machine]\nscheme = "oauth2"\ntoken_url = "{server.url}/token?x=1"\nclient_id = "the client"\n'
        'credential = "first"\nscope = "read write"\n'
    )


@pytest.mark.parametrize(
    ("role", "header", "value"),
    [
        ('scheme = "header"\nheader = "X-Key"\ncredential = "first"', "X-Key", "first-credential"),
        (
            'scheme = "header"\nheader = "Authorization"\nprefix = "Token "\ncredential = "first"',
            "Authorization",
            "Token first-credential",
        ),
        ('scheme = "bearer"\ncredential = "first"', "Authorization", "Bearer first-credential"),
        (
            'scheme = "basic"\nusername = "ann"\ncredential = "first"',
            "Authorization",
            "Basic " + base64.b64encode(b"ann:first-credential").decode(),
        ),
    ],
)
def test_a_credential_is_sent_as_declared(serve, scene, respond, role, header, value):
    server = serve(lambda asked: respond())
    client = scene(server.url, f"[roles.someone]\n{role}", secrets=SECRETS).client
    assert client.ask("GET", "/", role="someone").role == "someone"
    client.ask("GET", "/")
    assert [value, ""] == [asked.header(header) for asked in server.asked]


def test_several_credentials_are_chosen_by_number(serve, scene, respond):
    server = serve(lambda asked: respond())
    text = '[roles.loader]\nscheme = "header"\ncredentials = ["first", "second"]'
    client = scene(server.url, text, secrets=SECRETS).client
    client.ask("GET", "/", role="loader", credential=1)
    assert server.asked[0].header("X-API-Key") == "second-credential"
    with pytest.raises(Refused, match="credential number 3 of role loader"):
        client.ask("GET", "/", role="loader", credential=2)
    with pytest.raises(Refused, match="a role named nobody"):
        client.ask("GET", "/", role="nobody")


def logging_in(respond, *lines):
    def answer(asked):
        if asked.method == "POST":
            return respond(200, b"{}", *lines)
        return respond(200 if asked.header("Cookie") else 401)

    return answer


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("json", b'{"username": "ann", "password": "first-credential"}'),
        ("form", b"username=ann&password=first-credential"),
    ],
)
def test_a_cookie_log_in_happens_once_and_needs_no_permit(serve, scene, respond, encoding, body):
    lines = [
        ("Set-Cookie", "sid=abcdef123; HttpOnly; Max-Age=3600"),
        ("Set-Cookie", "csrf=zyx987; Path=/"),
        ("Set-Cookie", "old=gone; Max-Age=0"),
    ]
    server = serve(logging_in(respond, *lines))
    made = scene(server.url, COOKIE + f'encoding = "{encoding}"', secrets=SECRETS)
    assert [made.client.ask("GET", "/", role="session").status for _ in range(2)] == [200, 200]
    assert [asked.method for asked in server.asked] == ["POST", "GET", "GET"]
    assert ("/log-in", body) == (server.asked[0].target, server.asked[0].body)
    assert server.asked[1].header("Cookie") == "sid=abcdef123; csrf=zyx987"
    assert made.client.spent == 3
    assert made.redactor.text("abcdef123 and zyx987") == "[redacted] and [redacted]"


def test_an_oauth2_token_is_asked_for_as_the_rfc_says_and_learned(serve, scene, respond):
    def answer(asked):
        if asked.target.startswith("/token"):
            return respond(200, json.dumps({"access_token": "tok-123456", "expires_in": 3600}).encode())
        return respond()

    server = serve(answer)
    made = scene(server.url, oauth2(server), secrets=SECRETS)
    made.client.ask("GET", "/", role="machine")
    made.client.ask("GET", "/", role="machine")
    token, first, second = server.asked
    assert token.body == b"grant_type=client_credentials&scope=read+write"
    assert "Basic " + base64.b64encode(b"the+client:first-credential").decode() == token.header("Authorization")
    assert [first.header("Authorization"), second.header("Authorization")] == ["Bearer tok-123456"] * 2
    assert made.redactor.text("Bearer tok-123456") == "Bearer [redacted]"


def test_a_token_is_renewed_before_it_expires(serve, scene, respond):
    def answer(asked):
        if asked.method == "POST":
            return respond(200, json.dumps({"access_token": f"token-{len(server.asked)}", "expires_in": 1}).encode())
        return respond()

    server = serve(answer)
    client = scene(server.url, oauth2(server), secrets=SECRETS).client
    client.ask("GET", "/", role="machine")
    time.sleep(0.85)  # within its life, inside the margin of a fifth
    client.ask("GET", "/", role="machine")
    assert [asked.method for asked in server.asked] == ["POST", "GET", "POST", "GET"]


def test_a_refused_token_is_renewed_once_and_the_question_asked_again(serve, scene, respond):
    tokens = []

    def answer(asked):
        if asked.method == "POST":
            tokens.append(f"token-{len(tokens)}")
            return respond(200, json.dumps({"access_token": tokens[-1]}).encode())
        return respond(200 if asked.header("Authorization") == "Bearer token-1" else 401)

    server = serve(answer)
    client = scene(server.url, oauth2(server), secrets=SECRETS).client
    answered = client.ask("GET", "/", role="machine")
    assert (answered.status, answered.attempts, len(tokens)) == (200, 2, 2)


def test_a_place_that_refuses_new_tokens_too_is_not_asked_twice_again(serve, scene, respond):
    def answer(asked):
        if asked.method == "POST":
            return respond(200, json.dumps({"access_token": f"token-{len(server.asked)}"}).encode())
        return respond(401)

    server = serve(answer)
    client = scene(server.url, oauth2(server), secrets=SECRETS).client
    for _ in range(3):
        assert client.ask("GET", "/", role="machine").status == 401
    assert [asked.method for asked in server.asked] == ["POST", "GET", "POST", "GET", "GET", "GET"]


def test_a_credential_of_the_callers_own_is_not_replaced(serve, scene, respond):
    server = serve(
        lambda asked: respond(200, b"{}", ("Set-Cookie", "s=abcdefg")) if asked.method == "POST" else respond(401)
    )
    client = scene(server.url, COOKIE, secrets=SECRETS).client
    assert client.ask("GET", "/", role="session", headers=[("Cookie", "s=forged")]).status == 401
    assert ["abcdefg" not in asked.header("Cookie") for asked in server.asked] == [True, True]


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (401, b"{}", "a token for role machine from .*/token; status 401"),
        (200, b"<html>", "a token as JSON for role machine"),
        (200, b"[]", "a member access_token for role machine"),
        (200, b'{"access_token": ""}', "a member access_token for role machine"),
    ],
)
def test_a_failed_log_in_names_role_and_endpoint(serve, scene, respond, status, body, complaint):
    server = serve(lambda asked: respond(status, body))
    made = scene(server.url, oauth2(server), secrets=SECRETS)
    with pytest.raises(Unjudged, match=complaint) as caught:
        made.client.ask("GET", "/", role="machine")
    assert "first-credential" not in str(caught.value)
    assert caught.value.finding.severity == "inconclusive"


def test_a_log_in_without_answer_or_cookie_is_unjudged_too(serve, scene, respond):
    silent, bare = serve(lambda asked: None), serve(lambda asked: respond())
    with pytest.raises(Unjudged, match=r"an answer for role session from .*/log-in"):
        scene(silent.url, COOKIE, secrets=SECRETS).client.ask("GET", "/", role="session")
    with pytest.raises(Unjudged, match="sets a cookie for role session"):
        scene(bare.url, COOKIE, secrets=SECRETS).client.ask("GET", "/", role="session")


def _worker(target: Target, run: dict, go, answers) -> None:
    run = Run.from_dict(run)
    client = Client(target, run, redactor=Redactor(target.secrets, run.folder))
    go.wait(10)
    answers.put(client.ask("GET", "/", role="session").status)
    client.close()


def test_workers_share_one_log_in(serve, scene, respond):
    server = serve(logging_in(respond, ("Set-Cookie", "sid=abcdef123")))
    made = scene(server.url, COOKIE, secrets=SECRETS)
    context = multiprocessing.get_context("fork")
    go, answers = context.Event(), context.Queue()
    workers = [context.Process(target=_worker, args=(made.target, made.run.as_dict(), go, answers)) for _ in range(4)]
    for worker in workers:
        worker.start()
    go.set()
    assert [answers.get(timeout=10) for _ in workers] == [200] * 4
    for worker in workers:
        worker.join(10)
    assert [asked.method for asked in server.asked].count("POST") == 1
    assert made.client.spent == 5
    [kept] = made.run.folder.glob("identity-*")
    assert kept.stat().st_mode & 0o777 == 0o600
