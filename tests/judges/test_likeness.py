"""What gives away the same as an authorised body, and what only looks like an answer."""

import pytest
from hypothesis import given, settings

from prodverify.judges import access
from prodverify.judges.likeness import Likeness, likeness
from prodverify.record.findings import Finding
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import answer

LOGS = {"logs": [{"id": 1, "by": None}], "next": "abc"}


@pytest.mark.parametrize(
    ("wanted", "given", "expected"),
    [
        (LOGS, LOGS, Likeness.SAME),
        ({"a": 1, "b": 2}, b'{ "b": 2, "a": 1.0 }', Likeness.SAME),
        (LOGS, {"logs": [{"id": 9, "by": "me"}], "next": None}, Likeness.SHAPED),
        (LOGS, {"logs": [], "next": "x"}, Likeness.SHAPED),
        (LOGS, {"logs": [{"id": "9", "by": {}}], "next": "x"}, Likeness.SHAPED),
        (LOGS, {"logs": [{"id": 9}], "next": "x"}, Likeness.SHAPED),
        (LOGS, {"logs": [{"id": 9, "a": 1, "b": 1}], "next": "x"}, Likeness.PARTLY),
        (LOGS, {"logs": [9], "next": "x"}, Likeness.PARTLY),
        ({"logs": [[1]]}, {"logs": [[{}]]}, Likeness.SHAPED),
        ({"logs": [[1]]}, {"logs": [1]}, Likeness.PARTLY),
        ({"data": {"id": 1, "by": 2}}, {"data": {"id": 3}}, Likeness.SHAPED),
        ({"data": {"id": 1, "by": 2}}, {"data": {"id": 3, "more": 4}}, Likeness.PARTLY),
        ({"data": {"id": 1}}, {"data": {"id": "1"}}, Likeness.PARTLY),
        (LOGS, {"logs": [], "next": 7}, Likeness.PARTLY),
        (LOGS, {"logs": None, "next": None}, Likeness.PARTLY),
        (LOGS, {**LOGS, "more": 1}, Likeness.PARTLY),
        (LOGS, {"error": "no"}, Likeness.OTHER),
        ({"data": {"id": 1}}, {"data": None}, Likeness.PARTLY),
        ({"data": {"id": 1}}, {"data": {}}, Likeness.PARTLY),
        ({"ok": True}, {"ok": 2}, Likeness.PARTLY),
        ([{"id": 1}], [{"id": 2}], Likeness.SHAPED),
        ([{"id": 1}], [], Likeness.SHAPED),
        ([{"id": 1}], [1], Likeness.PARTLY),
        ([{"id": 1}], {"id": 1}, Likeness.OTHER),
        (7, 8, Likeness.OTHER),
        (LOGS, b"", Likeness.EMPTY),
        (LOGS, b" \n", Likeness.EMPTY),
        (b"", b"", Likeness.SAME),
        (LOGS, b"<html>", Likeness.OTHER),
        (b"<html>", LOGS, Likeness.OTHER),
    ],
)
def test_documents_are_compared_by_members_and_kinds(wanted, given, expected):
    assert expected == likeness(answer(200, {}, wanted), answer(200, {}, given))
    assert (expected in (Likeness.SAME, Likeness.SHAPED)) == expected.equivalent


def page(*rows, token="a"):
    items = "".join(f"<li>{row}</li>\n" for row in rows)
    return f"<html><head><title>Accounts</title></head>\n<input name=csrf value={token}>\n{items}</html>".encode()


def test_pages_are_one_where_nearly_all_of_their_pieces_are():
    rows = [f"account {number}" for number in range(40)]
    wanted = answer(200, {}, page(*rows))

    assert Likeness.SAME == likeness(wanted, answer(200, {}, page(*rows, token="b")))
    assert Likeness.SAME == likeness(wanted, answer(200, {}, page(*rows[:38])))
    assert Likeness.OTHER == likeness(wanted, answer(200, {}, page(*rows[:30])))
    assert Likeness.OTHER == likeness(wanted, answer(200, {}, page("log in")))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(one=exchanges(), other=exchanges(), third=exchanges(), text=VALUES)
def test_judges_of_access_only_find(one, other, third, text):
    found = [
        *access.judge_rejection(one, other, text, open_to_all=[third]),
        *access.judge_scheme_case(one, other),
        *access.judge_two_credentials(one, other, third, one_promised=True),
        *access.judge_bypass(one, other, text, open_to_all=[third]),
    ]

    assert isinstance(likeness(one, other), Likeness)
    for finding in found:
        assert isinstance(finding, Finding)
        for told in finding.as_dict().values():
            assert len(told) <= 450
            assert told.isprintable()
            told.encode()
