"""A refusal with a status of success is known by what the target file says of its body."""

import pytest
from hypothesis import given

from prodverify.judges import access, objects, refusal
from prodverify.target.refusals import Refusals
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules

BY_ERROR = Refusals(at="/error", forbidden=("missing_scope",))
BY_TRUTH = Refusals(at="/ok", accepted=("true",))
BY_NUMBER = Refusals(at="/code", accepted=("0",), forbidden=("403",))
OPEN = answer(200, {}, {"ok": True, "code": 0, "items": [1]})


@pytest.mark.parametrize(
    ("declared", "body", "refused", "forbids"),
    [
        (BY_ERROR, {"error": "not_found"}, True, False),
        (BY_ERROR, {"error": "missing_scope"}, True, True),
        (BY_ERROR, {"error": {"code": 7}}, True, False),
        (BY_ERROR, {"error": None}, False, False),
        (BY_ERROR, {"error": ""}, False, False),
        (BY_ERROR, {"error": []}, False, False),
        (BY_ERROR, {"items": []}, False, False),
        (BY_ERROR, b"<p>error</p>", False, False),
        (BY_TRUTH, {"ok": True}, False, False),
        (BY_TRUTH, {"ok": False}, True, False),
        (BY_NUMBER, {"code": 0}, False, False),
        (BY_NUMBER, {"code": 404}, True, False),
        (BY_NUMBER, {"code": 403}, True, True),
        (None, {"error": "missing_scope"}, False, False),
    ],
)
def test_a_body_refuses_as_declared(declared, body, refused, forbids):
    given_back = answer(200, {}, body)
    assert (refused, forbids) == (refusal.in_body(given_back, declared), refusal.forbids(given_back, declared))
    assert refusal.succeeded(given_back, declared) != refused


@pytest.mark.parametrize("status", [199, 300, 403])
def test_another_status_speaks_for_itself(status):
    said = answer(status, {}, {"error": "missing_scope"})
    assert (False, False) == (refusal.in_body(said, BY_ERROR), refusal.forbids(said, BY_ERROR))
    assert not refusal.succeeded(said, BY_ERROR)


NO = answer(200, {}, {"error": "who are you"})


@pytest.mark.parametrize(("promised", "expected"), [(401, {}), (404, {}), (200, {"access-refused": "fail"})])
def test_a_promised_status_is_kept_by_a_declared_refusal(promised, expected):
    assert expected == rules(access.judge_status(NO, promised, "us", refusals=BY_ERROR))


def test_without_a_declaration_a_success_is_one():
    assert {"access-granted": "fail"} == rules(access.judge_status(NO, 401, "us"))
    assert {"malformed-accepted": "fail"} == rules(access.judge_malformed(NO))
    assert {"write-granted": "fail"} == rules(objects.judge_write(NO, "us"))


def test_a_worthless_credential_is_refused_by_a_body():
    told = {"refusals": BY_ERROR}
    assert {} == rules(access.judge_rejection(OPEN, NO, **told))
    assert {} == rules(access.judge_bypass(OPEN, NO, "/x", **told))
    assert {} == rules(access.judge_two_credentials(OPEN, NO, NO, one_promised=True, **told))
    assert {} == rules(access.judge_malformed(NO, **told))
    assert {"rejection-accepted": "fail"} == rules(access.judge_rejection(OPEN, OPEN, **told))
    assert {"malformed-accepted": "fail"} == rules(access.judge_malformed(OPEN, **told))


def test_a_baseline_that_is_refused_proves_nothing():
    told = {"refusals": BY_ERROR}
    assert {"rejection-unproven": "inconclusive"} == rules(access.judge_rejection(NO, NO, **told))
    assert {"object-unproven": "inconclusive"} == rules(
        objects.judge_stranger(NO, NO, NO, ids=("1", "2"), hides_existence=True, **told)
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": "missing_scope"}, {}),
        ({"error": "not_found"}, {"write-unclear": "inconclusive"}),
        ({"ok": True}, {"write-granted": "fail"}),
    ],
)
def test_a_write_is_refused_for_want_of_a_permission(body, expected):
    assert expected == rules(objects.judge_write(answer(200, {}, body), "us", refusals=BY_ERROR))


@pytest.mark.parametrize(("strange", "expected"), [("none", {}), ("not yours", {"object-existence-told": "fail"})])
def test_a_stranger_is_refused_by_a_body(strange, expected):
    answers = answer(200, {}, {"id": "1"}), answer(200, {}, {"error": strange}), answer(200, {}, {"error": "none"})
    found = objects.judge_stranger(*answers, ids=("1", "2"), hides_existence=True, refusals=BY_ERROR)
    assert expected == rules(found)


@given(exchange=exchanges())
def test_any_answer_is_told_apart(exchange):
    for declared in (BY_ERROR, BY_TRUTH, BY_NUMBER, Refusals(at="/a/0")):
        assert not (refusal.in_body(exchange, declared) and refusal.succeeded(exchange, declared))
        assert refusal.forbids(exchange, declared) in (True, False)
