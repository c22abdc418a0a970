"""Errors: a provoked defect arrives at the tracker, grouped, without what a caller sent; only in practice."""

from __future__ import annotations

import io
import json
import secrets
import socket
import sys

import httpx
import pytest

from fixtures.relay import double
from fixtures.relay.errors import NOT_TOLD, Errors, OtherPracticeDefectError, PracticeDefectError, place
from fixtures.relay.logs import Log
from fixtures.relay.tracing import Call
from fixtures.relay.tracker import Tracker
from prodverify.wire import clock


def reported(address, request_id):
    def found():
        answer = httpx.get(f"{address}/api/errors/{request_id}")
        return answer.json()["errors"] if answer.status_code == 200 else None

    return clock.poll(found, within_seconds=10.0, what=f"an error of {request_id}")


@pytest.fixture
def provoke(ask, values):
    """Provokes a defect; the answer, and what the tracker has of it."""

    def provoked(kind, **more):
        headers = {"X-Relay-Provoke": kind, "X-Request-ID": secrets.token_hex(8), **more}
        answer = ask("GET", "/workspaces/current", "admin", headers=headers)
        return answer, reported(values["tracker_address"], headers["X-Request-ID"])

    return provoked


def test_a_defect_is_reported_once_without_what_the_caller_sent(provoke, values):
    planted = "a-token-of-somebody"
    answer, errors = provoke("defect", **{"User-Agent": planted, "Cookie": f"other={planted}"})
    told = json.dumps(errors)

    assert (500, 1) == (answer.status_code, len(errors))
    assert [] == [secret for secret in (planted, values["admin_key"]) if secret in told]
    assert [] == [name for name in ("server_name", "request", "user", "breadcrumbs") if name in errors[0]["event"]]
    assert "vars" not in told
    assert [NOT_TOLD] == [raised["value"] for raised in errors[0]["event"]["exception"]["values"]]
    assert "GET /workspaces/current" == errors[0]["event"]["transaction"]


def test_equal_defects_are_one_group_and_others_are_not(provoke):
    (_, first), (_, second), (_, other) = provoke("defect"), provoke("defect"), provoke("other")

    assert first[0]["group"] == second[0]["group"]
    assert first[0]["group"] != other[0]["group"]


def test_a_stranger_provokes_nothing(ask):
    assert 401 == ask("GET", "/workspaces/current", headers={"X-Relay-Provoke": "defect"}).status_code


def test_an_unknown_kind_provokes_nothing(ask):
    answer = ask("GET", "/workspaces/current", "admin", headers={"X-Relay-Provoke": "something"})

    assert 200 == answer.status_code


def scope(kind):
    return {"headers": [(b"x-relay-provoke", kind)]}


def test_outside_practice_nothing_is_provoked():
    Errors("", Log(io.StringIO()), practice=False).provoked(scope(b"defect"))


@pytest.mark.parametrize(("kind", "error"), [(b"defect", PracticeDefectError), (b"other", OtherPracticeDefectError)])
def test_in_practice_two_kinds_are_provoked(kind, error):
    with pytest.raises(error):
        Errors("", Log(io.StringIO()), practice=True).provoked(scope(kind))


def raised():
    try:
        raise ValueError("a-token-of-somebody")
    except ValueError as error:
        return error


def test_a_place_is_a_file_and_a_function():
    assert "test_errors.py:raised" == place(raised())
    assert "nowhere" == place(ValueError())


@pytest.fixture
def tracker():
    """The address of a tracker of the test's own."""
    listener = socket.create_server(("127.0.0.1", 0))
    serving = double.serve(Tracker(), listener)
    yield "http://{}:{}".format(*listener.getsockname())
    serving.stop()


def test_an_event_that_is_held_back_is_not_sent(monkeypatch, tracker):
    errors = Errors(tracker.replace("//", "//key@") + "/1", Log(io.StringIO()), practice=True)
    healthy = errors.event
    held = lambda event, defect: healthy(event, defect) if defect.call.request_id == "request-2" else None  # noqa: E731
    monkeypatch.setattr(errors, "event", held)
    for request_id in ("request-1", "request-2"):
        errors.report(raised(), Call(request_id, "ab" * 16), "GET /")
    reported(tracker, "request-2")

    assert 404 == httpx.get(f"{tracker}/api/errors/request-1").status_code


def test_without_the_library_relay_runs_and_says_so_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    said = io.StringIO()
    errors = Errors("http://key@127.0.0.1:9/1", Log(said), practice=True)
    for _ in range(3):
        errors.report(raised(), Call("request-1", "ab" * 16), "GET /")
        clock.poll(lambda: said.getvalue() or None, within_seconds=5.0, what="the line")

    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [("errors.off", True)] == [(line["event"], "install the extra" in line["message"]) for line in lines]
