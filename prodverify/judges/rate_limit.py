"""
One caller who asks too often is refused as promised, is told when to come back, and disturbs nobody else.

RFC 6585 section 4 (429), RFC 9110 section 10.2.3 (Retry-After), draft-ietf-httpapi-ratelimit-headers. What a limiter
that refills continuously gives back while the burst runs is allowed for; windows that start at the clock or at the
first request are judged exactly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from statistics import median_low

from prodverify.judges.reading import Reading, answered_at, read, settled
from prodverify.judges.stated_limit import EXACT, counts, headers, waits
from prodverify.judges.while_refused import is_odd, other_answer
from prodverify.record.findings import Finding, fail, inconclusive, warn
from prodverify.target.rate_limit import RateLimit
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 6585 section 4"

MARGIN = 5
"""A burst that shows a limiter sends this many requests more than are accepted."""


def judge_burst(answers: Sequence[Exchange], promise: RateLimit) -> list[Finding]:
    """Deviations of a burst's answers, sequential and in order, from a key that was fresh when it began."""
    wanted = f"{promise.requests} accepted in {promise.window_seconds:g} s, then {_statuses(promise)}"
    if not answers:
        return [inconclusive("rate-limit-unasked", wanted, "no answer at all")]
    if odd := next((answer for answer in answers if is_odd(answer, promise)), None):
        return [other_answer(odd, wanted)]
    refusals = [index for index, answer in enumerate(answers) if answer.status in promise.statuses]
    let_through = [answer for answer in answers if answer.status not in promise.statuses]
    accepted = len(let_through)
    before = refusals[0] if refusals else accepted
    # What is refilled after the last accepted request explains none of those accepted.
    seconds = _ended((let_through or answers)[-1]) - answers[0].started_at
    observed = f"{before} accepted before the first refusal, {accepted} of {len(answers)} in {seconds:.2f} s"
    if used := _used_before(answers[0], promise):
        advice = "Wait until the limit has forgotten it, and give the suite a key that nothing else uses."
        return [inconclusive("rate-limit-used-before", "a key that was not used before", used, next_step=advice)]
    if promise.window in EXACT and _crosses(answers, promise):
        advice = "Start the burst just after a window's boundary, or ask faster."
        return [inconclusive("rate-limit-window-crossed", wanted, observed, next_step=advice)]
    most = promise.requests + _refill(seconds, promise)
    by_clock = promise.model_copy(update={"window": "clock"})
    # Where a window may end at the clock, its end explains as many again.
    if promise.window not in (*EXACT, "continuous") and accepted > most and _crosses(answers, by_clock):
        advice = "Start the burst just after a window's boundary, or declare rate_limit.window."
        return [inconclusive("rate-limit-window-crossed", wanted, observed, next_step=advice)]
    if not refusals:
        if len(answers) < most + MARGIN and accepted <= most:
            advice = f"A refill explains as many as {most} in that time; ask from nearer, so that answers come faster."
            return [inconclusive("rate-limit-burst-slow", wanted, observed, next_step=advice)]
        advice = _unshared(answers, promise)
        return [fail("rate-limit-not-enforced", wanted, f"no refusal; {observed}", next_step=advice)]
    return [*_too_early(before, wanted, observed, promise), *_too_many(accepted, most, wanted, observed, promise)]


def judge_refusal(exchange: Exchange, promise: RateLimit, earlier: Exchange | None = None) -> list[Finding]:
    """
    Deviations of one refusal: every declared header is there, has a meaning, and agrees with the others.

    ``earlier`` is an answer in the same window: two tell the unit of a Reset that one leaves open.
    """
    if exchange.status not in promise.statuses:
        return [inconclusive("rate-limit-no-refusal", _statuses(promise), f"status {exchange.status}")]
    said = _reading(exchange, promise)
    if earlier is not None and len(said.resets) > 1:
        meant = settled(earlier, exchange, window_seconds=promise.window_seconds)
        said = replace(said, resets=meant or said.resets)
    return [
        *headers(exchange, promise.headers, said, "a refusal"),
        *counts(said, promise, refused=True),
        *waits(said, promise),
    ]


def judge_countdown(answers: Sequence[Exchange], promise: RateLimit) -> list[Finding]:
    """Deviations of what accepted answers, in order, say is left: it falls by one a request, apart from refill."""
    accepted = [answer for answer in answers if 200 <= answer.status < 400 and answer.status not in promise.statuses]
    if not accepted:
        return [inconclusive("rate-limit-nothing-accepted", "accepted answers", f"none of {len(answers)}")]
    readings = [_reading(answer, promise) for answer in accepted]
    found: dict[str, Finding] = {}
    for answer, said in zip(accepted, readings, strict=True):
        for finding in (
            *headers(answer, promise.accepted_headers, said, "an accepted answer"),
            *counts(said, promise, refused=False),
        ):
            found.setdefault(f"{finding.rule} {finding.expected}", finding)
    found.update(_changed(readings))
    counted = [
        (answer, said.remaining)
        for answer, said in zip(accepted, readings, strict=True)
        if said.remaining is not None and said.remaining >= 0
    ]
    # Nothing falls below 0; what is accepted beyond the limit is the burst's matter.
    emptied = next((index for index, (_, left) in enumerate(counted) if left == 0), len(counted))
    beyond = _beyond(counted[emptied : promise.requests], promise)
    return [*found.values(), *_fall(counted[: emptied + 1], promise), *beyond]


