"""Kinds of limiters are told apart by what they might have done at the moments that are possible."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.split_burst import Split
from prodverify.judges import limiter_kind
from prodverify.record.findings import Finding
from prodverify.target.rate_limit import RateLimit
from tests.judges.anything import exchanges
from tests.judges.scene import NOON, answer, rules

ALL = frozenset(limiter_kind.KINDS)


def promised(requests=10, seconds=1.0, window="unknown"):
    return RateLimit(
        requests=requests,
        window_seconds=seconds,
        window=window,
        role="burster",
        journey="limited",
        max_wait_seconds=1000.0,
    )


def by_clock(limit, seconds):
    used = {}

    def admit(now):
        number = math.floor(now / seconds)
        used[number] = used.get(number, 0) + 1
        return used[number] <= limit

    return admit


def by_first_request(limit, seconds):
    began, used = -math.inf, 0

    def admit(now):
        nonlocal began, used
        if now >= began + seconds:
            began, used = now, 0
        used += 1
        return used <= limit

    return admit


def by_log(limit, seconds):
    log = []

    def admit(now):
        allowed = sum(now - at < seconds for at in log) < limit
        if allowed:
            log.append(now)
        return allowed

    return admit


def by_counters(limit, seconds, *, counts_refused=False, of_clock=True):
    used, began = {}, None

    def admit(now):
        nonlocal began
        began = now if began is None else began
        windows = (now if of_clock else now - began) / seconds
        number = math.floor(windows)
        before = used.get(number - 1, 0) * (1 - windows + number)
        allowed = before + used.get(number, 0) < limit
        used[number] = used.get(number, 0) + (allowed or counts_refused)
        return allowed

    return admit


def by_bucket(limit, seconds):
    tokens, filled = limit, NOON

    def admit(now):
        nonlocal tokens, filled
        tokens, filled = min(limit, tokens + (now - filled) * limit / seconds), now
        allowed = tokens >= 1
        tokens -= allowed
        return allowed

    return admit


def blocking(make):
    """Whoever is refused is refused for one more window, anew with every request."""

    def made(limit, seconds):
        inner, until = make(limit, seconds), -math.inf

        def admit(now):
            nonlocal until
            allowed = now >= until and inner(now)
            until = until if allowed else now + seconds
            return allowed

        return admit

    return made


LIMITERS = {
    "clock": ("clock", by_clock),
    "first-request": ("first_request", by_first_request),
    "log": ("sliding_log", by_log),
    "counter": ("sliding_counter", by_counters),
    "counter-with-refusals": ("sliding_counter", lambda *how: by_counters(*how, counts_refused=True)),
    "counter-from-first": ("sliding_counter", lambda *how: by_counters(*how, of_clock=False)),
    "bucket": ("continuous", by_bucket),
}
EACH = pytest.mark.parametrize("name", LIMITERS)


def driven(make, promise, chance, slowest_ms, skew=0.0):
    """A burst in parts against a limiter, in a time of its own."""
    admit, now = make(promise.requests, promise.window_seconds), NOON + chance.random() * 100

    def ask():
        nonlocal now
        sent, took = now, chance.uniform(1.0, slowest_ms) / 1000
        status = 200 if admit(sent + skew + chance.random() * took) else 429
        now = sent + took + 0.0005
        return answer(status, at=sent, elapsed_ms=took * 1000, dated=False)

    def until(moment):
        nonlocal now
        now = max(now, moment + chance.random() * 0.003)

    split = Split(promise, ask, until)
    until(split.begin(now))
    split.drive()
    split.tell()
    return split


@EACH
@pytest.mark.parametrize(
    ("requests", "seconds", "slowest"), [(10, 1.0, 4), (10, 2.0, 8), (30, 10.0, 60), (60, 60.0, 80)]
)
def test_the_kind_is_named(name, requests, seconds, slowest):
    kind, make = LIMITERS[name]
    splits = [driven(make, promised(requests, seconds), random.Random(seed), slowest) for seed in range(10)]

    assert [kind] * 10 == [limiter_kind.named(split.kinds) for split in splits]


@EACH
def test_a_slow_network_leaves_the_kind_open_and_never_names_another(name):
    kind, make = LIMITERS[name]
    splits = [driven(make, promised(10, 1.0), random.Random(seed), 90) for seed in range(40)]

    assert all(kind in split.kinds for split in splits if not split.aborted)


@pytest.mark.parametrize("make", [by_clock, by_first_request, by_log, by_counters])
@pytest.mark.parametrize(("requests", "seconds", "slowest"), [(10, 2.0, 8), (60, 60.0, 80)])
def test_who_blocks_whoever_was_refused_is_of_no_known_kind(make, requests, seconds, slowest):
    for seed in range(5):
        split = driven(blocking(make), promised(requests, seconds), random.Random(seed), slowest)

        assert "unknown" == limiter_kind.named(split.kinds)
        assert "nothing was let through after the first refusal" == split.why_unknown()
        assert len(split.answers) + len(split.later) <= requests + 6


def steadily(promise, took_ms):
    """A burst into a bucket, each answer of which takes as long."""
    admit, now = by_bucket(promise.requests, promise.window_seconds), NOON

    def ask():
        nonlocal now
        sent, now = now, now + took_ms / 1000
        return answer(200 if admit(sent) else 429, at=sent, elapsed_ms=took_ms, dated=False)

    def until(moment):
        nonlocal now
        now = max(now, moment)

    split = Split(promise, ask, until)
    split.drive()
    return split


@pytest.mark.parametrize(
    ("took_ms", "outpaced", "refused", "asked"),
    [(1000, True, False, 6), (900, True, False, 6), (890, False, False, 125), (400, False, True, 100)],
)
def test_a_burst_goes_on_while_a_refill_explains_it_and_ends_where_it_always_will(took_ms, outpaced, refused, asked):
    promise = promised(60, 60.0).model_copy(update={"max_wait_seconds": 5.0})
    split = steadily(promise, took_ms)

    assert (outpaced, outpaced, refused) == (split.outpaced, split.aborted, split.refusing)
    assert asked == len(split.answers)


@pytest.mark.parametrize("window", ["clock", "first_request", "sliding_log"])
def test_windows_that_give_nothing_back_are_asked_for_no_more_than_five_beyond_the_limit(window):
    promise = promised(60, 60.0, window).model_copy(update={"max_wait_seconds": 5.0})

    assert 65 == len(steadily(promise, 400).answers)


@pytest.mark.parametrize("name", ["clock", "counter"])
def test_a_clock_that_differs_within_reason_changes_nothing(name):
    kind, make = LIMITERS[name]
    splits = [driven(make, promised(30, 10.0), random.Random(seed), 20, skew=0.04) for seed in range(10)]

    assert all(kind in split.kinds for split in splits)


def test_the_dates_of_answers_bound_how_far_clocks_differ():
    def dated(*differences):
        return [answer(at=NOON + index + 0.5, headers={"Date": when}) for index, when in enumerate(differences)]

    agreeing = dated("Mon, 21 Sep 2026 12:00:00 GMT", "Mon, 21 Sep 2026 12:00:01 GMT")
    assert limiter_kind.CLOCKS_AGREE_SECONDS == limiter_kind.disagreement(agreeing)
    assert limiter_kind.CLOCKS_AGREE_SECONDS == limiter_kind.disagreement([answer(dated=False)])
    assert 9 < limiter_kind.disagreement(dated("Mon, 21 Sep 2026 12:00:10 GMT")) < 12
    assert 8 < limiter_kind.disagreement(dated("Mon, 21 Sep 2026 11:59:50 GMT")) < 12


def test_clocks_that_differ_are_why_the_kind_is_unknown():
    late = answer(at=NOON, headers={"Date": "Mon, 21 Sep 2026 14:00:00 GMT"})
    split = Split(promised(), lambda: late, lambda moment: None, [late])

    assert "the clocks differ by up to 7202 s" == split.why_unknown()


def test_what_no_kind_explains_leaves_none():
    odd = [answer(status, at=NOON + index * 0.01) for index, status in enumerate([200, 429, 200, 429, 200])]
    assert frozenset() == limiter_kind.possible(limiter_kind.attempted(odd, [], promised()), promised(), 0.0)


def test_without_a_first_accepted_answer_all_are_possible():
    assert ALL == limiter_kind.possible([], promised(), 0.0)
    refused = limiter_kind.attempted([answer(429)], [], promised())
    assert ALL == limiter_kind.possible(refused, promised(), 0.0)


def test_a_request_in_disguise_may_have_been_counted_or_not():
    plain = [answer(200 if index < 9 else 429, at=NOON + 0.4 + index * 0.01) for index in range(10)]
    disguised = [answer(200, at=NOON + 0.485)]
    promise = promised()

    assert frozenset() == limiter_kind.possible(limiter_kind.attempted(plain, [], promise), promise, 0.0)
    found = limiter_kind.possible(limiter_kind.attempted(plain, disguised, promise), promise, 0.0)
    assert {"clock", "first_request", "sliding_log"} <= found


@pytest.mark.parametrize(
    ("kinds", "window", "expected"),
    [
        ({"clock"}, "clock", {}),
        ({"clock"}, "unknown", {}),
        ({"clock"}, "continuous", {"rate-limit-kind-differs": "fail"}),
        ({"clock", "first_request"}, "clock", {"rate-limit-kind-unknown": "info"}),
        ({"clock", "first_request"}, "continuous", {"rate-limit-kind-differs": "fail"}),
        (set(), "unknown", {"rate-limit-kind-unknown": "info"}),
        ({"sliding_counter", "unknown"}, "sliding_counter", {"rate-limit-kind-unknown": "info"}),
        ({"sliding_counter", "unknown"}, "clock", {"rate-limit-kind-differs": "fail"}),
        (ALL, "continuous", {"rate-limit-kind-unknown": "info"}),
    ],
)
def test_the_declared_kind_is_possible(kinds, window, expected):
    assert expected == rules(limiter_kind.judge(frozenset(kinds), promised(window=window), "why"))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(answers=st.lists(exchanges(), max_size=5), disguised=st.lists(exchanges(), max_size=2))
def test_judges_only_find(answers, disguised):
    promise = promised(requests=2, seconds=0.7)
    attempts = limiter_kind.attempted(answers, disguised, promise)
    kinds = limiter_kind.possible(attempts, promise, limiter_kind.disagreement(answers))
    assert all(isinstance(found, Finding) for found in limiter_kind.judge(kinds, promise, "why"))
