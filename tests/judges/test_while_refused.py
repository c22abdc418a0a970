"""What others get while one caller is refused, what a disguise gets, and what comes after the stated wait."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import while_refused
from prodverify.record.findings import Finding
from prodverify.target.rate_limit import RateLimit
from tests.judges.anything import exchanges
from tests.judges.scene import NOON, answer, rules


def promised(window="clock", scope="workspace", **more):
    return RateLimit(
        requests=60, window_seconds=60.0, window=window, scope=scope, role="burster", journey="execution", **more
    )


def answers(*statuses, at=NOON, apart=0.01):
    return [answer(status, at=at + index * apart) for index, status in enumerate(statuses)]


def left(remaining, status=202):
    return answer(status, {"X-RateLimit-Remaining": str(remaining)})


@pytest.mark.parametrize(
    ("before", "during", "expected"),
    [
        (answer(202), answer(202), {}),
        (answer(202), answer(429), {"rate-limit-shared": "fail"}),
        (answer(202), answer(500), {"rate-limit-broken": "fail"}),
        (answer(202), answer(403), {"rate-limit-other-answer": "inconclusive"}),
        (answer(429), answer(202), {"rate-limit-bystander-unfit": "inconclusive"}),
        (left(59), left(58), {}),
        (left(59), left(30), {}),
        (left(59), left(29), {"rate-limit-shared": "fail"}),
    ],
)
def test_another_scope_is_untouched(before, during, expected):
    assert expected == rules(while_refused.judge_bystander(before, during, promised()))


@pytest.mark.parametrize(
    ("window", "statuses", "apart", "expected"),
    [
        ("clock", [429], 0.01, {}),
        ("clock", [202, 429], 0.01, {"rate-limit-reset-by-others": "fail"}),
        ("continuous", [202, 429], 0.01, {}),
        ("continuous", [202, 202, 429], 0.01, {"rate-limit-reset-by-others": "fail"}),
        ("continuous", [202, 202, 429], 0.6, {}),
        ("unknown", [202, 202, 202], 0.01, {"rate-limit-reset-by-others": "fail"}),
        ("clock", [500], 0.01, {"rate-limit-broken": "fail"}),
        ("clock", [404], 0.01, {"rate-limit-other-answer": "inconclusive"}),
    ],
)
def test_nobody_is_freed_by_others(window, statuses, apart, expected):
    (refusal,) = answers(429)
    assert expected == rules(while_refused.judge_again(refusal, answers(*statuses, apart=apart), promised(window)))


@pytest.mark.parametrize(
    ("window", "began", "newest", "ended"),
    [
        ("clock", 0.0, 59.9, False),
        ("clock", 59.9, 60.1, True),
        ("first_request", 59.9, 119.8, False),
        ("first_request", 59.9, 120.0, True),
        ("sliding_log", 0.0, 60.1, True),
        ("unknown", 59.9, 60.1, True),
        ("unknown", 0.0, 59.9, False),
        ("sliding_counter", 59.9, 60.1, True),
        ("continuous", 0.0, 600.0, False),
    ],
)
def test_a_window_that_may_have_ended_explains_who_is_served_again(window, began, newest, ended):
    first, again = answer(202, at=NOON + began), answers(202, 202, 429, at=NOON + newest, apart=0.0)
    promise = promised(window)
    (refusal,) = answers(429, at=NOON + newest - 0.01)

    assert ended == while_refused.window_ended(first, again[-1], promise)
    told = {"rate-limit-window-ended": "inconclusive"} if ended else {"rate-limit-reset-by-others": "fail"}
    assert told == rules(while_refused.judge_again(refusal, again, promise, first))
    told = {"rate-limit-window-ended": "inconclusive"} if ended else {"rate-limit-second-key-escapes": "fail"}
    assert told == rules(while_refused.judge_second_key(refusal, again, promise, first))


@pytest.mark.parametrize(
    ("scope", "statuses", "expected"),
    [
        ("workspace", [429], {}),
        ("workspace", [202, 429], {"rate-limit-second-key-escapes": "fail"}),
        ("key", [202, 202, 202], {}),
        ("key", [429], {"rate-limit-second-key-shares": "fail"}),
        ("key", [401], {"rate-limit-other-answer": "inconclusive"}),
        ("workspace", [503], {"rate-limit-broken": "fail"}),
    ],
)
def test_a_second_key_counts_as_promised(scope, statuses, expected):
    (refusal,) = answers(429)
    assert expected == rules(while_refused.judge_second_key(refusal, answers(*statuses), promised(scope=scope)))


@pytest.mark.parametrize(
    ("name", "window", "statuses", "control", "expected"),
    [
        ("forwarded_for", "clock", [429], None, {}),
        ("case", "clock", [], None, {"rate-limit-disguise-unanswered": "inconclusive"}),
        ("forwarded_for", "clock", [202, 202, 202], 429, {"rate-limit-bypassed-by-forwarded-for": "fail"}),
        ("forwarded_for", "clock", [202, 202, 202], 202, {}),
        ("forwarded_for", "continuous", [202, 429], 429, {}),
        ("forwarded_for", "continuous", [202, 202, 429], 429, {"rate-limit-bypassed-by-forwarded-for": "fail"}),
        ("query", "clock", [202, 429], 429, {"rate-limit-bypassed-by-query": "fail"}),
        ("trailing_slash", "clock", [202, 429], 429, {"rate-limit-bypassed-by-trailing-slash": "warn"}),
        ("head", "clock", [200, 200, 200], 429, {"rate-limit-bypassed-by-head": "warn"}),
        ("case", "clock", [404], None, {}),
        ("case", "clock", [301], None, {}),
        ("double_slash", "clock", [500], None, {}),
    ],
)
def test_no_disguise_helps(name, window, statuses, control, expected):
    (refusal,) = answers(429)
    plain = None if control is None else answer(control)
    found = while_refused.judge_disguise(name, refusal, answers(*statuses), plain, promised(window))
    assert expected == rules(found)


@pytest.mark.parametrize(
    ("statuses", "halfway", "expected"),
    [
        ([202], None, {}),
        ([202], 429, {}),
        ([202], 202, {"rate-limit-wait-long": "fail"}),
        ([429, 202], None, {"rate-limit-wait-short": "warn"}),
        ([429, 429], None, {"rate-limit-no-recovery": "fail"}),
        ([500], None, {"rate-limit-broken": "fail"}),
        ([401], None, {"rate-limit-other-answer": "inconclusive"}),
        ([202], 401, {"rate-limit-other-answer": "inconclusive"}),
    ],
)
def test_the_stated_wait_is_enough_and_needed(statuses, halfway, expected):
    half = None if halfway is None else (2.0, answer(halfway))
    assert expected == rules(while_refused.judge_recovery(answers(*statuses), 4.0, promised(), half))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Cache-Control": "no-store"}, {}),
        ({"Cache-Control": "private, max-age=60"}, {}),
        ({"Cache-Control": "no-cache"}, {}),
        ({"Cache-Control": "max-age=0"}, {}),
        ({"Cache-Control": "max-age=1"}, {"rate-limit-refusal-cacheable": "fail"}),
        ({"Cache-Control": "s-maxage=1, max-age=0"}, {"rate-limit-refusal-cacheable": "fail"}),
        ({"Cache-Control": "public"}, {"rate-limit-refusal-cacheable": "fail"}),
        ({"Expires": "Mon, 21 Sep 2026 12:00:01 GMT"}, {"rate-limit-refusal-cacheable": "fail"}),
        ({"Expires": "Mon, 21 Sep 2026 12:00:00 GMT"}, {"rate-limit-refusal-storable": "info"}),
        ({"Cache-Control": "max-age=0", "Expires": "Mon, 21 Sep 2026 13:00:00 GMT"}, {}),
        ({}, {"rate-limit-refusal-storable": "info"}),
    ],
)
def test_a_refusal_is_kept_by_no_cache(headers, expected):
    assert expected == rules(while_refused.judge_contract([answer(429, headers)], answers(202, 202, 202)))


@pytest.mark.parametrize(("took", "expected"), [(52.0, {}), (52.1, {"rate-limit-refusal-slow": "warn"})])
def test_a_refusal_is_as_fast_as_an_answer(took, expected):
    refusals = [answer(429, {"Cache-Control": "no-store"}, elapsed_ms=took)] * 3
    assert expected == rules(while_refused.judge_contract(refusals, answers(*[202] * 20)))
    assert {} == rules(while_refused.judge_contract(refusals[:2], answers(*[202] * 20)))


def test_without_a_refusal_there_is_nothing_to_judge():
    assert {"rate-limit-no-refusal": "inconclusive"} == rules(while_refused.judge_contract([], answers(202)))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    one=exchanges(),
    other=exchanges(),
    window=st.sampled_from(["clock", "sliding_counter", "continuous", "unknown"]),
    name=st.sampled_from(["forwarded_for", "case", "head"]),
)
def test_judges_only_find(one, other, window, name):
    promise = promised(window)
    found = (
        *while_refused.judge_bystander(one, other, promise),
        *while_refused.judge_again(one, [other], promise),
        *while_refused.judge_second_key(one, [other, one], promise),
        *while_refused.judge_disguise(name, one, [other], one, promise),
        *while_refused.judge_contract([one, other, one], [other, one, other]),
        *while_refused.judge_recovery([one, other], 1.0, promise, (0.5, other)),
    )
    for finding in found:
        assert isinstance(finding, Finding)
        assert all(len(told) <= 450 and told.isprintable() for told in finding.as_dict().values())
