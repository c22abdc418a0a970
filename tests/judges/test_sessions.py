"""What log-ins and log-outs prove, and what a refusal gives away."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import sessions, template
from prodverify.record.findings import Finding
from prodverify.target.refusals import Refusals
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import answer, rules

OPEN = answer(200, {}, {"name": "main"})
HEX = "0123456789abcdef"


@pytest.mark.parametrize(
    ("baseline", "replay", "expected"),
    [
        (200, 401, {}),
        (204, 302, {}),
        (200, 404, {}),
        (200, 200, {"session-fixed": "fail"}),
        (200, 299, {"session-fixed": "fail"}),
        (200, 500, {"session-replay-breaks": "fail"}),
        (200, 429, {"session-limited": "inconclusive"}),
        (401, 401, {"session-unproven": "inconclusive"}),
        (302, 200, {"session-unproven": "inconclusive"}),
    ],
)
def test_a_cookie_from_before_the_log_in_opens_nothing(baseline, replay, expected):
    assert expected == rules(sessions.judge_fixation(answer(baseline), answer(replay)))


@pytest.mark.parametrize(
    ("log_out", "replay", "expected"),
    [
        (204, 401, {}),
        (302, 303, {}),
        (200, 200, {"session-outlives-log-out": "fail"}),
        (399, 401, {}),
        (400, 200, {"log-out-refused": "inconclusive"}),
        (403, 401, {"log-out-refused": "inconclusive"}),
        (500, 401, {"log-out-breaks": "fail"}),
        (204, 500, {"log-out-replay-breaks": "fail"}),
        (204, 429, {"session-limited": "inconclusive"}),
    ],
)
def test_a_log_out_ends_the_session(log_out, replay, expected):
    assert expected == rules(sessions.judge_ended(OPEN, answer(log_out), answer(replay, {}, {"name": "main"})))
    assert rules(sessions.judge_ended(answer(401), answer(204), answer(401))) == {"log-out-unproven": "inconclusive"}


def test_another_body_for_an_ended_session_is_no_way_in_and_no_proof():
    page = answer(200, {}, b"<form>log in</form>")
    assert {"session-replay-unclear": "inconclusive"} == rules(sessions.judge_ended(OPEN, answer(204), page))
    assert {"session-replay-unclear": "inconclusive"} == rules(sessions.judge_fixation(OPEN, page))
    assert {"session-replay-unclear": "inconclusive"} == rules(sessions.judge_ended(OPEN, answer(204), answer(200)))


def test_a_session_is_refused_by_a_body_as_declared():
    refused, refusals = answer(200, {}, {"error": "log in"}), Refusals(at="/error")
    assert {} == rules(sessions.judge_ended(OPEN, answer(200, {}, {}), refused, refusals=refusals))
    assert {} == rules(sessions.judge_fixation(OPEN, refused, refusals=refusals))
    assert {} == rules(sessions.judge_wrong_password(refused, refusals=refusals))
    assert {"log-out-unproven": "inconclusive"} == rules(
        sessions.judge_ended(refused, answer(204), refused, refusals=refusals)
    )
    assert {"log-out-refused": "inconclusive"} == rules(sessions.judge_ended(OPEN, refused, OPEN, refusals=refusals))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (HEX * 2, HEX[::-1] * 2, {}),
        (HEX * 2, HEX * 2, {"session-repeated": "fail"}),
        ("1" * 19, "7" * 19, {"session-short": "fail"}),  # 63 bits
        ("1" * 20, "7" * 20, {"session-weak": "warn"}),  # 66 bits
        ("1" * 38, "7" * 38, {"session-weak": "warn"}),  # 126 bits
        ("1" * 39, "7" * 39, {}),  # 129 bits
        (HEX, HEX[::-1], {"session-weak": "warn"}),  # 64 bits
        (HEX[1:], HEX[:0:-1], {"session-short": "fail"}),  # 60 bits
        (HEX + "a" * 16, HEX + "b" * 16, {}),
        (HEX * 2, HEX + HEX[:-1] + "0", {"session-counted": "fail"}),
        ("x" * 40 + "1" * 9, "x" * 40 + "2" * 9, {"session-counted": "fail"}),  # 29 bits
        ("x" * 40 + "1" * 10, "x" * 40 + "2" * 10, {}),  # 33 bits
        ("a" * 129, "a" * 129, {"session-self-contained": "info"}),
        ("a" * 128, "a" * 128, {"session-repeated": "fail"}),
        ("eyJh.eyJz.c2ln", "eyJh.eyJz.c2ln", {"session-self-contained": "info"}),
    ],
)
def test_sessions_are_made_by_chance(first, second, expected):
    assert expected == rules(sessions.judge_difference(first, second))


def refusal(status=401, body=None, **headers):
    return answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body or {"error": "no"})


@pytest.mark.parametrize(
    ("unknown", "wrong", "expected"),
    [
        (refusal(), refusal(), {}),
        (refusal(404), refusal(401), {"users-told-by-status": "fail"}),
        (refusal(200), refusal(200), {}),
        (refusal(body={"error": "no user"}), refusal(body={"error": "no match"}), {"users-told-by-body": "fail"}),
        (refusal(body={"user": "nobody"}), refusal(body={"user": "ann"}), {}),
        (refusal(body=b"<p>nobody?</p>"), refusal(body=b"<p>ann?</p>"), {}),
        (refusal(body=b'{"a": 1, "b": 2}'), refusal(body=b'{"b": 2, "a": 1}'), {}),
        (refusal(body={"left": 2}), refusal(body={"left": 1}), {"users-told-by-body": "fail"}),
        (refusal(body=b'{"a": 1}'), refusal(body=b'{"a": 1}\n\n'), {"users-told-by-length": "fail"}),
        (
            refusal(body={"id": "0f8fad5b-d9cb-469f-a165-70867728950e", "at": "2026-09-21T12:00:00Z"}),
            refusal(body={"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "at": "2026-09-21T12:00:00.125Z"}),
            {},
        ),
        (
            refusal(X_Request_Id="abcdefgh", body={"r": "abcdefgh"}),
            refusal(X_Request_Id="zyxwvuts", body={"r": "zyxwvuts"}),
            {},
        ),
        (refusal(Retry_After="5"), refusal(), {"users-told-by-header": "fail"}),
        (refusal(X_RateLimit_Remaining="5"), refusal(X_RateLimit_Remaining="4"), {}),
        (refusal(302, Location="/in?no=user"), refusal(302, Location="/in?no=word"), {"users-told-by-header": "fail"}),
        (refusal(302, Location="/in?u=nobody"), refusal(302, Location="/in?u=ann"), {}),
        (refusal(Set_Cookie="a=1; Path=/"), refusal(Set_Cookie="a=2; Path=/"), {}),
        (refusal(Set_Cookie="a=1; Path=/"), refusal(Set_Cookie="b=1; Path=/"), {"users-told-by-header": "fail"}),
        (refusal(429), refusal(), {"log-in-limited": "inconclusive"}),
        (refusal(500), refusal(500), {"log-in-breaks": "fail"}),
        (refusal(499), refusal(499), {}),
    ],
)
def test_a_refusal_does_not_tell_who_has_an_account(unknown, wrong, expected):
    assert expected == rules(sessions.judge_enumeration([unknown], [wrong], ["nobody", "ann"]))


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (refusal(body={"tip": "7f"}), {"log-in-answers-vary": "inconclusive"}),
        (refusal(body={"tip": "3a"}), {"users-told-by-body": "fail"}),
        (refusal(429), {"log-in-limited": "inconclusive"}),
        (refusal(404), {"log-in-answers-vary": "inconclusive"}),
    ],
)
def test_what_changes_by_itself_tells_nothing(again, expected):
    unknown, wrong = refusal(body={"tip": "3a"}), refusal(body={"tip": "9c"})
    assert expected == rules(sessions.judge_enumeration([unknown, again], [wrong], []))


@pytest.mark.parametrize(("again", "expected"), [({}, {}), ({"X_Cache": "a"}, {"users-told-by-header": "fail"})])
def test_a_header_that_comes_and_goes_tells_nothing(again, expected):
    unknown = [refusal(X_Cache="a"), refusal(**again)]
    assert expected == rules(sessions.judge_enumeration(unknown, [refusal()], []))


def test_without_answers_nothing_is_compared():
    assert rules(sessions.judge_enumeration([], [], [])) == {"log-in-unasked": "inconclusive"}


@pytest.mark.parametrize(("status", "expected"), [(200, {"password-unchecked": "fail"}), (302, {}), (401, {})])
def test_a_wrong_password_opens_nothing(status, expected):
    assert expected == rules(sessions.judge_wrong_password(answer(status)))
    assert sessions.judge_wrong_password(None) == []


def rounds(unknown, wrong, number=2):
    return [sessions.Round(tuple(unknown), tuple(wrong))] * number


@pytest.mark.parametrize(
    ("unknown", "wrong", "number", "expected"),
    [
        ([10.0] * 5, [60.0] * 5, 2, {}),
        ([10.0] * 5, [60.1] * 5, 2, {"users-told-by-time": "warn"}),
        ([60.1] * 5, [10.0] * 5, 2, {"users-told-by-time": "warn"}),
        ([10.0] * 5, [900.0] * 5, 1, {}),
        ([0.0, 30.0, 60.0], [90.0, 120.0, 150.0], 2, {}),  # spread 30: 90 is not above 3 x 30
        ([0.0, 30.0, 60.0], [90.1, 120.1, 150.1], 2, {"users-told-by-time": "warn"}),
        ([], [], 2, {}),
    ],
)
def test_time_is_a_warning_at_most(unknown, wrong, number, expected):
    assert expected == rules(sessions.judge_timing(rounds(unknown, wrong, number), [401]))


def test_one_round_without_difference_is_enough():
    even, apart = rounds([10.0], [10.0], 1), rounds([10.0], [99.0], 1)
    assert sessions.judge_timing([*apart, *even], [401]) == []


@pytest.mark.parametrize(
    ("status", "expected"), [(499, {}), (500, {"log-in-breaks": "fail"}), (429, {"log-in-limited": "inconclusive"})]
)
def test_what_came_while_time_was_taken_is_judged_too(status, expected):
    assert expected == rules(sessions.judge_timing([], [401, status]))


@settings(max_examples=60)
@given(one=exchanges(), other=exchanges(), text=VALUES, times=st.lists(st.floats(0, 1e6), max_size=4))
def test_judges_only_find(one, other, text, times):
    found = [
        *sessions.judge_fixation(one, other),
        *sessions.judge_ended(one, other, one),
        *sessions.judge_difference(text, one.text[:300]),
        *sessions.judge_enumeration([one], [other], [text]),
        *sessions.judge_wrong_password(one),
        *sessions.judge_timing(rounds(times, times), [one.status]),
    ]
    assert all(isinstance(finding, Finding) for finding in found)
    assert [finding for finding in found if len(finding.observed) > 400] == []
    assert template.size(one, [text]) >= 0
