"""
Locust's own tables and page count durations as ours do.

Locust rounds them to two digits, half to even: 105 ms reads 100 and 1,249 ms reads 1,200, so that its page would show
a p95 below an objective that the same run breaks. Its function for that may be replaced since 2.43.4; it is replaced
on every process, because workers count and the master adds up.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable

from locust import stats

from load.histogram import bucket_of, edge_of

_HOOK = "bucket_response_time"
_DIGITS = 1_000.0  # a microsecond


class MissingHook(Exception):  # noqa: N818 - a word of the house
    """The Locust that is installed cannot count as we do; the text says what to do."""


def install(thresholds_ms: Iterable[float]) -> None:
    """
    Makes Locust of this process count durations by upper edges of buckets, with an edge at each of ``thresholds_ms``.

    Raises MissingHook where it has nothing that could be replaced.
    """
    present = getattr(stats, _HOOK, None)
    called = stats.StatsEntry._log_response_time.__code__.co_names
    if not callable(present) or _HOOK not in called:
        from locust import __version__

        raise MissingHook(
            f"Locust {__version__} has no {_HOOK} that could be replaced, so that its page would round durations"
            " across an objective; install 2.43.4 or later."
        )
    setattr(stats, _HOOK, buckets(thresholds_ms))


def buckets(thresholds_ms: Iterable[float]) -> Callable[[float], float]:
    """
    The edge under which Locust counts a duration: never below it, at most 0.54 % above.

    What is within a threshold is never counted beyond it, and the other way round.
    """
    exact = sorted(set(thresholds_ms))

    def bucket(response_time: float) -> float:
        edge = math.ceil(edge_of(bucket_of(response_time)) * _DIGITS) / _DIGITS
        at = bisect_left(exact, response_time)
        return min(edge, exact[at]) if at < len(exact) else edge

    return bucket
