"""Origins that no browser sends, and pages that are promised what no browser lets them have, are refused."""

from __future__ import annotations

import pytest

from prodverify.target.cors import Cors
from tests.target.wrong_files import LIST, TOP, wrong

NO_ORIGIN = 'expected an origin without path, as "https://app.example.com", or "*", came'


def origin(name, text):
    return wrong(name, TOP + LIST + f'[cors]\norigins = ["{text}"]\n', f'[cors] origins #1: {NO_ORIGIN} "{text}"')


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        origin("path", "https://app.example/"),
        origin("scheme", "app.example"),
        origin("case", "https://App.example"),
        origin("star-inside", "https://app.*.example"),
        origin("null", "null"),
        wrong(
            "usual-port",
            TOP + LIST + '[cors]\norigins = ["https://app.example:443"]\n',
            '[cors] origins #1: browsers leave the usual port out; expected none, came "https://app.example:443"',
        ),
        wrong(
            "itself",
            TOP + LIST + '[cors]\norigins = ["http://127.0.0.1:8000"]\n',
            '[cors] origins #1: "http://127.0.0.1:8000" is the service itself, whose pages need no permission',
        ),
        wrong(
            "twice",
            TOP + LIST + '[cors]\norigins = ["https://a.example", "https://a.example"]\n',
            '[cors] origins #2: names "https://a.example" a second time',
        ),
        wrong(
            "any-beside-one",
            TOP + LIST + '[cors]\norigins = ["*", "https://a.example"]\n',
            '[cors] origins: expected "*" alone; it covers the others',
        ),
        wrong(
            "any-with-credentials",
            TOP + LIST + '[cors]\norigins = ["*"]\ncredentials = true\n',
            '[cors] credentials: browsers refuse credentials beside "*"; name the origins',
        ),
        wrong(
            "credentials-of-nobody",
            TOP + LIST + "[cors]\ncredentials = true\n",
            "[cors] credentials: nobody may send them; name the origins that may, or leave it out",
        ),
        wrong(
            "headers-of-nobody",
            TOP + LIST + '[cors]\nheaders = ["Authorization"]\n',
            "[cors] headers: nobody may send them; name the origins that may, or leave it out",
        ),
        wrong(
            "header-name",
            TOP + LIST + '[cors]\norigins = ["*"]\nheaders = ["X Key"]\n',
            '[cors] headers #1: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "no-endpoint",
            TOP + LIST + '[cors]\npublic = ["lists"]\n',
            '[cors] public #1: no endpoint "lists"; did you mean "list"?',
        ),
        wrong(
            "endpoint-twice",
            TOP + LIST + '[cors]\nendpoints = ["list", "list"]\n',
            '[cors] endpoints #2: names "list" a second time',
        ),
        wrong(
            "endpoint-that-writes",
            TOP + LIST + 'method = "POST"\n[cors]\nendpoints = ["list"]\n',
            '[cors] endpoints #1: expected an endpoint with method GET; "list" says POST',
        ),
        wrong(
            "unknown-key",
            TOP + LIST + '[cors]\norigin = "*"\n',
            '[cors] origin: no such key; did you mean "origins"?',
        ),
    ],
)
def test_what_no_browser_does_is_not_promised(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    ("origins", "asking", "allowed"),
    [
        ((), "https://a.example", False),
        (("*",), "https://a.example", True),
        (("https://a.example",), "https://a.example", True),
        (("https://a.example",), "http://a.example", False),
        (("https://a.example",), "https://a.example:8443", False),
        (("https://*.a.example",), "https://b.a.example", True),
        (("https://*.a.example",), "https://c.b.a.example", True),
        (("https://*.a.example",), "https://.a.example", False),
        (("https://*.a.example",), "https://a.example", False),
        (("https://*.a.example",), "https://ba.example", False),
        (("https://*.a.example:8443",), "https://b.a.example:8443", True),
    ],
)
def test_an_origin_is_allowed_where_one_that_is_declared_covers_it(origins, asking, allowed):
    assert allowed == Cors(origins=origins).allows(asking)
