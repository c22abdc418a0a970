"""
Which kind of limiter answered: the kinds that could have accepted and refused just these requests at these moments.

A request was counted at some moment between its sending and its answer, so every kind is asked what it might have done,
not what it would have done. A kind is excluded only where no moment explains an answer, and named only where all others
are excluded. The caller was idle for two windows before the first attempt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from prodverify.judges import http_date
from prodverify.record.findings import Finding, fail, info
from prodverify.target.rate_limit import Kind, RateLimit
from prodverify.wire.exchange import Exchange

KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "unknown")

CLOCKS_AGREE_SECONDS = 0.05
"""Two machines that keep time by NTP agree so far, where the service's dates do not say otherwise."""

_DATE_SECONDS = 2.0
"""A Date is cut to whole seconds, and many servers write one anew only once a second."""
_ROUNDING_SECONDS = 0.003
"""Counters keep milliseconds."""
_ROUNDING_TOKENS = 0.02
_CONNECTING = 3
"""A handshake takes up to three journeys, and an answer at least one."""

Outcome = Literal["accepted", "refused", "accepted in disguise", "refused in disguise"]
"""A request in disguise may have been counted for the same caller, or for somebody else."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, in seconds since the epoch: counted at some moment after it was sent and before it was answered."""

    sent: float
    answered: float
    outcome: Outcome


def attempted(answers: Sequence[Exchange], disguised: Sequence[Exchange], promise: RateLimit) -> list[Attempt]:
    """What became of requests that one caller sent one after the other, some of them ``disguised``."""
    asked = sorted((*answers, *disguised), key=lambda answer: answer.started_at)
    ends = [*(answer.started_at for answer in asked[1:]), math.inf][: len(asked)]
    plain = {id(answer) for answer in answers}
    return [
        Attempt(
            answer.started_at - _ROUNDING_SECONDS,
            # Time to connect is not part of what an answer took; and it had come when the next request was sent.
            min(answer.started_at + _CONNECTING * answer.elapsed_ms / 1000, end) + _ROUNDING_SECONDS,
            _outcome(answer, promise, plain=id(answer) in plain),
        )
        for answer, end in zip(asked, ends, strict=True)
    ]


def _outcome(answer: Exchange, promise: RateLimit, *, plain: bool) -> Outcome:
    if answer.status in promise.statuses:
        return "refused" if plain else "refused in disguise"
    return "accepted" if plain else "accepted in disguise"


def disagreement(answers: Sequence[Exchange]) -> float:
    """Seconds by which the service's clock may differ from ours, as its dates tell."""
    behind, ahead = -math.inf, math.inf
    for answer in answers:
        dated = http_date.parse(answer.headers.first("date"))
        if dated is not None:
            behind = max(behind, dated - answer.started_at - answer.elapsed_ms / 1000)
            ahead = min(ahead, dated + _DATE_SECONDS - answer.started_at)
    if behind <= CLOCKS_AGREE_SECONDS and ahead >= -CLOCKS_AGREE_SECONDS:
        return CLOCKS_AGREE_SECONDS
    return max(abs(behind), abs(ahead))


def possible(attempts: Sequence[Attempt], promise: RateLimit, skew_seconds: float) -> frozenset[Kind]:
    """
    The kinds that could have answered so; the service's clock differs from ours by ``skew_seconds`` at most.

    ``unknown`` is one of them where nobody was let through after the first refusal: a block of any length explains
    every refusal since then, so that no kind is left over by having excluded the others.
    """
    if not attempts or attempts[0].outcome != "accepted":
        return frozenset(KINDS)
    limit, window = promise.requests, promise.window_seconds
    clock = _numbered(attempts, 0.0, skew_seconds, window)
    after_first = _numbered(attempts[1:], *_middle(attempts[0]), window)
    first = [(0, 0), *((max(0, low), max(0, high)) for low, high in after_first)]
    explained: dict[Kind, Callable[[], bool]] = {
        "clock": lambda: _by_windows(attempts, clock, limit),
        "first_request": lambda: _by_first_request(attempts, limit, window),
        "sliding_log": lambda: any(_by_log(attempts, limit, window, counting) for counting in _COUNTING),
        "sliding_counter": lambda: any(
            _by_counters(attempts, numbers, offset, limit, window, counting, spare)
            for (numbers, offset), counting, spare in product(
                ((clock, (0.0, skew_seconds)), (first, _middle(attempts[0]))), _COUNTING, (0.0, 1.0)
            )
        ),
        "continuous": lambda: _by_bucket(attempts, limit, window),
    }
    kinds = frozenset(kind for kind, explains in explained.items() if explains())
    blocked = len(kinds - {"continuous"}) > 0 and not _came_back(attempts)
    return kinds | {"unknown"} if blocked else kinds


