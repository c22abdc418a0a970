"""What a service cannot promise, or the suite cannot send, is refused before anything is asked."""

from __future__ import annotations

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import EXECUTE, KEY, LIMIT, LIST, TOP, wrong

FORM = '[secrets]\nkey = { env = "OUR_KEY" }\n[roles.us]\nscheme = "cookie"\nlogin_path = "/in"\ncredential = "key"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "prefix-with-line-break",
            TOP + KEY + 'prefix = "Token\\n"\n',
            '[roles.us] prefix: expected visible ASCII characters, as "Token "',
        ),
        wrong(
            "csrf-header-alone",
            TOP + FORM + 'csrf_header = "X-CSRFToken"\n',
            "[roles.us] csrf_cookie: is missing; csrf_header repeats the value of that cookie",
        ),
        wrong(
            "csrf-header-no-header",
            TOP + FORM + 'csrf_header = "X CSRF"\ncsrf_cookie = "csrf"\n',
            '[roles.us] csrf_header: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "csrf-cookie-for-nothing",
            TOP + FORM + 'csrf_cookie = "csrf"\n',
            (
                "[roles.us] csrf_cookie: is sent nowhere; expected csrf_member for the log-in, csrf_header for "
                "requests, or both"
            ),
        ),
        wrong(
            "session-cookie-before-log-in",
            TOP + FORM + 'csrf_cookie = "sid"\ncsrf_member = "csrf"\nsession_cookie = "sid"\n',
            "[roles.us] session_cookie: is csrf_cookie, which is set before anybody logs in",
        ),
        wrong(
            "header-with-credential",
            TOP + LIST + 'headers = { authorization = "Bearer 1234" }\n',
            (
                '[[endpoints]] "list" headers.authorization: carries a credential; declare a role, whose secret '
                "stands in no file"
            ),
        ),
        wrong(
            "header-that-frames",
            TOP + LIST + 'headers = { Host = "other.example" }\n',
            '[[endpoints]] "list" headers.Host: Host frames the message; it is sent by itself',
        ),
        wrong(
            "header-of-every-request-with-credential",
            TOP + '[asking]\nheaders = { X-API-Key = "1234" }\n',
            "[asking] headers.X-API-Key: carries a credential; declare a role, whose secret stands in no file",
        ),
        wrong(
            "header-of-every-request-that-is-ours",
            TOP + '[asking]\nheaders = { User-Agent = "a browser" }\n',
            "[asking] headers.User-Agent: User-Agent is what the suite says of itself; it stays",
        ),
        wrong(
            "header-without-name",
            TOP + LIST + 'headers = { "a b" = "c" }\n',
            (
                '[[endpoints]] "list" headers: expected the name of a header, as "X-Request-ID", without colon '
                "and spaces"
            ),
        ),
        wrong(
            "header-value",
            TOP + LIST + 'headers = { Accept = "text/html " }\n',
            '[[endpoints]] "list" headers.Accept: expected visible ASCII characters, spaces only inside',
        ),
        wrong(
            "component-pointer",
            TOP + '[[health]]\nname = "up"\npath = "/up"\ncomponents = { "/a~b" = "ok" }\n',
            ('[[health]] "up" components./a~b: expected the name of a component, or a JSON Pointer (RFC 6901) to it'),
        ),
        wrong(
            "component-word",
            TOP + '[[health]]\nname = "up"\npath = "/up"\ncomponents = { database = ["ok"] }\n',
            '[[health]] "up" components.database: expected text in quotes, came a list',
        ),
        wrong(
            "members-of-text",
            TOP + '[errors]\nmedia_type = "text/plain"\nmembers = ["error"]\n',
            '[errors] members: "text/plain" has no members; expected a media type of JSON, or no members',
        ),
        wrong(
            "exception-of-nothing",
            TOP + LIST + '[errors]\nexceptions = [{ refusal = "limit", reason = "answered in front" }]\n',
            '[errors] exceptions #1.refusal: no kind of refusal "limit"; did you mean "limited"?',
        ),
        wrong(
            "exception-without-reason",
            TOP + LIST + '[errors]\nexceptions = [{ refusal = "limited", reason = "so" }]\n',
            '[errors] exceptions #1.reason: expected at least 10 characters, came "so"',
        ),
        wrong(
            "mistake-with-a-name-that-is-taken",
            TOP + LIST.replace('"list"', '"missing"') + 'profile = "error"\n',
            (
                '[[endpoints]] "missing" name: is a kind of refusal; an endpoint with profile "error" needs a name of '
                "its own: unauthenticated, forbidden, missing, method, malformed, too-large, unsupported, "
                "unprocessable, limited are taken"
            ),
        ),
        wrong(
            "missing-path",
            TOP + '[errors]\nmissing_path = "/a b"\n',
            (
                "[errors] missing_path: expected visible ASCII characters; percent-encode all others "
                "(RFC 3986 section 2.1)"
            ),
        ),
        wrong(
            "bystander-of-an-address",
            TOP + KEY + EXECUTE + LIMIT + 'scope = "address"\nother_role = "anonymous"\n',
            '[rate_limit] other_role: means nothing for scope "address": all roles ask from one address; remove it',
        ),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


def loaded(folder, text, **environ):
    file = folder / "ours.toml"
    file.write_text(TOP + text)
    return load(str(file), root=folder, environ=environ)


def test_a_truth_or_a_number_is_a_component_s_word(folder):
    words = "{ database = true, queue = 0, asgi = 3.0, cache = 'ok' }"
    (health,) = loaded(folder, f'[[health]]\nname = "up"\npath = "/up"\ncomponents = {words}\n').promises.health
    assert {"database": "true", "queue": "0", "asgi": "3.0", "cache": "ok"} == health.components


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("postgresql+psycopg2://us:pw@db/ours", "postgresql://us:pw@db/ours"),
        ("postgres+asyncpg://us:pw@db/ours", "postgres://us:pw@db/ours"),
        ("postgresql://us:p+q://@db/ours", "postgresql://us:p+q://@db/ours"),
        ("host=db user=us dbname=ours", "host=db user=us dbname=ours"),
    ],
)
def test_a_connection_string_may_name_a_driver(folder, said, read):
    text = '[secrets]\ndsn = { env = "DSN" }\n[database]\ndsn = "dsn"\n'
    assert read == loaded(folder, text, DSN=said).dsn


def test_without_a_database_there_is_no_connection_string(folder):
    assert loaded(folder, "").dsn == ""


@pytest.mark.parametrize(
    ("profile", "headers", "lines"),
    [
        ("api", {}, ()),
        ("html", {}, (("Accept", "text/html, */*;q=0.8"),)),
        ("static", {}, (("Accept", "*/*"),)),
        ("html", {"accept": "application/xhtml+xml"}, (("accept", "application/xhtml+xml"),)),
        ("preflight", {"Origin": "https://a.example"}, (("Origin", "https://a.example"),)),
    ],
)
def test_a_page_is_asked_for_as_a_page(folder, profile, headers, lines):
    declared = ", ".join(f'{name} = "{value}"' for name, value in headers.items())
    (endpoint,) = loaded(folder, LIST + f'profile = "{profile}"\nheaders = {{ {declared} }}\n').promises.endpoints
    assert lines == endpoint.lines
