"""A 2xx is a way in only where it gives away what the authorised get, also where nearly everything answers 200."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from tests.session.small import KEY

SHELL = (200, {"Content-Type": "text/html"}, b"<!doctype html><html><script src=/app.js></script></html>")
THINGS = (200, {}, b'{"things": [1]}')
REFUSED = (401, {"WWW-Authenticate": "Door"}, b"{}")


class Everywhere(dict):
    """Answers by path, and the shell of a page for whatever else is asked."""

    def get(self, path, default=None):
        return super().get(path, SHELL)


def key_of(handler):
    return handler.headers.get("X-API-Key", "").encode("latin-1")


def verified(verify, target, more=""):
    run = verify("checks/test_auth.py", "checks/test_bypasses.py", "--target", target(more, fuzz="true"))
    return {name: state for name, state in run.states.items() if state not in ("pass", "not_run", "warn")}


def test_a_shell_that_answers_200_to_everything_is_no_way_in(verify, target, small):
    small.answers = Everywhere(small.answers)
    small.answers["/things"] = lambda handler: (
        THINGS if key_of(handler) == KEY.encode() else SHELL if key_of(handler) else REFUSED
    )

    assert {} == verified(verify, target)


def test_a_refusal_with_a_status_of_success_is_known_by_its_body(verify, target, small):
    refused = (200, {}, b'{"things": null, "error": "who are you"}')
    small.answers["/things"] = lambda handler: THINGS if key_of(handler) == KEY.encode() else refused

    assert {} == verified(verify, target, '[refusals]\nat = "/error"\n')


TWINS = """
[[endpoints]]
name = "socket"
path = "/socket"
websocket = true
roles = { user = 101, anonymous = 401 }
[[endpoints]]
name = "events"
path = "/events"
fuzz = false
roles = { user = 200, anonymous = 401 }
"""
LET_IN = {f"test_auth.py::test_role_gets_its_status[{twin}-anonymous]": "fail" for twin in ("socket", "events")}


@pytest.mark.parametrize(("guarded", "expected"), [(True, {}), (False, LET_IN)])
def test_sockets_and_streams_of_events_let_in_whom_they_should(guarded, expected, verify, target, small):
    def refused(handler):
        return guarded and key_of(handler) != KEY.encode()

    def socket(handler):
        if handler.headers.get("Upgrade") != "websocket":
            return 404, {}, b""
        handler.close_connection = True
        return REFUSED if refused(handler) else (101, {"Upgrade": "websocket"}, b"")

    def events(handler):
        if refused(handler):
            return REFUSED
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
        with suppress(OSError):  # until whoever asked has gone
            while not over.wait(0.05):
                handler.wfile.write(b"data: 1\n\n")
        raise ConnectionAbortedError

    over = threading.Event()
    small.answers |= {"/socket": socket, "/events": events}
    try:
        assert expected == verified(verify, target, TWINS)
    finally:
        over.set()


def test_a_server_that_hangs_up_on_long_credentials_has_refused_them(verify, target, small):
    def things(handler):
        if len(key_of(handler)) > 8000:
            handler.close_connection = True
            handler.connection.close()
        return THINGS if key_of(handler) == KEY.encode() else REFUSED

    small.answers["/things"] = things

    assert {} == verified(verify, target)


@pytest.mark.parametrize("body", [THINGS, (200, {}, b'{"things": []}')])
def test_a_beginning_that_opens_is_a_way_in(body, verify, target, small):
    def things(handler):
        key = key_of(handler)
        return THINGS if key == KEY.encode() else body if key and KEY.encode().startswith(key) else REFUSED

    small.answers["/things"] = things

    assert {"test_auth.py::test_worthless_credential_is_rejected[things-user-altered]": "fail"} == verified(
        verify, target
    )
