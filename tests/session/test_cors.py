"""Whatever way a service treats other sites' pages, its target file says so, and it is judged rightly."""

from __future__ import annotations

import pytest

FOREIGN = "test_cors.py::test_foreign_pages_read_nothing[{}]"
OPEN = '[[endpoints]]\nname = "open"\npath = "/open"\nroles = { anonymous = 200 }\n'
PUBLIC = OPEN + '[cors]\norigins = ["*"]\nendpoints = ["open"]\n'
NAMED = '[cors]\norigins = ["https://app.service.example"]\n'


@pytest.fixture
def states(verify, target, small):
    """The states of the cases of other sites' pages, where things are answered with more header lines."""

    def run(text, lines, **env):
        def things(handler):
            status, headers, body = small.things(handler)
            return status, {**headers, **lines(handler.headers.get("Origin", ""))}, body

        small.answers["/things"] = things
        small.answers["/open"] = lambda handler: (200, lines(handler.headers.get("Origin", "")), b"{}")
        return verify("checks/test_cors.py", "--target", target(text), **env).states

    return run


def test_nobody_needs_these_headers(states):
    found = states("[cors]\n", lambda origin: {})

    assert "pass" == found[FOREIGN.format("things")]
    assert {"pass", "not_run"} == set(found.values())


def test_without_the_section_nothing_is_asked(states, small):
    assert {"not_run"} == set(states("", lambda origin: {"Access-Control-Allow-Origin": origin}).values())
    assert [] == [asked for asked in small.asked if "origin" in asked.headers]


def test_public_data_is_for_any_page(states):
    found = states(PUBLIC, lambda origin: {"Access-Control-Allow-Origin": "*"})

    assert "pass" == found[FOREIGN.format("open")]
    assert "pass" == found["test_cors.py::test_named_pages_read_answers[open-any]"]
    # It knows no preflights and needs none: a warning.
    assert "warn" == found["test_cors.py::test_preflights_need_no_credential[open-any]"]
    assert "fail" not in found.values()


def test_an_origin_that_comes_back_is_let_in(states):
    echo = lambda origin: {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}  # noqa: E731
    found = states(NAMED, echo)

    assert "fail" == found[FOREIGN.format("things")]
    assert "warn" == found["test_cors.py::test_named_pages_read_answers[things-app.service.example]"]


def test_what_is_for_any_page_is_so_without_their_cookies(states):
    echo = {"Access-Control-Allow-Credentials": "true"}
    found = states(PUBLIC, lambda origin: {**echo, "Access-Control-Allow-Origin": origin})

    assert "fail" == found[FOREIGN.format("open")]


def test_where_nobody_gets_an_answer_nothing_is_known(states):
    found = states(NAMED, lambda origin: {}, SMALL_KEY="another-key-that-opens-nothing")

    assert "inconclusive" == found[FOREIGN.format("things")]
    assert "inconclusive" == found["test_cors.py::test_named_pages_read_answers[things-app.service.example]"]