def named(kinds: frozenset[Kind]) -> Kind:
    """The kind, where it is the only one possible."""
    return next(iter(kinds)) if len(kinds) == 1 else "unknown"


def judge(kinds: frozenset[Kind], promise: RateLimit, why_unknown: str) -> list[Finding]:
    """Whether the declared kind is among those possible, and which one it is."""
    left = " or ".join(_TOLD.get(kind, kind) for kind in (*KINDS, "unknown") if kind in kinds)
    left = left or "none of the known kinds"
    if promise.window != "unknown" and promise.window not in kinds:
        advice = "Correct rate_limit.window, or see what replaced the limiter: its fallback may count in another way."
        if "unknown" in kinds:
            advice = "Correct rate_limit.window; it is unknown where whoever asks while refused is blocked anew."
        return [fail("rate-limit-kind-differs", f"a limiter of kind {promise.window}", left, next_step=advice)]
    if len(kinds) != 1:
        return [info("rate-limit-kind-unknown", "one kind that explains every answer", f"{left}; {why_unknown}")]
    return []


_TOLD = {"unknown": "one that blocks whoever was refused"}

_COUNTING: tuple[frozenset[Outcome], ...] = (
    frozenset(("accepted", "accepted in disguise")),
    frozenset(("accepted", "accepted in disguise", "refused", "refused in disguise")),
)
"""Some limiters count what they refuse, too."""

_PLAIN: frozenset[Outcome] = frozenset(("accepted", "refused"))

_Numbers = Sequence[tuple[int, int]]
"""The first and the last window that each attempt may have been counted in."""


def _came_back(attempts: Sequence[Attempt]) -> bool:
    """Whether the caller was let through after its first refusal."""
    outcomes = [attempt.outcome for attempt in attempts]
    return "refused" in outcomes and "accepted" in outcomes[outcomes.index("refused") :]


def _middle(attempt: Attempt) -> tuple[float, float]:
    """The moment at which it was counted, and the doubt about it."""
    return (attempt.sent + attempt.answered) / 2, (attempt.answered - attempt.sent) / 2


def _numbered(attempts: Sequence[Attempt], start: float, doubt: float, window: float) -> list[tuple[int, int]]:
    return [
        (
            math.floor((attempt.sent - start - doubt) / window),
            math.floor((attempt.answered - start + doubt) / window),
        )
        for attempt in attempts
    ]


def _explained(attempts: Sequence[Attempt], bounds: Iterator[tuple[bool, bool]]) -> bool:
    """Whether each answer is one that could be given, by whether it may be accepted and may be refused."""
    return all(
        may_accept if attempt.outcome == "accepted" else may_refuse
        for attempt, (may_accept, may_refuse) in zip(attempts, bounds, strict=True)
        if attempt.outcome in _PLAIN
    )


def _by_windows(attempts: Sequence[Attempt], numbers: _Numbers, limit: int) -> bool:
    def bounds() -> Iterator[tuple[bool, bool]]:
        for index, (low, high) in enumerate(numbers):
            sure = [numbers[i] for i in range(index) if attempts[i].outcome == "accepted"]
            maybe = [numbers[i] for i in range(index) if attempts[i].outcome in _COUNTING[0]]
            least = sum(low == high == other[0] == other[1] for other in sure)
            most = sum(other[0] <= high and low <= other[1] for other in maybe)
            yield least < limit, most >= limit

    return _explained(attempts, bounds())


