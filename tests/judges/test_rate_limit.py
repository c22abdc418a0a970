"""One caller who asks too often, request by request."""

import pytest

from prodverify.judges import rate_limit
from prodverify.target.rate_limit import RateLimit
from tests.judges.scene import NOON, answer, rules

MINUTE = NOON
"""A boundary of windows of a minute."""
COUNTED = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def promised(window="continuous", requests=60, seconds=60.0, **more):
    values = {
        "role": "burster",
        "journey": "execution",
        "headers": ("Retry-After", *COUNTED),
        "accepted_headers": COUNTED,
    }
    return RateLimit(requests=requests, window_seconds=seconds, window=window, **{**values, **more})


def burst(*statuses, at=MINUTE, apart=0.01):
    return [answer(status, at=at + index * apart) for index, status in enumerate(statuses)]


def judged(answers, **how):
    return rules(rate_limit.judge_burst(answers, promised(**how)))


@pytest.mark.parametrize("window", ["clock", "first_request", "continuous", "unknown"])
def test_a_limit_that_is_kept_passes(window):
    assert judged(burst(*[202] * 60, *[429] * 5), window=window) == {}


@pytest.mark.parametrize("window", ["clock", "first_request", "continuous", "unknown"])
def test_no_refusal_is_not_enforced(window):
    assert judged(burst(*[202] * 66), window=window) == {"rate-limit-not-enforced": "fail"}


@pytest.mark.parametrize(
    ("window", "accepted", "expected"),
    [
        ("clock", 59, {"rate-limit-too-strict": "fail"}),
        ("clock", 60, {}),
        ("clock", 61, {"rate-limit-too-lax": "fail"}),
        ("first_request", 59, {"rate-limit-too-strict": "fail"}),
        ("first_request", 61, {"rate-limit-too-lax": "fail"}),
        ("continuous", 53, {"rate-limit-too-strict": "fail"}),
        ("continuous", 54, {"rate-limit-early": "warn"}),
        ("continuous", 59, {}),
        ("continuous", 61, {}),
        ("continuous", 62, {"rate-limit-too-lax": "fail"}),
        ("unknown", 61, {}),
    ],
)
def test_the_limit_is_the_promised_one(window, accepted, expected):
    assert expected == judged(burst(*[202] * accepted, *[429] * 3), window=window)


def test_what_is_refilled_meanwhile_is_allowed_for():
    slow = burst(*[202] * 66, *[429] * 4, apart=0.1)
    assert judged(slow) == {}
    assert judged(slow, window="clock") == {"rate-limit-too-lax": "fail"}


def test_what_is_refilled_after_the_last_accepted_one_explains_nothing():
    late = [*burst(*[202] * 63), *burst(429, 429, at=MINUTE + 30)]
    assert judged(late) == {"rate-limit-too-lax": "fail"}


def test_a_burst_slower_than_the_refill_proves_nothing():
    assert judged(burst(*[202] * 65, apart=0.5)) == {"rate-limit-burst-slow": "inconclusive"}


def test_a_limiter_that_refuses_once_and_forgets_is_too_lax():
    assert judged(burst(*[202] * 60, 429, *[202] * 10)) == {"rate-limit-too-lax": "fail"}


def test_a_burst_across_a_boundary_proves_nothing():
    crossing = burst(*[202] * 60, *[429] * 5, at=MINUTE + 59.7)
    assert judged(crossing, window="clock") == {"rate-limit-window-crossed": "inconclusive"}
    assert judged(crossing) == {}
    slow = burst(*[202] * 60, *[429] * 5, apart=1.0)
    assert judged(slow, window="first_request") == {"rate-limit-window-crossed": "inconclusive"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (500, {"rate-limit-broken": "fail"}),
        (503, {"rate-limit-broken": "fail"}),
        (401, {"rate-limit-other-answer": "inconclusive"}),
        (404, {"rate-limit-other-answer": "inconclusive"}),
    ],
)
def test_other_answers_are_no_evidence_about_the_limit(status, expected):
    assert expected == judged(burst(*[202] * 10, status, *[429] * 3))


def test_other_statuses_may_be_declared_to_refuse():
    assert judged(burst(*[202] * 60, *[403] * 5), statuses=(403, 429)) == {}


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (answer(429), {"rate-limit-used-before": "inconclusive"}),
        (answer(202, {"X-RateLimit-Remaining": "29"}), {"rate-limit-used-before": "inconclusive"}),
        (answer(202, {"X-RateLimit-Remaining": "30"}), {}),
    ],
)
def test_a_key_that_was_used_before_proves_nothing(first, expected):
    assert expected == judged([first, *burst(*[202] * 59, *[429] * 5)], window="clock")


