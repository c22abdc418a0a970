"""What a stranger's answer gives away, and what a refused write proves."""

import pytest
from hypothesis import given, settings

from prodverify.judges import objects
from prodverify.record.findings import Finding
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules

OWNED = answer(200, {}, {"id": "17", "text": "mine"})
NONE = {"detail": "none here"}


def judged(strange, control, *, owned=OWNED, hides=True):
    return rules(objects.judge_stranger(owned, strange, control, ids=("17", "99"), hides_existence=hides))


@pytest.mark.parametrize("status", [400, 403, 404, 410, 302])
def test_the_same_refusal_for_both_is_right(status):
    assert judged(answer(status, {}, NONE), answer(status, {}, NONE)) == {}


def test_a_refusal_may_repeat_the_id():
    strange, control = ({"detail": f"no thing {one}", "request_id": f"a1b2c3d4e5f6{one}"} for one in ("17", "99"))
    assert judged(answer(404, {}, strange), answer(404, {}, control)) == {}


@pytest.mark.parametrize(
    ("strange", "control"),
    [(403, 404), (404, 403), (401, 404), (302, 404)],
)
@pytest.mark.parametrize(("hides", "severity"), [(True, "fail"), (False, "warn")])
def test_another_status_tells_that_there_is_something(strange, control, hides, severity):
    found = judged(answer(strange, {}, NONE), answer(control, {}, NONE), hides=hides)
    assert {"object-existence-told": severity} == found


@pytest.mark.parametrize(("hides", "severity"), [(True, "fail"), (False, "warn")])
def test_other_words_tell_it_too(hides, severity):
    found = judged(answer(404, {}, {"detail": "not yours"}), answer(404, {}, NONE), hides=hides)
    assert {"object-existence-told": severity} == found


@pytest.mark.parametrize(
    ("strange", "control", "expected"),
    [
        ({"id": "17", "text": "mine"}, (404, NONE), {"object-given-away": "fail"}),
        ({"text": "mine", "id": "17"}, (404, NONE), {"object-given-away": "fail"}),
        ({"id": "17", "text": "other"}, (404, NONE), {"object-given-away": "fail"}),
        ({"private": True}, (404, NONE), {"object-answered": "fail"}),
        ({"private": True}, (200, NONE), {"object-answered": "fail"}),
        (NONE, (200, NONE), {"object-refused-as-success": "warn"}),
        (b"<p>log in</p>", (200, b"<p>log in</p>"), {"object-refused-as-success": "warn"}),
        ({"id": "17", "text": ""}, (200, {"id": "99", "text": ""}), {"object-refused-as-success": "warn"}),
        ({"id": "17", "text": "mine"}, (200, {"id": "99", "text": "mine"}), {"object-given-away": "fail"}),
    ],
)
def test_a_success_is_judged_by_what_it_holds(strange, control, expected):
    status, body = control
    assert expected == judged(answer(200, {}, strange), answer(status, {}, body))


@pytest.mark.parametrize(
    ("owned", "strange", "control", "expected"),
    [
        (299, 404, 404, {}),
        (300, 404, 404, {"object-unproven": "inconclusive"}),
        (404, 404, 404, {"object-unproven": "inconclusive"}),
        (200, 401, 401, {"object-stranger-unknown": "inconclusive"}),
        (200, 429, 404, {"object-limited": "inconclusive"}),
        (200, 404, 429, {"object-limited": "inconclusive"}),
        (200, 499, 499, {}),
        (200, 500, 404, {"object-breaks": "fail"}),
        (200, 404, 503, {"object-breaks": "fail"}),
    ],
)
def test_what_proves_nothing_is_not_judged(owned, strange, control, expected):
    assert expected == judged(answer(strange), answer(control), owned=answer(owned))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, {}),
        *((status, {"write-unclear": "inconclusive"}) for status in (302, 400, 401, 402, 404, 405, 422, 499)),
        (200, {"write-granted": "fail"}),
        (299, {"write-granted": "fail"}),
        (429, {"write-limited": "inconclusive"}),
        (500, {"write-breaks": "fail"}),
    ],
)
def test_only_403_shows_that_a_write_is_refused(status, expected):
    assert expected == rules(objects.judge_write(answer(status), "viewer"))


@settings(max_examples=60)
@given(owned=exchanges(), strange=exchanges(), control=exchanges())
def test_judges_only_find(owned, strange, control):
    found = [
        *objects.judge_stranger(owned, strange, control, ids=("1", "x"), hides_existence=True),
        *objects.judge_write(strange, "\ud800"),
    ]
    assert all(isinstance(finding, Finding) for finding in found)
    assert [finding for finding in found if len(finding.observed) > 300] == []
