"""Errors of one shape, which tell nothing of the inside."""

import pytest

from prodverify.judges import problem
from prodverify.target.promises import Errors
from tests.judges.scene import answer, rules

PROMISE = Errors(members=("type", "title", "status", "detail", "request_id"), request_id_header="X-Request-ID")
BODY = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "No.", "request_id": "abc"}
HEADERS = {"Content-Type": "application/problem+json", "X-Request-ID": "abc"}


def judged(status=404, body=BODY, headers=HEADERS, promise=PROMISE, **more):
    return rules(problem.judge(answer(status, headers, body, **more), promise))


def test_a_problem_passes():
    assert judged() == {}
    assert judged(headers={**HEADERS, "Content-Type": "Application/Problem+JSON; charset=utf-8"}) == {}
    assert judged(body={**BODY, "errors": [{"pointer": "/a"}], "instance": "/things/1"}) == {}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"status": 400}, {"error-status-differs": "fail"}),
        ({"status": "404"}, {"error-status-no-number": "fail"}),
        ({"status": True}, {"error-status-no-number": "fail"}),
        ({"status": 404.0}, {}),
        ({"title": 7}, {"error-member-no-string": "fail"}),
        ({"type": "not-found"}, {"error-type-relative": "warn"}),
        ({"type": "/problems/not-found"}, {}),
        ({"type": "https://api.example/problems/not-found"}, {}),
        ({"request_id": "xyz"}, {"error-request-id-differs": "fail"}),
        ({"instance": None}, {}),
    ],
)
def test_members_mean_what_the_standard_says(changed, expected):
    assert expected == judged(body={**BODY, **changed})


def test_declared_members_are_there():
    (found,) = problem.judge(answer(404, HEADERS, {"type": "about:blank", "request_id": "abc"}), PROMISE)
    assert (found.rule, found.observed) == ("error-members-missing", "without title, status, detail")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>502</html>", {"error-body-unreadable": "fail"}),
        (b"", {"error-body-unreadable": "fail"}),
        (b"[]", {"error-body-unreadable": "fail"}),
        (b"NaN", {"error-body-unreadable": "fail"}),
        (b"[" * 100_000, {"error-body-unreadable": "fail"}),
        (b'{"a":' * 100 + b"1" + b"}" * 100, {"error-body-unreadable": "fail"}),
        (b"\xff\xfe", {"error-body-unreadable": "fail"}),
    ],
)
def test_a_body_is_a_json_object(body, expected):
    assert expected == judged(body=body)


def test_a_body_that_we_cut_is_not_the_services_fault():
    assert judged(body=b'{"type": ', body_complete=False) == {"error-body-unreadable": "inconclusive"}


def test_the_media_type_and_the_request_id_are_asked_for():
    html = {**HEADERS, "Content-Type": "text/html"}
    assert judged(headers=html) == {"error-media-type": "fail"}
    assert judged(headers={"Content-Type": HEADERS["Content-Type"]}) == {"error-request-id-missing": "fail"}
    assert judged(headers={}, promise=Errors()) == {"error-media-type": "fail"}


def test_an_answer_to_head_has_no_body():
    assert judged(body=b"", headers={"X-Request-ID": "abc"}, method="HEAD") == {}


def test_a_success_is_no_error():
    assert judged(status=200) == {"error-expected": "inconclusive"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Traceback (most recent call last):\n", "error-leaks-stack-trace"),
        ("at com.example.Things.get(Things.java:41)", "error-leaks-stack-trace"),
        ("at Example.Things.Get() in C:\\src\\Things.cs:line 41", "error-leaks-stack-trace"),
        ("System.Data.SqlClient.SqlException", "error-leaks-stack-trace"),
        ("/app/node_modules/express/lib/router.js", "error-leaks-stack-trace"),
        ("/usr/local/lib/python3.11/asyncio", "error-leaks-stack-trace"),
        ("Whitelabel Error Page", "error-leaks-debug-page"),
        ("psycopg.errors.UndefinedTable", "error-leaks-query"),
        ("SQLSTATE[42P01]", "error-leaks-query"),
        ("SELECT id FROM things WHERE name = 'x'", "error-leaks-query"),
        ("INSERT INTO things (id) VALUES (1)", "error-leaks-query"),
        ("postgresql://relay:hunter2@db/relay", "error-leaks-secret"),
        ("sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "error-leaks-secret"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "error-leaks-secret"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "error-leaks-secret"),
        ("upstream 10.12.0.7 refused", "error-leaks-private-address"),
    ],
)
def test_what_leaks_is_recognised_in_bodies_and_headers(text, rule):
    assert set(rules(problem.leaks(answer(500, {}, text.encode())))) == {rule}
    assert set(rules(problem.leaks(answer(500, {"X-Error": text.replace("\n", " ")})))) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "Internal Server Error",
        "The value 1700000000 is out of range, max-age=31536000",
        "Select one of the actions from the list where you like",
        "version v10.2.0.1 or 1.10.2.3.4",
        "Update the name, then delete from the menu",
        "see https://api.example/problems/limit",
        "Exception: none of the fields may be empty",
        "sk_live",
    ],
)
def test_honest_errors_leak_nothing(text):
    assert problem.leaks(answer(500, {}, text.encode())) == []