@pytest.mark.parametrize(("window", "expected"), [("unknown", "inconclusive"), ("continuous", "fail")])
def test_a_boundary_of_the_clock_may_explain_twice_the_limit(window, expected):
    crossing = burst(*[202] * 110, *[429] * 3, at=MINUTE + 59.4)
    assert [expected] == list(judged(crossing, window=window).values())


def test_a_limit_that_changes_is_told():
    answers = [*countdown(59, 58), *countdown(57, limit="80", at=MINUTE + 0.02)]
    assert rules(rate_limit.judge_countdown(answers, promised()))["rate-limit-limit-changes"] == "fail"


def test_no_answers_prove_nothing():
    assert judged([]) == {"rate-limit-unasked": "inconclusive"}


def refusal(status=429, **headers):
    said = {"retry-after": "30", "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}
    said.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer(status, {name: value for name, value in said.items() if value is not None})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, {}),
        ({"x_ratelimit_reset": str(int(NOON) + 30)}, {}),
        ({"x_ratelimit_reset": str(int(NOON) * 1000 + 30000)}, {}),
        ({"retry_after": "Mon, 21 Sep 2026 12:00:30 GMT"}, {}),
        ({"x_ratelimit_reset": "32"}, {}),
        ({"x_ratelimit_reset": "33"}, {"rate-limit-retry-early": "warn"}),
        ({"x_ratelimit_reset": "30000"}, {}),
        ({"x_ratelimit_reset": "27"}, {"rate-limit-reset-inconsistent": "fail"}),
        ({"x_ratelimit_reset": str(int(NOON) - 3)}, {"rate-limit-reset-past": "fail"}),
        ({"x_ratelimit_reset": "soon"}, {"rate-limit-header-malformed": "fail"}),
        ({"x_ratelimit_reset": None}, {"rate-limit-header-missing": "fail"}),
        ({"x_ratelimit_limit": "100"}, {"rate-limit-limit-differs": "fail"}),
        ({"x_ratelimit_remaining": "1"}, {"rate-limit-remaining-wrong": "fail"}),
        ({"x_ratelimit_remaining": "-1"}, {"rate-limit-remaining-wrong": "fail"}),
        ({"retry_after": None}, {"rate-limit-header-missing": "fail"}),
        ({"retry_after": "1.5"}, {"rate-limit-header-malformed": "fail"}),
        ({"retry_after": "0", "x_ratelimit_reset": "1"}, {"rate-limit-retry-at-once": "warn"}),
        ({"retry_after": "62", "x_ratelimit_reset": "60"}, {}),
        ({"retry_after": "63", "x_ratelimit_reset": "62"}, {"rate-limit-retry-long": "warn"}),
        (
            {"retry_after": "Mon, 21 Sep 2026 11:59:50 GMT"},
            {"rate-limit-retry-past": "fail", "rate-limit-retry-early": "warn"},
        ),
    ],
)
def test_a_refusal_is_complete_and_agrees_with_itself(headers, expected):
    assert expected == rules(rate_limit.judge_refusal(refusal(**headers), promised(window="clock")))


def test_a_bucket_has_a_token_before_it_is_full():
    early = refusal(retry_after="1", x_ratelimit_reset="60")
    assert rules(rate_limit.judge_refusal(early, promised(window="continuous"))) == {}
    late = refusal(retry_after="60", x_ratelimit_reset="1")
    assert rules(rate_limit.judge_refusal(late, promised(window="continuous"))) == {
        "rate-limit-reset-inconsistent": "fail"
    }


def test_a_reset_in_one_of_two_units_is_told_apart_by_an_earlier_answer():
    def alone(reset, **more):
        return answer(429, {"X-RateLimit-Reset": str(reset)}, **more)

    def judged(earlier):
        found = rate_limit.judge_refusal(alone(50000), promised(headers=()), earlier)
        return rules(found)

    assert judged(None) == {"rate-limit-reset-ambiguous": "inconclusive"}
    assert judged(alone(50300, at=NOON - 0.3)) == {}
    assert judged(alone(50000, at=NOON - 0.3)) == {"rate-limit-reset-inconsistent": "fail"}
    assert judged(alone(12345, at=NOON - 0.3)) == {"rate-limit-reset-ambiguous": "inconclusive"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('"a";q=60;w=60', {}),
        ('"a";q=60;w=61', {}),
        ('"a";q=60;w=62', {"rate-limit-window-differs": "fail"}),
        ('"a";q=61;w=60', {"rate-limit-limit-differs": "fail"}),
        ('"a";q=60;w=60;qu="content-bytes"', {}),
        ('"b";q=1000;w=86400, "a";q=60;w=60', {}),
        ('"a";w=60', {"rate-limit-header-ignored": "warn"}),
    ],
)
def test_the_stated_policy_is_the_promised_one(policy, expected):
    said = answer(429, {"RateLimit": '"a";r=0;t=30, "b";r=7;t=80000', "RateLimit-Policy": policy, "Retry-After": "30"})
    assert expected == rules(rate_limit.judge_refusal(said, promised(headers=("RateLimit",))))


