"""Every answer says which request it belongs to."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import request_id
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import answer, rules

NAME = "X-Request-ID"


ENOUGH = [f"id-{number}" for number in range(request_id.ENOUGH)]


def identified(*values, **more):
    return [answer(200, {} if value is None else {NAME: value, **more}) for value in values]


def ids(*exchanges):
    return [one for one in (request_id.given(exchange, NAME) for exchange in exchanges) if one]


def among(*exchanges):
    """What is said of ids among enough others."""
    return rules(request_id.judge_given(ids(*identified(*ENOUGH), *exchanges)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a1", "b2", "c3"], {}),
        (["a1", "a1"], {}),
        (["a1", None], {"request-id-missing": "fail"}),
        (["a1", " "], {"request-id-missing": "fail"}),
        ([], {"request-id-unasked": "inconclusive"}),
    ],
)
def test_every_answer_has_an_id(values, expected):
    assert expected == rules(request_id.judge(identified(*values), NAME))


def test_two_ids_are_none():
    two = answer(200, [(NAME, "a1"), (NAME, "b2")])
    assert rules(request_id.judge([two], NAME)) == {"request-id-several": "fail"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a1", "b2", None], {}),
        (["0f8fad5b-d9cb-469f-a165-70867728950e", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], {}),
        (["a1", "b2", "a1"], {"request-id-repeated": "fail"}),
        ([ENOUGH[0]], {"request-id-repeated": "fail"}),
        (["<script>"], {"request-id-unsafe": "fail"}),
        (["x" * 200], {}),
        (["x" * 201], {"request-id-unsafe": "fail"}),
    ],
)
def test_every_id_is_given_once(values, expected):
    assert expected == among(*identified(*values))


def test_a_repeated_id_is_told_with_the_requests_that_it_was_given_to():
    both = [answer(200, {NAME: "a1"}, target=target) for target in ("/things?key=hidden", "/nowhere")]
    (found,) = request_id.judge_given(ids(*both))
    assert "a1, 2 times of 2, as for GET /things and for GET /nowhere" == found.observed


def test_too_few_ids_to_compare_are_told():
    assert {} == rules(request_id.judge_given(ids(*identified(*ENOUGH))))
    (few,) = request_id.judge_given(ids(*identified(*ENOUGH[1:])))
    assert ("info", "request-id-few", "19") == (few.severity, few.rule, few.observed)
    assert {"request-id-few": "info"} == rules(request_id.judge_given([]))


@pytest.mark.parametrize(
    "lines",
    [
        {"Age": "3"},
        {"X-Cache": "Hit from edge"},
        {"CF-Cache-Status": "HIT"},
        {"X-Proxy-Cache": "HIT"},
        {"Cache-Status": "edge; hit"},
    ],
)
def test_a_cached_answer_may_repeat_an_id(lines):
    assert {} == among(*identified("a1"), *identified("a1", **lines))


@pytest.mark.parametrize(
    "lines",
    [{"Age": "0"}, {"X-Cache": "MISS"}, {"Cache-Status": "edge; fwd=miss"}, {"Cache-Control": "private, x-white=1"}],
)
def test_an_answer_that_is_not_from_a_cache_repeats_none(lines):
    assert {"request-id-repeated": "fail"} == among(*identified("a1"), *identified("a1", **lines))


@pytest.mark.parametrize(
    ("lines", "trace_id"),
    [
        ([(NAME, "a1")], ""),
        ([(NAME, "mine")], ""),
        ([("X-Correlation-ID", "a1")], ""),
        ([("traceparent", "00-theirs-01")], "ours"),
        ([], "ours"),
    ],
)
def test_what_a_caller_sent_may_come_back_each_time(lines, trace_id):
    once = replace(answer(200, {NAME: "a1"}), request_headers=HeaderList(lines), trace_id=trace_id)
    assert {} == among(*identified("a1"), once, once)
    traced = replace(once, request_headers=HeaderList([("traceparent", "00-ours-01")]), trace_id="ours")
    assert {"request-id-repeated": "fail"} == among(*identified("a1"), traced)


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
    found += [*request_id.judge([one], NAME), *request_id.judge_given(ids(one, one))]
    assert all(told.isprintable() and len(told) <= 450 for finding in found for told in finding.as_dict().values())
