"""Errors of one shape, which tell nothing of the inside."""

import pytest
from hypothesis import given, settings

from prodverify.judges import problem
from prodverify.target.promises import Errors
from tests.judges.anything import exchanges
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
    ("status", "expected"),
    [
        (413, {}),
        (400, {"error-refusal-status": "fail"}),
        (422, {"error-refusal-status": "fail"}),
        (414, {"error-refusal-status": "fail"}),
        (200, {"error-refusal-missing": "fail"}),
        (302, {"error-refusal-missing": "fail"}),
        (499, {"error-refusal-status": "fail"}),
        (500, {"error-refusal-breaks": "fail"}),
        (401, {"error-refusal-unreached": "inconclusive"}),
        (403, {"error-refusal-unreached": "inconclusive"}),
        (404, {"error-refusal-unreached": "inconclusive"}),
        (429, {"error-limited": "inconclusive"}),
    ],
)
def test_a_body_that_nobody_can_mean_is_refused_as_declared(status, expected):
    assert expected == rules(problem.judge_status(answer(status), (413,)))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (415, {}),
        (400, {"error-refusal-otherwise": "warn"}),
        (422, {"error-refusal-otherwise": "warn"}),
        (413, {"error-refusal-status": "fail"}),
        (200, {"error-refusal-missing": "fail"}),
        (500, {"error-refusal-breaks": "fail"}),
    ],
)
def test_a_body_may_be_refused_for_another_reason_where_no_status_is_promised(status, expected):
    assert expected == rules(problem.judge_status(answer(status), (415,), (400, 422)))


def test_one_of_several_statuses_will_do():
    assert [[], []] == [problem.judge_status(answer(status), (400, 422)) for status in (400, 422)]


def occurred(*changes, status=404):
    answers = [answer(status, HEADERS, {**BODY, **changed}) for changed in changes]
    return rules(problem.judge_occurrences(answers, PROMISE))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {}),
        ({"detail": "Another.", "instance": "/x", "request_id": "xyz"}, {}),
        ({"title": "Nothing at /x"}, {"error-title-changes": "warn"}),
        ({"type": "https://api.example/problems/7f3a"}, {"error-type-changes": "fail"}),
        ({"type": ["a"], "title": None}, {"error-type-changes": "fail", "error-title-changes": "warn"}),
    ],
)
def test_occurrences_of_one_kind_are_called_the_same(changed, expected):
    assert expected == occurred({}, changed)


def test_members_come_and_go_with_the_kind_alone():
    bodies = [BODY, {name: value for name, value in BODY.items() if name != "detail"}]
    found = problem.judge_occurrences([answer(404, HEADERS, body) for body in bodies], PROMISE)
    assert {"error-shape-changes": "fail"} == rules(found)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [answer(404, HEADERS, BODY)],
        [answer(404, HEADERS, BODY), answer(200, HEADERS, BODY)],
        [answer(404, HEADERS, BODY), answer(403, HEADERS, BODY)],
        [answer(404, HEADERS, BODY), answer(404, HEADERS, b"<html>")],
        [answer(429, HEADERS, BODY), answer(429, HEADERS, BODY)],
    ],
)
def test_one_occurrence_says_nothing(answers):
    assert {"error-occurrences-missing": "inconclusive"} == rules(problem.judge_occurrences(answers, PROMISE))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(one=exchanges(), other=exchanges())
def test_anything_is_judged(one, other):
    found = [*problem.judge_status(one, (400, 413), (422,)), *problem.judge_occurrences([one, other], PROMISE)]
    assert all(told.isprintable() and len(told) <= 450 for finding in found for told in finding.as_dict().values())
