"""Every answer says which request it belongs to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import request_id
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import answer, rules

NAME = "X-Request-ID"


def identified(*values, **more):
    return [answer(200, {} if value is None else {NAME: value, **more}) for value in values]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a1", "b2", "c3"], {}),
        (["0f8fad5b-d9cb-469f-a165-70867728950e", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], {}),
        (["a1", None], {"request-id-missing": "fail"}),
        (["a1", " "], {"request-id-missing": "fail"}),
        (["a1", "b2", "a1"], {"request-id-repeated": "fail"}),
        (["<script>"], {"request-id-unsafe": "fail"}),
        (["x" * 200], {}),
        (["x" * 201], {"request-id-unsafe": "fail"}),
        ([], {"request-id-unasked": "inconclusive"}),
    ],
)
def test_ids(values, expected):
    assert expected == rules(request_id.judge(identified(*values), NAME))


def test_a_cached_answer_may_repeat_an_id():
    assert request_id.judge([*identified("a1"), *identified("a1", Age="3")], NAME) == []


def test_two_ids_are_none():
    two = answer(200, [(NAME, "a1"), (NAME, "b2")])
    assert rules(request_id.judge([two], NAME)) == {"request-id-several": "fail"}


@pytest.mark.parametrize("name", ["X-Cache", "CF-Cache-Status", "X-Cache-Status"])
def test_an_answer_from_a_cache_says_so_in_several_ways(name):
    assert request_id.judge([*identified("a1"), *identified("a1", **{name: "HIT"})], NAME) == []
    found = request_id.judge([*identified("a1"), *identified("a1", **{name: "MISS"})], NAME)
    assert {"request-id-repeated": "fail"} == rules(found)


LONG, MARKUP = request_id.UNSAFE["long"], request_id.UNSAFE["markup"]


def inbound(status, sent, back, policy=None, body=b"", **more):
    asked = answer(status, {NAME: back, **more}, body)
    return rules(request_id.judge_inbound(answer(200), asked, NAME, sent, policy))


@pytest.mark.parametrize(
    ("policy", "back", "expected"),
    [
        (None, "a1", {}),
        (None, "b2", {}),
        ("echo", "a1", {}),
        ("echo", " a1 ", {}),
        ("echo", "b2", {"request-id-not-echoed": "fail"}),
        ("echo", "", {"request-id-not-echoed": "fail"}),
        ("replace", "b2", {}),
        ("replace", "a1", {"request-id-not-replaced": "fail"}),
    ],
)
def test_a_usual_id_is_handled_as_declared(policy, back, expected):
    assert expected == inbound(200, "a1", back, policy)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (399, {}),
        (400, {"request-id-refused": "fail"}),
        (499, {"request-id-refused": "fail"}),
        (500, {"request-id-breaks": "fail"}),
        (429, {"request-id-limited": "inconclusive"}),
    ],
)
def test_a_usual_id_changes_no_answer(status, expected):
    assert expected == inbound(status, "a1", "a1")


@pytest.mark.parametrize(
    ("status", "sent", "back", "expected"),
    [
        (200, MARKUP, "b2", {}),
        (400, MARKUP, "b2", {}),
        (403, MARKUP, "", {"request-id-refused": "info"}),
        (431, LONG, "", {"request-id-refused": "info"}),
        (200, LONG, LONG[:200], {}),
        (200, LONG, LONG[:201], {"request-id-unsafe": "fail"}),
        (200, LONG, LONG, {"request-id-reflected": "fail"}),
        (200, MARKUP, MARKUP, {"request-id-reflected": "fail"}),
        (200, MARKUP, "a<script>", {"request-id-reflected": "fail"}),
        (200, MARKUP, "&lt;script&gt;", {"request-id-unsafe": "fail"}),
        (500, MARKUP, "b2", {"request-id-breaks": "fail"}),
        (502, LONG, "b2", {"request-id-breaks": "fail"}),
    ],
)
def test_an_unsafe_id_is_replaced_shortened_or_refused(status, sent, back, expected):
    assert expected == inbound(status, sent, back)


def test_an_unsafe_id_is_repeated_nowhere_in_the_answer():
    assert {"request-id-reflected": "fail"} == inbound(400, MARKUP, "b2", body=f"no {MARKUP}".encode())
    assert {"request-id-reflected": "fail"} == inbound(200, LONG, "b2", **{"X-Echo": LONG})
    assert {} == inbound(400, MARKUP, "b2", body=b"no &lt;script&gt;")


def test_a_request_that_is_refused_anyhow_says_nothing_about_its_id():
    found = request_id.judge_inbound(answer(401), answer(401), NAME, "a1", "echo")
    assert {"request-id-unproven": "inconclusive"} == rules(found)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(one=exchanges(), sent=VALUES, policy=st.sampled_from([None, "echo", "replace"]))
def test_any_answer_to_any_id_is_judged(one, sent, policy):
    found = request_id.judge_inbound(answer(200), one, NAME, sent, policy)
    assert all(told.isprintable() and len(told) <= 450 for finding in found for told in finding.as_dict().values())
