"""Log-ins of a case's own: which cookie carries the session, what a visitor held before, how a log-out is asked."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from fixtures.case import Case
from fixtures.logging_in import LoggingIn
from fixtures.missing_ids import missing_like
from fixtures.nouns import Service
from fixtures.observations import Kept
from fixtures.sessions import logged_out, planted, wrong_log_ins
from prodverify.judges import sessions
from prodverify.record.findings import Unjudged
from tests.judges.scene import rules

SECRETS = {"first": "first-credential"}
ROLE = '[roles.us]\nscheme = "cookie"\nlogin_path = "/in"\nusername = "ann@a.example"\ncredential = "first"\n'
FORM = f'{ROLE}encoding = "form"\ncsrf_member = "csrf"\n'
HOME = '[[endpoints]]\nname = "home"\npath = "/home"\nroles = { us = 200, anonymous = 302 }\n'
SESSIONS = '[permits]\nwrites = true\n[sessions]\nrole = "us"\ntries = 1\n'
PAGE = b'<form><input type="hidden" name="csrf" value="token-1234"></form>'


class Site:
    """A site with forms: ``adopts`` the session cookie that it is given, or makes a new one; ``forgets`` at log-out."""

    def __init__(self, respond, *, adopts=False, forgets=True, more=()):
        self.respond, self.adopts, self.forgets, self.more = respond, adopts, forgets, more
        self.open: set[str] = set()
        self.made = 0

    def __call__(self, asked):
        held = dict(pair.split("=", 1) for pair in asked.header("Cookie").split("; ") if "=" in pair)
        fields = {name: value[0] for name, value in parse_qs(asked.body.decode()).items()}
        if (asked.method, asked.target) == ("GET", "/in"):
            return self.respond(200, PAGE, *([] if "sid" in held else [self.cookie(self.new())]))
        if fields.get("csrf", "token-1234") != "token-1234":
            return self.respond(403)
        if asked.target == "/in":
            return self.log_in(held, fields)
        if asked.target == "/out":
            self.open -= {held.get("sid", "")} if self.forgets else set()
            return self.respond(303, b"", ("Set-Cookie", "sid=; Max-Age=0"), ("Location", "/"))
        return self.respond(200, PAGE) if held.get("sid") in self.open else self.respond(302, b"", ("Location", "/in"))

    def log_in(self, held, fields):
        if fields.get("password") != SECRETS["first"]:
            return self.respond(200, b"<p>no such " + (b"user" if "ann" not in fields["username"] else b"word"))
        sid = held.get("sid", "") if self.adopts else self.new()
        self.open.add(sid)
        more = [("Set-Cookie", line) for line in self.more]
        return self.respond(302, b"", self.cookie(sid), *more, ("Location", "/home"))

    def new(self):
        self.made += 1
        return f"{self.made:x}" * 32

    def cookie(self, sid):
        return "Set-Cookie", f"sid={sid}; HttpOnly; Path=/"


@pytest.fixture
def ours(serve, scene):
    """Logs in at a site that a target file describes."""

    def make(site, text):
        made = scene(serve(site).url, text + HOME, secrets=SECRETS)
        service = Service(made.client, made.target, Case(), ("writes",))
        return LoggingIn(service, made.client, made.target, made.redactor, Kept(), "us"), service, made.target.promises

    return make


def test_the_cookie_that_carries_the_session_is_found_by_leaving_it_out(ours, respond):
    site = Site(respond, more=("theme=dark-mode-1", "lang=en"))
    logging_in, _, _ = ours(site, FORM)

    assert ("sid",) == logging_in.session().carriers
    assert logging_in.session().opened.status == 200


def test_a_cookie_that_each_answer_renews_is_used_as_it_was_renewed_last(ours, respond):
    site = Site(respond)

    def renewing(asked):
        held = asked.header("Cookie").rpartition("sid=")[2]
        answer = site(asked)
        if asked.target == "/home" and held in site.open:
            site.open = {site.new()}
            return respond(200, PAGE, site.cookie(*site.open))
        return answer

    logging_in, service, promises = ours(renewing, FORM + SESSIONS + 'log_out = { path = "/out" }\n')
    seen = logged_out.__wrapped__(service, promises, logging_in, logging_in.session())

    assert (303, "/") == (seen.log_out.status, seen.log_out.headers.first("location"))
    assert {} == rules(sessions.judge_ended(seen.opened, seen.log_out, seen.replay))
    assert set() == site.open


def test_a_token_in_a_cookie_is_repeated_as_scripts_read_it(ours, respond):
    def site(asked):
        if asked.method == "GET" and asked.target == "/in":
            return respond(200, PAGE, ("Set-Cookie", "XSRF-TOKEN=eyJpdiI%3D; Path=/"))
        if asked.method == "POST" and asked.header("X-XSRF-TOKEN") != "eyJpdiI=":
            return respond(419)
        if asked.target == "/home":
            return respond(200 if "sid=1" in asked.header("Cookie") else 302)
        return respond(204, b"", ("Set-Cookie", "sid=1234567890; Path=/"))

    text = f'{ROLE}csrf_cookie = "XSRF-TOKEN"\ncsrf_header = "X-XSRF-TOKEN"\n{SESSIONS}log_out = {{ path = "/out" }}\n'
    logging_in, service, promises = ours(site, text)
    seen = logged_out.__wrapped__(service, promises, logging_in, logging_in.session())

    assert (200, 204) == (seen.opened.status, seen.log_out.status)


def test_a_declared_cookie_is_taken_for_what_it_is_said_to_be(ours, respond):
    logging_in, _, _ = ours(Site(respond, more=("theme=dark-mode-1",)), f'{FORM}session_cookie = "sid"\n')

    assert ("sid",) == logging_in.session().carriers


def test_where_no_cookie_matters_it_is_said_so(ours, respond):
    logging_in, _, _ = ours(lambda asked: respond(200, PAGE, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), FORM)

    with pytest.raises(Unjudged, match="a, b; none of them alone matters"):
        logging_in.session()


def test_a_password_that_is_refused_is_sent_once(ours, respond):
    sent = []

    def site(asked):
        sent.extend([asked] if asked.method == "POST" else [])
        return respond(401, PAGE)

    logging_in, _, promises = ours(site, FORM + SESSIONS)
    for ask in (logging_in.session, logging_in.session, lambda: wrong_log_ins.__wrapped__(promises, logging_in)):
        with pytest.raises(Unjudged, match="status 401"):
            ask()

    assert 1 == len(sent)


def test_a_log_in_that_is_limited_says_so(ours, respond):
    site, posted = Site(respond), []

    def limiting(asked):
        posted.extend([asked] if (asked.method, asked.target) == ("POST", "/in") else [])
        return respond(429) if posted else site(asked)

    logging_in, _, _ = ours(limiting, FORM)
    for _ in range(2):
        with pytest.raises(Unjudged, match="status 429") as limited:
            logging_in.session()
        assert "the limit of log-ins" in limited.value.finding.next_step

    assert 1 == len(posted)


@pytest.mark.parametrize(("adopts", "expected"), [(False, {}), (True, {"session-fixed": "fail"})])
def test_the_session_of_a_visitor_is_presented_with_the_log_in(ours, respond, adopts, expected):
    logging_in, service, promises = ours(Site(respond, adopts=adopts), FORM + SESSIONS + 'visitor_path = "/in"\n')
    seen = planted.__wrapped__(service, promises, logging_in, Kept())

    assert expected == rules(sessions.judge_fixation(seen.opened, seen.replay))


@pytest.mark.parametrize(("adopts", "expected"), [(False, {}), (True, {"session-fixed": "fail"})])
def test_without_visitors_a_made_up_session_is_presented(ours, respond, adopts, expected):
    logging_in, service, promises = ours(Site(respond, adopts=adopts), FORM + SESSIONS)
    seen = planted.__wrapped__(service, promises, logging_in, Kept())

    assert expected == rules(sessions.judge_fixation(seen.opened, seen.replay))


@pytest.mark.parametrize(("forgets", "expected"), [(True, {}), (False, {"session-outlives-log-out": "fail"})])
def test_a_log_out_carries_the_token_of_the_page(ours, respond, forgets, expected):
    text = FORM + SESSIONS + 'log_out = { path = "/out" }\n'
    logging_in, service, promises = ours(Site(respond, forgets=forgets), text)
    seen = logged_out.__wrapped__(service, promises, logging_in, logging_in.session())

    assert expected == rules(sessions.judge_ended(seen.opened, seen.log_out, seen.replay))


def test_wrong_log_ins_differ_in_what_is_wrong_alone(ours, respond):
    logging_in, _, promises = ours(Site(respond), FORM + SESSIONS)
    seen = wrong_log_ins.__wrapped__(promises, logging_in)

    assert seen.names[0].endswith("@a.example")
    assert seen.names[0] != seen.names[1] == "ann@a.example"
    found = sessions.judge_enumeration(seen.unknown, seen.wrong, seen.names)
    assert {"users-told-by-body": "fail"} == rules(found)
    assert "first-credential" not in str(found)


@pytest.mark.parametrize(
    "identifier",
    [
        "17",
        "9007199254740993123",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "0f8fad5bd9cb469fa16570867728950e",  # pragma: allowlist secret
        "cus_Ab12cd",
    ],
)
def test_an_id_that_nothing_has_looks_like_one_that_something_has(identifier):
    missing = missing_like(identifier)

    assert missing != identifier
    assert identifier.isdigit() == missing.isdigit()
    assert identifier.count("-") == missing.count("-")
    assert len(identifier) == len(missing) or identifier == "17"