def _by_first_request(attempts: Sequence[Attempt], limit: int, window: float) -> bool:
    """Every window that may be open, as the moments at which it began and what it has let through."""
    open_windows = {(attempts[0].sent, attempts[0].answered, 1)}
    for attempt in attempts[1:]:
        if attempt.outcome == "refused in disguise":
            continue
        accepted = attempt.outcome != "refused"
        following = set(open_windows) if attempt.outcome == "accepted in disguise" else set()
        for earliest, latest, count in open_windows:
            if attempt.sent < latest + window and accepted == (count < limit):
                following.add((max(earliest, attempt.sent - window), latest, count + accepted))
            if attempt.answered >= earliest + window and accepted:
                following.add((attempt.sent, attempt.answered, 1))
        open_windows = following
    return bool(open_windows)


def _by_log(attempts: Sequence[Attempt], limit: int, window: float, counting: frozenset[Outcome]) -> bool:
    def bounds() -> Iterator[tuple[bool, bool]]:
        for index, attempt in enumerate(attempts):
            before = attempts[:index]
            sure = [other for other in before if other.outcome in counting & _PLAIN]
            maybe = [other for other in before if other.outcome in counting]
            least = sum(attempt.answered - other.sent < window for other in sure)
            most = sum(attempt.sent - other.answered < window for other in maybe)
            yield least < limit, most >= limit

    return _explained(attempts, bounds())


def _by_counters(
    attempts: Sequence[Attempt],
    numbers: _Numbers,
    start: tuple[float, float],
    limit: int,
    window: float,
    counting: frozenset[Outcome],
    spare: float,
) -> bool:
    """Two windows, the one before weighted by what the sliding one still covers; ``spare``: room that one needs."""

    def bounds() -> Iterator[tuple[bool, bool]]:
        for index, (attempt, (low, high)) in enumerate(zip(attempts, numbers, strict=True)):
            if low != high:
                yield True, True
                continue
            counted = [i for i in range(index) if attempts[i].outcome in counting & _PLAIN]
            maybe = [i for i in range(index) if attempts[i].outcome in counting]
            covered = 1 - (attempt.answered - start[0] + start[1]) / window + low
            most_covered = 1 - (attempt.sent - start[0] - start[1]) / window + low
            least = max(0.0, covered) * _sure(numbers, counted, low - 1) + _sure(numbers, counted, low)
            most = min(1.0, most_covered) * _maybe(numbers, maybe, low - 1) + _maybe(numbers, maybe, low)
            yield least + spare <= limit - (spare == 0) * 1e-9, most + spare > limit - (spare == 0) * 1e-9

    return _explained(attempts, bounds())


def _sure(numbers: _Numbers, counted: Sequence[int], window: int) -> int:
    return sum(numbers[i] == (window, window) for i in counted)


def _maybe(numbers: _Numbers, counted: Sequence[int], window: int) -> int:
    return sum(numbers[i][0] <= window <= numbers[i][1] for i in counted)


def _by_bucket(attempts: Sequence[Attempt], limit: int, window: float) -> bool:
    """Tokens before an attempt, as if the bucket had been full at any earlier moment, or else empty."""
    rate = limit / window

    def bounds() -> Iterator[tuple[bool, bool]]:
        for index, attempt in enumerate(attempts):
            least = most = float(limit)
            taken = maybe_taken = filled = 0.0
            for other in reversed(attempts[:index]):
                filled = max(filled, rate * max(0.0, attempt.sent - other.answered) - maybe_taken)
                taken += other.outcome == "accepted"
                maybe_taken += other.outcome in _COUNTING[0]
                most = min(most, limit - taken + rate * (attempt.answered - other.sent))
                least = min(least, limit - maybe_taken + rate * max(0.0, attempt.sent - other.answered))
            yield most >= 1 - _ROUNDING_TOKENS, max(least, min(filled, limit)) < 1 + _ROUNDING_TOKENS

    return _explained(attempts, bounds())
