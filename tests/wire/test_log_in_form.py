"""Log-in forms that carry an anti-forgery token, answer 200 to a wrong password, and lock who tries too often."""

import time
from urllib.parse import parse_qs

import pytest

from prodverify.record.findings import Unjudged
from prodverify.wire.page import field_value

SECRETS = {"first": "first-credential"}
FORM = (
    '[roles.session]\nscheme = "cookie"\nlogin_path = "/in"\nencoding = "form"\n'
    'username = "ann"\ncredential = "first"\n'
)
TOKEN = b'<form><input type=hidden name="csrf" value="token&amp;12345"></form>'


def form(respond, *, page=(), granted=("Set-Cookie", "sid=abcdef123; HttpOnly"), token="token&12345"):
    """A service that logs in whoever sends its token back with the right password."""

    def answer(asked):
        if asked.target == "/in" and asked.method == "GET":
            return respond(200, TOKEN, *page)
        if asked.target == "/in":
            fields = parse_qs(asked.body.decode())
            right = fields.get("password") == ["first-credential"] and fields.get("csrf") == [token]
            return respond(302, b"", granted) if right else respond(200, TOKEN, *page)
        return respond(200 if "sid=abcdef123" in asked.header("Cookie") else 401)

    return answer


def test_the_token_is_taken_from_a_field_of_the_page(serve, scene, respond):
    server = serve(form(respond, page=[("Set-Cookie", "before=xyz12345")]))
    made = scene(server.url, FORM + 'csrf_member = "csrf"\n', secrets=SECRETS)
    assert made.client.ask("GET", "/", role="session").status == 200
    page, log_in, asked = server.asked
    assert ("GET", "POST") == (page.method, log_in.method)
    assert page.header("Accept").startswith("text/html")
    assert log_in.header("Cookie") == "before=xyz12345"
    assert (server.url, f"{server.url}/in") == (log_in.header("Origin"), log_in.header("Referer"))
    assert ("", "") == (page.header("Origin"), asked.header("Origin"))
    assert asked.header("Cookie") == "before=xyz12345; sid=abcdef123"


def test_what_changes_something_comes_from_the_site_that_its_users_see(serve, scene, respond):
    server = serve(form(respond, token="token&12345"))
    text = FORM + 'csrf_member = "csrf"\n[tls]\nterminated = true\n[permits]\nwrites = true\n'
    made = scene(server.url, text, secrets=SECRETS)
    made.client.ask("POST", "/things", role="session", writes=True)
    site = server.url.replace("http:", "https:")
    assert [("", ""), (site, f"{site}/in"), (site, f"{site}/")] == [
        (asked.header("Origin"), asked.header("Referer")) for asked in server.asked
    ]


def test_the_token_is_taken_from_a_cookie_and_repeated_in_a_header(serve, scene, respond):
    log_in = form(respond, page=[("Set-Cookie", "csrf=cookie-token")], token="cookie-token")
    server = serve(log_in)
    text = FORM + 'csrf_member = "csrf"\ncsrf_cookie = "csrf"\ncsrf_header = "X-CSRFToken"\nsession_cookie = "sid"\n'
    made = scene(server.url, text, secrets=SECRETS)
    made.client.ask("GET", "/", role="session")
    assert ["", "cookie-token", "cookie-token"] == [asked.header("X-CSRFToken") for asked in server.asked]
    assert made.client.presented("session") == (
        ("Cookie", "csrf=cookie-token; sid=abcdef123"),
        ("X-CSRFToken", "cookie-token"),
    )
    assert made.redactor.text("cookie-token") == "[redacted]"


@pytest.mark.parametrize(
    ("more", "page", "complaint"),
    [
        ('csrf_member = "other"\n', (), "an anti-forgery token in a field other"),
        ('csrf_member = "csrf"\ncsrf_cookie = "csrf"\n', (), "an anti-forgery token in the cookie csrf"),
        ('csrf_member = "csrf"\n', [("Set-Cookie", "sid=before-any-log-in")], "a log-in that sets a cookie"),
        ('csrf_member = "csrf"\nsession_cookie = "auth"\n', (), "a log-in that sets the cookie auth"),
    ],
)
def test_a_log_in_that_does_not_work_is_told(serve, scene, respond, more, page, complaint):
    server = serve(form(respond, page=page, granted=("Set-Cookie", "sid=before-any-log-in")))
    made = scene(server.url, FORM + more, secrets=SECRETS)
    with pytest.raises(Unjudged, match=complaint):
        made.client.ask("GET", "/", role="session")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 422])
def test_a_refused_log_in_is_tried_once_a_run(serve, scene, respond, status):
    server = serve(lambda asked: respond(status))
    made = scene(server.url, FORM, secrets=SECRETS)
    observed = set()
    for client in (made.client, made.client, scene(server.url, FORM, secrets=SECRETS).client):
        with pytest.raises(Unjudged, match="for role session from") as caught:
            client.ask("GET", "/", role="session")
        observed.add(caught.value.finding)
    assert (1, 1) == (len(server.asked), len(observed))


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_a_log_in_that_is_not_possible_now_is_tried_again(serve, scene, respond, status):
    server = serve(lambda asked: respond(status))
    client = scene(server.url, FORM, secrets=SECRETS).client
    for _ in range(2):
        with pytest.raises(Unjudged, match=f"status {status}"):
            client.ask("GET", "/", role="session")
    assert 2 == len(server.asked)


@pytest.mark.parametrize(
    ("page", "value"),
    [
        ('<input type="hidden" name="csrf" value="a&quot;b">', 'a"b'),
        ("<INPUT value=abc name=csrf>", "abc"),
        ('<input name="other" value="no"><input name="csrf" value="yes"><input name="csrf" value="later">', "yes"),
        ('<!-- <input name="csrf" value="no"> --><p>', ""),
        ('<input name="csrf">', ""),
        ("<input name=csrf value=", ""),
        ("<input\n name = 'csrf'\n disabled value=a/b+c==\n/>", "a/b+c=="),
        ('<input value="a>b" data-name="csrf" name="csrf" value="second">', "a>b"),
        ("<script>'<input name=csrf value=no>'</script><inputs name=csrf value=no><input name=csrf value=yes>", "yes"),
        ("<![odd]><!odd><?odd><input name=csrf value=yes>", "yes"),
        ("", ""),
    ],
)
def test_a_field_is_read_as_a_browser_reads_it(page, value):
    assert value == field_value(page, "csrf")


@pytest.mark.parametrize(
    "piece", ["<a ", "<input ", "<input a='", '<input a="b"', "<input a = ", "<!--", "<script>", "<"]
)
def test_a_page_that_never_ends_its_tags_is_read_in_time(piece):
    started = time.monotonic()
    assert field_value(piece * (1_000_000 // len(piece)), "csrf") == ""
    assert time.monotonic() - started < 2.0  # 0.1 s on an idle machine
