"""What header lines say is held against what the service then does."""

from __future__ import annotations

import json

import pytest

from tests.session.small import KEY, SmallService

LISTABLE = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload"}
OTHER_WAYS = """
[[endpoints]]
name = "mine"
path = "/mine"
roles = { user = 200, browser = 200, machine = 200, anonymous = 401 }

[roles.browser]
scheme = "cookie"
login_path = "/in"
credential = "key"

[roles.machine]
scheme = "token"
login_path = "/token"
credential = "key"

[headers]
"""
COOKIE, TOKEN = "session-of-the-browser-0001", "token-of-the-machine-0001"


@pytest.fixture
def plain():
    with SmallService.started() as service:
        yield service


@pytest.mark.parametrize(
    ("said", "answer", "state"),
    [
        (LISTABLE, (403, {}, b"{}"), "warn"),
        (LISTABLE, (301, {"Location": "https://127.0.0.1:9/"}, b""), "pass"),
        ({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}, (403, {}, b"{}"), "pass"),
    ],
)
def test_preload_is_held_against_where_plain_http_leads(verify, target, small, plain, said, answer, state):
    small.answers["/things"] = (200, said, b"{}")
    plain.answers["/"] = answer
    address = plain.url.removeprefix("http://")
    file = target(f'[headers]\npolicy = "owasp"\n[tls]\nterminated = true\nhttp_address = "{address}"\n')

    run = verify("checks/test_security_headers.py", "--target", file, "-k", "stay_on_https and success")

    case = run.cases["test_security_headers.py::test_browsers_stay_on_https[success]"]
    found = {finding["rule"] for finding in case["findings"]}
    assert (state, state == "warn") == (case["state"], "hsts-preload-ineligible" in found)
    assert bool(plain.asked) == (said is LISTABLE)


@pytest.mark.parametrize("kept", ["cookie", "authorization"])
def test_a_cache_that_knows_one_credential_from_none_is_found_by_the_others(verify, target, small, kept):
    held = []

    def mine(handler):
        presented = {"x-api-key": KEY, "cookie": f"sid={COOKIE}", "authorization": f"Bearer {TOKEN}"}
        known = {name for name, value in presented.items() if _line(handler, name) == value}
        answer = (200, {"Cache-Control": "no-store"}, json.dumps({"for": sorted(known)}).encode())
        if kept in known:
            held[:] = [answer]
        elif not known and held and "?" not in handler.path:
            return held[0]
        return answer if known else (401, {}, b"{}")

    small.answers["/mine"] = mine
    small.answers["/in"] = (200, {"Set-Cookie": f"sid={COOKIE}; Secure; HttpOnly"}, b"{}")
    small.answers["/token"] = (200, {}, json.dumps({"token": TOKEN}).encode())

    run = verify("checks/test_caching.py", "--target", target(OTHER_WAYS), "-k", "strangers and mine")

    states = {case.partition("[")[2].rstrip("]"): state for case, state in run.states.items()}
    cases = {"mine": "x-api-key", "mine-browser": "cookie", "mine-machine": "authorization"}
    assert states == {name: "fail" if carrier == kept else "pass" for name, carrier in cases.items()}


def _line(handler, name):
    return handler.headers.get(name, "").encode("latin-1").decode("utf-8", "replace")
