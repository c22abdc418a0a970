"""Every answer says which request it belongs to."""

import pytest

from prodverify.judges import request_id
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


@pytest.mark.parametrize(
    ("status", "sent", "back", "expected"),
    [
        (200, "a1", "a1", {"request-id-followed": "info"}),
        (200, "a1", "b2", {}),
        (400, "<script>", "b2", {}),
        (200, "<script>", "<script>", {"request-id-reflected": "fail"}),
        (500, "<script>", "b2", {"request-id-breaks": "fail"}),
    ],
)
def test_an_id_of_the_callers(status, sent, back, expected):
    assert expected == rules(request_id.judge_inbound(answer(status, {NAME: back}), NAME, sent))