def stated_wait(exchange: Exchange, promise: RateLimit) -> float | None:
    """The wait in seconds that a refusal states, counted from its own date; None where it states none."""
    return _reading(exchange, promise).wait_seconds


def tells_remaining(exchange: Exchange, promise: RateLimit) -> bool:
    """Whether an answer says how many requests are left."""
    return _reading(exchange, promise).remaining is not None


def _reading(exchange: Exchange, promise: RateLimit) -> Reading:
    return read(
        exchange.headers,
        date=answered_at(exchange),
        window_seconds=promise.window_seconds,
        requests=promise.requests,
    )


def _statuses(promise: RateLimit) -> str:
    return " or ".join(map(str, promise.statuses))


def _ended(exchange: Exchange) -> float:
    return exchange.started_at + exchange.elapsed_ms / 1000


def _refill(seconds: float, promise: RateLimit) -> int:
    """Requests that a continuous refill may give back in that time, one more for the request that is being filled."""
    if promise.window in EXACT:
        return 0
    return math.floor(max(0.0, seconds) * promise.requests / promise.window_seconds) + 1


def _crosses(answers: Sequence[Exchange], promise: RateLimit) -> bool:
    """A window ends while the burst runs, by the service's own dates where it sends them."""
    first, last = answered_at(answers[0]), answered_at(answers[-1])
    if promise.window in ("first_request", "sliding_log"):
        return _ended(answers[-1]) - answers[0].started_at >= promise.window_seconds
    return first // promise.window_seconds != last // promise.window_seconds


def _used_before(first: Exchange, promise: RateLimit) -> str:
    if first.status in promise.statuses:
        return f"the first request was refused with {first.status}"
    left = _reading(first, promise).remaining
    # A limiter that says how many are left before it counts is one ahead.
    if left is not None and 0 <= left < promise.requests // 2 and promise.requests > 2:
        return f"Remaining {left} after the first request"
    return ""


def _too_early(before: int, wanted: str, observed: str, promise: RateLimit) -> Iterator[Finding]:
    least = promise.requests if promise.window in EXACT else math.floor(promise.requests * 0.9)
    if before < least:
        yield fail("rate-limit-too-strict", wanted, observed)
    elif before < promise.requests - 1:
        yield warn("rate-limit-early", wanted, observed, next_step="Something else may have used this key.")


def _too_many(accepted: int, most: int, wanted: str, observed: str, promise: RateLimit) -> Iterator[Finding]:
    if accepted > most:
        replicas = math.ceil(accepted / promise.requests)
        advice = f"It looks like {replicas} counters that are not shared." if replicas > 1 else ""
        yield fail("rate-limit-too-lax", wanted, observed, next_step=advice)


def _unshared(answers: Sequence[Exchange], promise: RateLimit) -> str:
    """Advice where each number that remains was said as often as there may be counters."""
    said = Counter(left for answer in answers if (left := _reading(answer, promise).remaining))
    replicas = median_low(said.values()) if said else 1
    # Where the same is said all the time nothing is counted at all.
    if not 1 < replicas <= len(said):
        return ""
    return f"What remains falls as if there were {replicas} counters that are not shared."


def _changed(readings: Sequence[Reading]) -> dict[str, Finding]:
    limits = [said.limit for said in readings if said.limit is not None]
    different = next((limit for limit in limits if limit != limits[0]), None)
    if different is None:
        return {}
    wanted = "one Limit in all answers of a window"
    return {"changed": fail("rate-limit-limit-changes", wanted, f"{limits[0]}, then {different}")}


def _fall(counted: Sequence[tuple[Exchange, int]], promise: RateLimit) -> Iterator[Finding]:
    stuck = 0
    for (earlier, had), (later, has) in pairwise(counted):
        back = _refill(_ended(later) - earlier.started_at, promise)
        if promise.window in EXACT and _crosses((earlier, later), promise):
            return
        wanted = "Remaining falls by one a request, apart from refill"
        if has < had - 1:
            yield fail("rate-limit-remaining-jumps", wanted, f"{had}, then {has}")
            return
        if has > had and has >= promise.requests - 2 and promise.window != "continuous":
            return  # a new window began; what came before it is in order
        if has > had - 1 + max(back, 1):
            advice = "Counters may not be shared between replicas."
            yield fail("rate-limit-remaining-rises", wanted, f"{had}, then {has}", next_step=advice)
            return
        stuck += has > had - 1 + back
    if len(counted) < 2:
        return
    seconds = _ended(counted[-1][0]) - counted[0][0].started_at
    fell, least = counted[0][1] - counted[-1][1], len(counted) - 1 - _refill(seconds, promise)
    if fell < least - 1:
        observed = f"fell by {fell} over {len(counted)} answers"
        yield fail("rate-limit-remaining-stuck", f"Remaining falls by at least {least}", observed)
    elif stuck:
        yield warn("rate-limit-remaining-lags", "Remaining falls with every request", f"{stuck} times it did not")


def _beyond(emptied: Sequence[tuple[Exchange, int]], promise: RateLimit) -> Iterator[Finding]:
    """Whoever was told that nothing remains is not served often, within the limit, before some is said to be back."""
    empty = [answer for answer, _ in takewhile(lambda counted: counted[1] == 0, emptied)]
    if not empty or (promise.window in EXACT and _crosses(empty, promise)):
        return
    further = len(empty) - 1
    if further > _refill(_ended(empty[-1]) - empty[0].started_at, promise) + 1:
        observed = f"Remaining 0, then {further} more were accepted"
        yield fail("rate-limit-remaining-false", "nobody accepted beyond what remains, apart from refill", observed)