def test_an_address_that_we_asked_by_is_no_news():
    assert problem.leaks(answer(404, {}, b"no 10.0.0.5 here", url="http://10.0.0.5/x")) == []


def test_successful_answers_are_not_searched():
    assert problem.leaks(answer(200, {}, b"Traceback (most recent call last):")) == []


def test_a_secret_is_shown_by_its_first_characters_alone():
    token = "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc"
    (found,) = problem.leaks(answer(500, {}, token.encode()))
    assert token[:8] not in found.observed


def test_large_bodies_are_searched_in_little_time():
    assert problem.leaks(answer(500, {}, b"at in " * 700_000)) == []


OWN = {"media_type": "application/json", "members": ("error",)}


@pytest.mark.parametrize(
    ("promise", "kind", "body", "expected"),
    [
        # Prometheus and FastAPI: members of these names mean something else outside RFC 9457.
        ({"members": ("status", "error")}, "application/json", {"status": "error", "error": "no"}, {}),
        ({"members": ("detail",)}, "application/json", {"detail": [{"loc": ["query"]}]}, {}),
        (OWN, "application/json", {"error": "no", "status": 9}, {}),
        (OWN, "application/json", {"message": "no"}, {"error-members-missing": "fail"}),
        # All members of a problem under another media type are meant as one.
        (
            {"members": ("type", "title", "status")},
            "application/json",
            {**BODY, "status": 9},
            {"error-status-differs": "fail"},
        ),
        ({"media_type": "text/html; charset=utf-8"}, "text/html", b"<h1>No</h1>", {}),
        ({"media_type": "text/html"}, "text/html", b"", {}),
        ({"media_type": "text/html"}, "application/json", b"{}", {"error-media-type": "fail"}),
    ],
)
def test_other_shapes_can_be_promised(promise, kind, body, expected):
    errors = Errors(**{"media_type": "application/json", **promise})
    assert expected == judged(body=body, headers={"Content-Type": kind}, promise=errors)


def test_an_exception_turns_deviations_of_its_kind_into_remarks():
    excepted = {"refusal": "limited", "reason": "the gateway answers"}
    errors = Errors.model_validate({**OWN, "exceptions": (excepted,)})
    plain = answer(429, {"Content-Type": "text/plain"}, b"slow down")
    found = problem.judge(plain, errors, "limited")
    assert {"error-media-type": "info", "error-body-unreadable": "info"} == rules(found)
    assert {"Excepted: the gateway answers"} == {finding.next_step for finding in found}
    assert {"error-media-type": "fail", "error-body-unreadable": "fail"} == rules(
        problem.judge(plain, errors, "missing")
    )


def test_a_made_up_path_that_is_answered_asks_for_one_that_is_missing():
    (found,) = problem.judge(answer(200), PROMISE, "missing")
    assert (found.severity, "missing_path" in found.next_step) == ("inconclusive", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error: no\n    at parse (/app/lib/json.js:93:21)\n", {"error-leaks-stack-trace": "fail"}),
        ("<br> &nbsp;at run (node:async_hooks:206:9)<br>", {"error-leaks-stack-trace": "fail"}),
        ("at x (file:///app/index.mjs:1:2)", {"error-leaks-stack-trace": "fail"}),
        ("look at page (see 12:30)", {}),
        ("SyntaxError: Expected property name at position 1", {}),
    ],
)
def test_a_trace_of_node_is_a_leak(text, expected):
    assert expected == rules(problem.leaks(answer(400, {}, text.encode())))
