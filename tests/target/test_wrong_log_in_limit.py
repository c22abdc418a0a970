"""Mistakes in [log_in_limit], each in one sentence."""

import pytest

from tests.target.wrong_files import KEY, LIST, TOP, wrong

SECRET = '[secrets]\nkey = { env = "OUR_KEY" }\n'
COOKIE = SECRET + '[roles.us]\nscheme = "cookie"\nlogin_path = "/in"\nusername = "ann"\ncredential = "key"\n'
BASIC = SECRET + '[roles.us]\nscheme = "basic"\nusername = "ann"\ncredential = "key"\n'
CLOSED = LIST + "roles = { us = 200, anonymous = 401 }\n"
LIMIT = '[log_in_limit]\nrole = "us"\ntries = 5\nwindow_seconds = 60.0\n'
TELLING = 'an endpoint with method GET that "us" gets 2xx from and anonymous does not'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "log-ins-of-nobody",
            TOP + COOKIE + LIMIT.replace('"us"', '"uz"'),
            '[log_in_limit] role: no role "uz"; expected "us" or "anonymous"',
        ),
        wrong(
            "log-ins-without-credential",
            TOP + COOKIE + LIMIT.replace('"us"', '"anonymous"'),
            "[log_in_limit] role: expected a role that has a credential to be wrong",
        ),
        wrong(
            "log-ins-of-a-client",
            TOP
            + SECRET
            + '[roles.us]\nscheme = "oauth2"\ntoken_url = "/token"\nclient_id = "us"\ncredential = "key"\n'
            + LIMIT,
            '[log_in_limit] role: expected a role with a user name, a key or a token of its own; "us" is oauth2',
        ),
        wrong(
            "too-many-wrong-log-ins",
            TOP + COOKIE + LIMIT.replace("tries = 5", "tries = 11"),
            "[log_in_limit] tries: expected at most 10, came 11",
        ),
        wrong(
            "no-wrong-log-in",
            TOP + COOKIE + LIMIT.replace("tries = 5", "tries = 0"),
            "[log_in_limit] tries: expected at least 1, came 0",
        ),
        wrong(
            "limited-as-unauthenticated",
            TOP + COOKIE + LIMIT + "statuses = [429, 401]\n",
            "[log_in_limit] statuses: 401 is what a wrong log-in gets; expected what the limiter answers",
        ),
        wrong(
            "one-name",
            TOP + COOKIE + LIMIT + 'usernames = ["nobody", "nobody"]\n',
            "[log_in_limit] usernames: expected two different user names, came 1",
        ),
        wrong(
            "our-own-name",
            TOP + COOKIE + LIMIT + 'usernames = ["nobody", "ann"]\n',
            '[log_in_limit] usernames: is the name of role "us"',
        ),
        wrong(
            "keys-have-no-user",
            TOP + KEY + CLOSED + LIMIT + 'endpoint = "list"\n',
            '[log_in_limit] scope: role "us" has no username; expected "address"',
        ),
        wrong(
            "basic-without-endpoint",
            TOP + BASIC + CLOSED + LIMIT,
            '[log_in_limit] endpoint: is missing; role "us" presents its credential with every request',
        ),
        wrong(
            "cookie-with-endpoint",
            TOP + COOKIE + CLOSED + LIMIT + 'endpoint = "list"\n',
            '[log_in_limit] endpoint: means nothing: role "us" logs in at its login_path; remove it',
        ),
        wrong(
            "endpoint-misspelt",
            TOP + BASIC + CLOSED + LIMIT + 'endpoint = "lust"\n',
            '[log_in_limit] endpoint: no endpoint "lust"; did you mean "list"?',
        ),
        wrong(
            "open-endpoint",
            TOP + BASIC + LIST + "roles = { us = 200 }\n" + LIMIT + 'endpoint = "list"\n',
            f"[log_in_limit] endpoint: expected {TELLING}",
        ),
        wrong(
            "no-such-header-name",
            TOP + COOKIE + LIMIT + 'headers = ["Retry After"]\n',
            '[log_in_limit] headers #1: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
    ],
)
def test_a_mistake_about_the_limit_of_log_ins_is_told_in_one_sentence(complaints_about, content, complaints):
    assert complaints == complaints_about(content)