def test_a_malformed_retry_after_fails_whether_declared_or_not():
    found = rules(rate_limit.judge_refusal(answer(429, {"Retry-After": "1.5"}), promised(headers=())))
    assert {"rate-limit-header-malformed": "fail"} == found


def test_headers_that_are_not_declared_are_not_asked_for():
    assert rate_limit.judge_refusal(answer(429), promised(headers=())) == []


def test_an_accepted_answer_is_no_refusal():
    assert rules(rate_limit.judge_refusal(answer(200), promised())) == {"rate-limit-no-refusal": "inconclusive"}


def test_the_stated_wait_is_told():
    assert rate_limit.stated_wait(refusal(retry_after="7"), promised()) == 7.0
    assert rate_limit.stated_wait(answer(429), promised()) is None


def countdown(*remaining, limit="60", apart=0.01, at=MINUTE):
    return [
        answer(
            202,
            {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": "30"},
            at=at + index * apart,
        )
        for index, left in enumerate(remaining)
    ]


@pytest.mark.parametrize(
    ("window", "remaining", "expected"),
    [
        ("clock", range(59, -1, -1), {}),
        ("continuous", range(59, -1, -1), {}),
        ("continuous", [59, 58, 58, 57, 56], {}),
        ("clock", [59, 58, 58, 57, 56], {"rate-limit-remaining-lags": "warn"}),
        ("clock", [59, 57, 55], {"rate-limit-remaining-jumps": "fail"}),
        ("clock", [30, 29, 31, 30], {"rate-limit-remaining-rises": "fail"}),
        ("continuous", [30, 29, 30], {"rate-limit-remaining-rises": "fail"}),
        ("clock", [59] * 10, {"rate-limit-remaining-stuck": "fail"}),
        ("continuous", [59] * 10, {"rate-limit-remaining-stuck": "fail"}),
        ("clock", [*range(39, -1, -1), *[0] * 20], {"rate-limit-remaining-false": "fail"}),
        ("continuous", [*range(39, -1, -1), *[0] * 20], {"rate-limit-remaining-false": "fail"}),
        ("clock", [*range(58, -1, -1), 0], {}),
        ("clock", [*range(59, -1, -1), *[0] * 20], {}),
        ("clock", [1, 0, -1], {"rate-limit-remaining-wrong": "fail"}),
        ("clock", [61, 60], {"rate-limit-remaining-wrong": "fail"}),
        ("clock", [59], {}),
        ("continuous", [*range(59, -1, -1), 0, 0, 0, 0], {}),
        ("continuous", [2, 1, 0, 0, 0], {}),
        ("continuous", [2, 1, 0, 0, 0, 0, 0], {"rate-limit-remaining-false": "fail"}),
        ("unknown", [2, 1, 59, 58], {}),
        ("first_request", [2, 1, 59, 58], {}),
    ],
)
def test_what_is_left_falls_by_one(window, remaining, expected):
    assert expected == rules(rate_limit.judge_countdown(countdown(*remaining), promised(window=window)))


def test_what_is_refilled_meanwhile_may_come_back():
    assert rules(rate_limit.judge_countdown(countdown(50, 51, 52, apart=2.0), promised())) == {}


def test_a_new_window_begins_anew():
    assert (
        rules(rate_limit.judge_countdown(countdown(20, 19, 55, at=MINUTE + 58.5, apart=0.9), promised("clock"))) == {}
    )


def test_accepted_answers_carry_what_was_declared():
    bare = [answer(202) for _ in range(3)]
    found = rate_limit.judge_countdown(bare, promised())
    assert [finding.rule for finding in found] == ["rate-limit-header-missing"] * 3
    assert rate_limit.judge_countdown(bare, promised(accepted_headers=())) == []
    assert rules(rate_limit.judge_countdown(countdown(5, 4, limit="61"), promised())) == {
        "rate-limit-limit-differs": "fail"
    }
    assert rules(rate_limit.judge_countdown([answer(429)], promised())) == {
        "rate-limit-nothing-accepted": "inconclusive"
    }
