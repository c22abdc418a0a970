"""Probes of who gets in that cannot be meant: endpoints where a refusal tells nothing, tokens that are none."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import KEY, TOP, wrong

CLOSED = '[[endpoints]]\nname = "closed"\npath = "/closed"\nroles = { us = 200, anonymous = 401 }\n'
OPEN = '[[endpoints]]\nname = "open"\npath = "/open"\nroles = { us = 200, anonymous = 200 }\n'
POST = '[[endpoints]]\nname = "post"\nmethod = "POST"\npath = "/post"\nroles = { us = 200, anonymous = 401 }\n'
BASE = TOP + KEY + CLOSED + OPEN + POST
TOKENS = '[[tokens]]\nrole = "us"\n'
BASIC = '[roles.pair]\nscheme = "basic"\nusername = "us"\ncredential = "key"\n'
UNTOLD = "expected an endpoint with method GET that a role gets 2xx from and anonymous does not"


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "handshake-by-post",
            BASE + POST.replace('"post"', '"feed"') + "websocket = true\n",
            (
                '[[endpoints]] "feed" websocket: expected method GET and no body: a handshake has no other '
                "(RFC 6455 section 4.1)"
            ),
        ),
        wrong(
            "endpoint-unknown",
            BASE + '[identity]\nendpoints = ["close"]\n',
            '[identity] endpoints #1: no endpoint "close"; did you mean "closed"?',
        ),
        wrong(
            "endpoint-twice",
            BASE + '[identity]\nendpoints = ["closed", "closed"]\n',
            '[identity] endpoints #2: names "closed" a second time',
        ),
        wrong(
            "endpoint-open",
            BASE + '[identity]\nendpoints = ["open", "post"]\n',
            f'[identity] endpoints #1: {UNTOLD}; "open" is none',
            f'[identity] endpoints #2: {UNTOLD}; "post" is none',
        ),
        wrong(
            "cookie",
            BASE + '[identity]\nschemes = [""]\ncookies = ["a b"]\n',
            '[identity] cookies #1: expected the name of a cookie (RFC 6265 section 4.1.1), as "api_key", came "a b"',
        ),
        wrong(
            "scheme",
            BASE + '[identity]\nschemes = ["Token x"]\n',
            '[identity] schemes #1: expected the name of a scheme, as "Token", came "Token x"',
        ),
        wrong(
            "parameter",
            BASE + '[identity]\nquery_parameters = ["a=b"]\n',
            '[identity] query_parameters #1: expected the name of a parameter, as "api_key", came "a=b"',
        ),
        wrong(
            "edge-header-name",
            BASE + '[identity.edge_headers]\n"X-User: admin" = "1"\n',
            '[identity] edge_headers: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "edge-header-framing",
            BASE + '[identity.edge_headers]\nHost = "admin"\n',
            "[identity] edge_headers.Host: Host frames the message; it is sent by itself",
        ),
        wrong(
            "edge-header-value",
            BASE + '[identity.edge_headers]\nX-User = "é"\n',
            "[identity] edge_headers.X-User: expected visible ASCII characters, spaces only inside",
        ),
        wrong(
            "token-role",
            BASE + '[[tokens]]\nrole = "you"\n',
            '[[tokens]] #1 role: no role "you"; expected "us" or "anonymous"',
        ),
        wrong(
            "token-role-anonymous",
            BASE + '[[tokens]]\nrole = "anonymous"\n',
            '[[tokens]] #1 role: "anonymous" presents no token',
        ),
        wrong(
            "token-role-basic",
            BASE + BASIC + '[[tokens]]\nrole = "pair"\n',
            '[[tokens]] #1 role: "pair" presents no token',
        ),
        wrong("token-twice", BASE + TOKENS + TOKENS, '[[tokens]] #2 role: names "us" a second time'),
        wrong(
            "token-secret",
            BASE + TOKENS + 'expired = "kex"\n',
            '[[tokens]] #1 expired: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "callback-listen",
            BASE + TOKENS + 'callback = { listen = "127.0.0.1" }\n',
            '[[tokens]] #1 callback.listen: expected address:port, as "127.0.0.1:0" for any free port, '
            'came "127.0.0.1"',
        ),
        wrong(
            "callback-elsewhere",
            BASE.replace("http://127.0.0.1:8000", "https://api.example") + TOKENS + "callback = {}\n",
            "[[tokens]] #1 callback.public_url: is missing; the service is elsewhere and cannot deliver to 127.0.0.1: "
            "name the address that reaches us",
        ),
        wrong(
            "callback-not-askable",
            BASE + TOKENS + 'callback = { public_url = "https://keys.example/ours" }\n',
            "[[tokens]] #1 callback.public_url: cannot be tried, so that its silence would prove nothing; "
            'add "keys.example" to hosts in [asking]',
        ),
        wrong(
            "callback-relative",
            BASE + TOKENS + 'callback = { public_url = "/ours" }\n',
            '[[tokens]] #1 callback.public_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "jwks-relative",
            BASE + TOKENS + 'jwks = "jwks.json"\n',
            '[[tokens]] #1 jwks: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "jwks-elsewhere",
            BASE + TOKENS + 'jwks = "https://login.example/jwks.json"\n',
            '[[tokens]] #1 jwks: its host may not be asked; add "login.example" to hosts in [asking]',
        ),
        wrong(
            "jwks-fragment",
            BASE + TOKENS + 'jwks = "/jwks.json#1"\n',
            "[[tokens]] #1 jwks: expected a path without fragment: what follows # is never sent",
        ),
    ],
)
def test_probes_that_cannot_be_meant_are_refused(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
