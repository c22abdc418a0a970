"""
How many requests are let through around the end of a window of the clock, where two windows meet.

A limiter that forgets everything at that moment serves twice its limit within it: whoever sized the service for the
limit meets twice that. Whether it may is the target's to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from prodverify.judges.while_refused import is_odd, other_answer
from prodverify.record.findings import Finding, fail, inconclusive, info
from prodverify.target.rate_limit import RateLimit
from prodverify.wire.exchange import Exchange

CLAUSE = "target file: rate_limit.boundary_burst"


def judge(before: Sequence[Exchange], after: Sequence[Exchange], promise: RateLimit) -> list[Finding]:
    """Deviations of the answers just before the end of a window that nobody else used, and just after it."""
    if promise.boundary_burst is None:
        return []
    limit, answers = promise.requests, [*before, *after]
    wanted = f"{limit} accepted in {promise.window_seconds:g} s, also where two windows meet"
    if odd := next((answer for answer in answers if is_odd(answer, promise)), None):
        return [other_answer(odd, wanted)]
    accepted = _accepted(answers, promise)
    observed = told(before, after, promise)
    if len(_accepted(before, promise)) < limit or not after:
        advice = "Give the suite a key that nothing else uses, and see that both clocks agree."
        return [inconclusive("rate-limit-boundary-unclear", wanted, observed, next_step=advice)]
    most = limit + math.floor(_seconds(accepted) * limit / promise.window_seconds) + 1
    if most >= 2 * limit:
        advice = "Ask from nearer; what a limiter gives back in that time explains as many."
        return [inconclusive("rate-limit-boundary-slow", wanted, observed, next_step=advice)]
    if len(accepted) <= most:
        return []
    advice = "Count in windows that slide, or by a bucket; or say that it is known: boundary_burst = told."
    severe = fail if promise.boundary_burst == "refused" else info
    return [severe("rate-limit-boundary-burst", wanted, observed, next_step=advice)]


def told(before: Sequence[Exchange], after: Sequence[Exchange], promise: RateLimit) -> str:
    """How many were accepted, in how long."""
    accepted = _accepted([*before, *after], promise)
    return f"{len(_accepted(before, promise))} before it and {len(accepted)} in all, in {_seconds(accepted):.2f} s"


def _accepted(answers: Sequence[Exchange], promise: RateLimit) -> list[Exchange]:
    return [answer for answer in answers if answer.status not in promise.statuses]


def _seconds(answers: Sequence[Exchange]) -> float:
    if not answers:
        return 0.0
    return max(0.0, answers[-1].started_at + answers[-1].elapsed_ms / 1000 - answers[0].started_at)
