"""The limit of log-ins: when it refuses, how, and whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges import log_in_limit
from prodverify.record.findings import Finding
from prodverify.target.log_in_limit import LogInLimit
from prodverify.target.promises import Errors
from tests.judges.anything import exchanges
from tests.judges.scene import NOON, answer, rules

STORED = {"Cache-Control": "no-store", "Retry-After": "60"}
ERRORS = Errors(media_type="application/problem+json", members=("title",))


def promised(tries: int = 3, **more: object) -> LogInLimit:
    return LogInLimit(role="user", tries=tries, window_seconds=60.0, **more)


def tried(*statuses: int, apart: float = 0.1, began: float = NOON + 1):
    return [answer(status, at=began + number * apart) for number, status in enumerate(statuses)]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((401, 401, 401, 429), {}),
        ((200, 302, 403, 429), {}),  # pages that show the form once more, and sites that send back to it
        ((401, 401, 401, 401), {"log-in-limit-missing": "fail"}),
        ((401, 401, 401, 403), {"log-in-limit-missing": "fail"}),
        ((401, 401, 429), {"log-in-limit-early": "warn"}),
        ((401, 429), {"log-in-limit-early": "warn"}),
        ((429,), {"log-in-limit-used-before": "inconclusive"}),
        ((401, 401, 401), {"log-in-limit-unasked": "inconclusive"}),
        ((), {"log-in-limit-unasked": "inconclusive"}),
        ((401, 500), {"log-in-breaks": "fail"}),
        ((401, 499, 401, 429), {}),
    ],
)
def test_after_as_many_wrong_log_ins_as_promised_the_next_is_refused(statuses, expected):
    assert expected == rules(log_in_limit.judge_limit(tried(*statuses), promised()))


@pytest.mark.parametrize(
    ("apart", "began", "expected"),
    [
        (6.6, NOON, {"log-in-limit-missing": "fail"}),  # 19.8 s: a bucket has had no other token
        (6.67, NOON, {"log-in-limit-slow": "inconclusive"}),  # 20.01 s
        (0.3, NOON + 59.0, {"log-in-limit-missing": "fail"}),
        (0.4, NOON + 59.0, {"log-in-limit-slow": "inconclusive"}),  # a window of the clock has ended
    ],
)
def test_what_a_limiter_may_have_given_back_is_no_failure(apart, began, expected):
    answers = tried(401, 401, 401, 401, apart=apart, began=began)

    assert expected == rules(log_in_limit.judge_limit(answers, promised()))


def test_the_declared_statuses_are_the_limiters():
    locked = promised(statuses=(423, 503))

    assert {} == rules(log_in_limit.judge_limit(tried(401, 401, 401, 503), locked))
    assert {"log-in-limit-missing": "fail"} == rules(log_in_limit.judge_limit(tried(401, 401, 401, 429), locked))
    assert {"log-in-breaks": "fail"} == rules(log_in_limit.judge_limit(tried(401, 503), promised()))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (STORED, {}),
        ({**STORED, "Retry-After": "1"}, {}),
        ({**STORED, "Retry-After": "0"}, {"rate-limit-retry-at-once": "warn"}),
        ({**STORED, "Retry-After": "62"}, {}),
        ({**STORED, "Retry-After": "63"}, {"rate-limit-retry-long": "warn"}),
        ({**STORED, "Retry-After": "soon"}, {"rate-limit-header-malformed": "fail"}),
        ({**STORED, "Retry-After": "Mon, 21 Sep 2026 11:59:00 GMT"}, {"rate-limit-retry-past": "fail"}),
        ({"Cache-Control": "no-store"}, {"rate-limit-header-missing": "fail"}),
        ({**STORED, "Cache-Control": "max-age=1"}, {"rate-limit-refusal-cacheable": "fail"}),
    ],
)
def test_a_refusal_says_when_to_return(headers, expected):
    assert expected == rules(log_in_limit.judge_refusal(answer(429, headers), promised(), None))


def test_a_refusal_has_the_shape_of_all_refusals():
    page = answer(429, {**STORED, "Content-Type": "text/html"}, b"<title>Too many</title>")
    alike = answer(429, {**STORED, "Content-Type": ERRORS.media_type}, {"title": "Too Many Requests"})

    assert {"error-media-type": "fail"}.items() <= rules(log_in_limit.judge_refusal(page, promised(), ERRORS)).items()
    assert {} == rules(log_in_limit.judge_refusal(page, promised(), None))
    assert {} == rules(log_in_limit.judge_refusal(alike, promised(), ERRORS))
    assert {"log-in-limit-no-refusal": "inconclusive"} == rules(
        log_in_limit.judge_refusal(answer(401), promised(), ERRORS)
    )


@pytest.mark.parametrize(
    ("scope", "first", "other", "expected"),
    [
        ("username", 429, 401, {}),
        ("username", 429, 200, {}),
        ("username", 429, 429, {"log-in-limit-shared": "fail"}),
        ("username", 401, 401, {"log-in-limit-no-refusal": "inconclusive"}),
        ("address", 429, 429, {}),
        ("address", 429, 401, {"log-in-limit-escaped": "fail"}),
        ("username", 429, 500, {"log-in-breaks": "fail"}),
    ],
)
def test_other_users_are_counted_apart_or_with_their_address(scope, first, other, expected):
    promise = promised(scope=scope)

    assert expected == rules(log_in_limit.judge_others(answer(first), answer(other), promise))


def test_statuses_are_told_in_runs():
    assert "401 3 times, then 429 once" == log_in_limit.told(tried(401, 401, 401, 429))
    assert "" == log_in_limit.told([])


@given(
    answers=st.lists(exchanges(), max_size=5),
    one=exchanges(),
    other=exchanges(),
    tries=st.integers(1, 10),
    scope=st.sampled_from(["username", "address"]),
    errors=st.sampled_from([None, ERRORS]),
)
def test_no_answer_makes_a_judge_raise(answers, one, other, tries, scope, errors):
    promise = promised(tries, scope=scope)
    found = [
        *log_in_limit.judge_limit(answers, promise),
        *log_in_limit.judge_refusal(one, promise, errors),
        *log_in_limit.judge_others(one, other, promise),
    ]

    assert all(isinstance(finding, Finding) for finding in found)
