"""
The cache is there, finds what it is asked for, and has room.

https://redis.io/docs/latest/commands/info/
"""

import pytest

from prodverify.judges import cache

pytestmark = [pytest.mark.needs("cache"), pytest.mark.shares("cache"), pytest.mark.waits]


@pytest.mark.clause("SPEC D6")
def test_cache_answers(promise, cache_answers, promises):
    """
    The cache answers in time.
    """
    promise.holds(cache.judge_answers(cache_answers, promises.cache.answers_within_ms))


@pytest.mark.clause("SPEC D6")
def test_cache_finds_what_it_is_asked_for(promise, cache_window, promises, hit_percent):
    """
    The promised share of lookups finds something.
    """
    promise.holds(cache.judge_hits(cache_window, hit_percent, promises.cache.confidence_percent))


@pytest.mark.clause("SPEC D6")
def test_cache_keeps_what_it_has(promise, cache_window, evictions_per_second):
    """
    The cache throws away no more than promised for want of memory.
    """
    promise.holds(cache.judge_evictions(cache_window, evictions_per_second))


@pytest.mark.clause("Redis: key eviction")
def test_cache_has_its_policy(promise, cache_memory, cache_policy):
    """
    The cache throws away what it was told to when its memory is full.
    """
    promise.holds(cache.judge_policy(cache_memory, cache_policy))


@pytest.mark.clause("Redis: key eviction")
def test_cache_has_room(promise, cache_memory, memory_percent):
    """
    The cache uses no more than the promised share of its memory.
    """
    promise.holds(cache.judge_memory(cache_memory, memory_percent))
