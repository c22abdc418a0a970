"""The cache: in time or not, found or not, thrown away or not; and what cannot be told."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.key_value import COUNTED, MEASURED, Counters, Memory, Window, counters, memory
from prodverify.judges import cache
from prodverify.record.states import state_of

BEFORE = Counters(100.0, "a1", 1000, 500, 7)
MEMORY = Memory(60, 100, "allkeys-lru", "Valkey 9.1.2")


def after(seconds=10.0, **changes):
    return Window(BEFORE, replace(BEFORE, at=BEFORE.at + seconds, **changes))


def said(findings):
    return [finding.rule for finding in findings], str(state_of(findings))


@pytest.mark.parametrize(
    ("elapsed", "rule", "state"),
    [
        ((900.0, 100.0), "cache-answers", "pass"),
        ((900.0, 100.1), "cache-slow", "fail"),
        ((), "cache-not-asked", "inconclusive"),
    ],
)
def test_the_quickest_answer_counts(elapsed, rule, state):
    assert ([rule], state) == said(cache.judge_answers(elapsed, 100.0))


@pytest.mark.parametrize(
    ("hits", "misses", "rule", "state"),
    [
        (14, 0, "cache-hits", "pass"),
        (13, 0, "cache-hits-undecided", "inconclusive"),  # 0.8^13 is more than 5 %
        (0, 2, "cache-hits-few", "fail"),  # 0.2^2 is less
        (0, 1, "cache-hits-undecided", "inconclusive"),
        (800, 200, "cache-hits-undecided", "inconclusive"),
        (0, 0, "cache-not-looked-up", "inconclusive"),
    ],
)
def test_hits_are_judged_by_what_came_between_two_readings(hits, misses, rule, state):
    seen = after(hits=BEFORE.hits + hits, misses=BEFORE.misses + misses)

    assert ([rule], state) == said(cache.judge_hits(seen, 80.0, 95.0))


@pytest.mark.parametrize(
    ("evicted", "seconds", "rule", "state"),
    [
        (5, 10.0, "cache-evictions", "pass"),
        (6, 10.0, "cache-evicts", "fail"),
        (0, 0.0, "cache-window-empty", "inconclusive"),
    ],
)
def test_evictions_are_counted_by_the_second(evicted, seconds, rule, state):
    seen = after(seconds, evicted=BEFORE.evicted + evicted)

    assert ([rule], state) == said(cache.judge_evictions(seen, 0.5))


def test_a_replica_evicts_nothing_and_proves_nothing():
    assert (["cache-replica"], "inconclusive") == said(cache.judge_evictions(after(replica=True), 0.5))


def test_a_node_of_a_cluster_speaks_for_itself_alone():
    seen = after(hits=BEFORE.hits + 100, part=True)

    assert (["cache-hits", "cache-part"], "warn") == said(cache.judge_hits(seen, 80.0, 95.0))
    assert (["cache-evictions", "cache-part"], "warn") == said(cache.judge_evictions(seen, 0.5))
    assert (["cache-memory", "cache-part"], "warn") == said(cache.judge_memory(replace(MEMORY, part=True), 60.0))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"started": "b2"}, "cache-restarted"),
        ({"hits": 0}, "cache-counters-reset"),
        ({"misses": 0}, "cache-counters-reset"),
        ({"evicted": 0}, "cache-counters-reset"),
    ],
)
def test_readings_of_another_life_are_not_compared(changes, rule):
    assert ([rule], "inconclusive") == said(cache.judge_hits(after(**changes), 80.0, 95.0))
    assert ([rule], "inconclusive") == said(cache.judge_evictions(after(**changes), 80.0))


@pytest.mark.parametrize(
    ("changes", "policy", "rules", "state"),
    [
        ({}, "allkeys-lru", [], "pass"),
        ({}, "noeviction", ["cache-policy-differs"], "fail"),
        ({"limit_bytes": 0}, "allkeys-lru", ["cache-unbounded"], "warn"),
        ({"limit_bytes": 0, "policy": "noeviction"}, "noeviction", [], "pass"),
        ({"policy": ""}, "noeviction", ["cache-policy-untold"], "inconclusive"),
    ],
)
def test_the_policy_is_the_one_promised(changes, policy, rules, state):
    assert (rules, state) == said(cache.judge_policy(replace(MEMORY, **changes), policy))


@pytest.mark.parametrize(
    ("changes", "rule", "state"),
    [
        ({}, "cache-memory", "pass"),
        ({"used_bytes": 61}, "cache-memory-short", "fail"),
        ({"limit_bytes": 0}, "cache-memory-unlimited", "inconclusive"),
    ],
)
def test_memory_is_a_share_of_its_limit(changes, rule, state):
    assert ([rule], state) == said(cache.judge_memory(replace(MEMORY, **changes), 60.0))


COUNTS = st.integers(min_value=0, max_value=10**18)
READINGS = st.builds(Counters, st.floats(0, 1e9), st.text(max_size=3), *[COUNTS] * 3, st.booleans(), st.booleans())
MEMORIES = st.builds(Memory, COUNTS, COUNTS, st.text(max_size=9), st.text(), st.booleans())


@given(READINGS, READINGS, MEMORIES, st.floats(0.1, 99.9), st.floats(51, 99.9))
def test_no_reading_makes_a_judge_raise(first, second, used, percent, confidence):
    seen = Window(first, second)
    judged = (
        cache.judge_hits(seen, percent, confidence),
        cache.judge_evictions(seen, percent),
        cache.judge_policy(used, "allkeys-lru"),
        cache.judge_memory(used, percent),
    )

    assert all(finding.expected and finding.observed for findings in judged for finding in findings)


@given(st.dictionaries(st.sampled_from(COUNTED + MEASURED), st.one_of(st.text(), st.integers(), st.none())))
def test_an_info_of_any_form_is_read_or_refused(members):
    def counted(names):
        return all(str(members.get(name)).strip().isascii() and str(members.get(name)).isdigit() for name in names)

    for names, read in ((COUNTED, lambda: counters(members, 0.0).hits), (MEASURED, lambda: memory(members).used_bytes)):
        if counted(names):
            assert read() >= 0
        else:
            with suppress(ValueError):
                assert read() >= 0
