"""Relay takes a method for what it is, reads JSON alone, and shows its inside to administrators alone."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("role", ["admin", "anonymous"])
def test_head_is_get_without_the_body(ask, role):
    got, head = ask("GET", "/actions", role), ask("HEAD", "/actions", role)

    assert (got.status_code, got.headers["content-length"]) == (head.status_code, head.headers["content-length"])
    assert b"" == head.content


def test_head_is_logged_as_what_it_was(ask, logged):
    assert "HEAD" == logged(ask("HEAD", "/actions", "admin").headers["x-request-id"])["method"]


@pytest.mark.parametrize("method", ["TRACE", "PRODVERIFY", "PUT"])
def test_other_methods_are_refused(ask, method):
    answer = ask(method, "/actions", "admin")

    assert (405, "GET, HEAD") == (answer.status_code, answer.headers["allow"])


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_cannot_be_overridden(ask, header):
    assert 405 == ask("POST", "/actions", "admin", headers={header: "GET"}).status_code


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/merge-patch+json", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonp", 415),
        ("text/json", 415),
    ],
)
def test_bodies_are_json_by_their_own_word(ask, media_type, status):
    body = b'{"action": "echo", "arguments": {"text": "hello"}}'
    answer = ask("POST", "/actions/preview", "developer", content=body, headers={"Content-Type": media_type})

    assert status == answer.status_code
    assert ("application/json" if status == 415 else None) == answer.headers.get("accept")


def test_a_stranger_is_not_told_what_is_read(ask):
    assert 401 == ask("POST", "/actions/preview", content=b"x", headers={"Content-Type": "text/plain"}).status_code


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("developer", 403), ("viewer", 403), ("anonymous", 401)])
def test_diagnostics_are_for_administrators(ask, role, status):
    answer = ask("GET", "/debug/vars", role)

    assert status == answer.status_code
    assert ("memstats" in answer.json()) is (status == 200)


def test_search_engines_are_sent_away(ask):
    answer = ask("GET", "/robots.txt")

    assert (200, "Disallow: /") == (answer.status_code, answer.text.splitlines()[1])
    assert 405 != ask("GET", "/robots").status_code
