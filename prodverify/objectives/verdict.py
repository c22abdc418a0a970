"""Kept, broken, or not to be told yet: an objective judged from counts with the confidence stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prodverify.objectives import bounds
from prodverify.objectives.counts import Counts, Effective, Events
from prodverify.objectives.methods import EXACT, ExactBounds, Method, ProbabilityRatio
from prodverify.record.states import State

MOST_NEEDED = 10_000_000
"""Further requests beyond which more of them are no practical answer; ``more_needed`` is at most this."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What ``counts`` say about one objective.

    ``state`` is pass, fail or inconclusive. ``observed_percent`` is the share of good events; ``lower`` and ``upper``
    bound the share of *bad* events, 0 to 1, each with the stated confidence. ``more_needed`` is 0 unless inconclusive:
    then so many further requests decide if the observed rate holds (``MOST_NEEDED``: that many or more).
    """

    state: State
    observed_percent: float
    lower: float
    upper: float
    more_needed: int
    sentence: str


def judge(
    counts: Counts,
    *,
    objective_percent: float,
    confidence_percent: float,
    method: Method = EXACT,
    dispersion: float = 1.0,
) -> Judgement:
    """
    The judgement on "at least ``objective_percent`` of the events are good".

    It passes where the upper bound of the bad share is within what the objective allows, fails where the lower bound
    is beyond it, and is inconclusive in between. A service exactly at its objective is judged wrongly, one way or the
    other, in at most 1 - confidence of all runs each. ``dispersion`` of the events are worth one independent one.
    Raises ValueError for percentages outside 0 to 100.
    """
    allowed = _share("objective_percent", 100.0 - objective_percent)
    confidence = _share("confidence_percent", confidence_percent)
    events = counts.worth(dispersion)
    low, high = method.limits(events, confidence)
    state = _state(events, allowed, confidence, method)
    more, sure = 0, f"with {confidence_percent:g} % confidence"
    if state is State.INCONCLUSIVE:
        to_the_event = isinstance(method, ExactBounds) and events is counts
        more = (_more_needed if to_the_event else _more_of(method, dispersion))(counts, allowed, confidence)
    told = _missing(more, sure) if state is State.INCONCLUSIVE else _told(state, low, high, sure, method)
    sentence = f"{_seen(counts, events, allowed)}: {told}"
    return Judgement(state, counts.good_percent, low, high, more, sentence)


def state_of(
    counts: Counts,
    *,
    objective_percent: float,
    confidence_percent: float,
    method: Method = EXACT,
    dispersion: float = 1.0,
) -> State:
    """The state of that judgement alone, without the search for bounds: quick enough to be asked after every answer."""
    allowed = _share("objective_percent", 100.0 - objective_percent)
    confidence = _share("confidence_percent", confidence_percent)
    return _state(counts.worth(dispersion), allowed, confidence, method)


def _state(events: Events, allowed: float, confidence: float, method: Method) -> State:
    if method.passes(events, allowed, confidence):
        return State.PASS
    return State.FAIL if method.fails(events, allowed, confidence) else State.INCONCLUSIVE


def _share(name: str, percent: float) -> float:
    if not 0.0 < percent < 100.0:
        raise ValueError(f"expected {name} between 0 and 100, both excluded")
    return percent / 100.0


def _more_of(method: Method, dispersion: float) -> Callable[[Counts, float, float], int]:
    """Further events until a verdict by ``method``, if their bad share and their dispersion stay as observed."""

    def needed(counts: Counts, allowed: float, confidence: float) -> int:
        def decided(more: int) -> bool:
            worth = (counts.total + more) / dispersion
            events = Effective(worth, worth * counts.bad_share)
            return _state(events, allowed, confidence, method) is not State.INCONCLUSIVE

        return _first(decided, 1, MOST_NEEDED)

    return needed


def _more_needed(counts: Counts, allowed: float, confidence: float) -> int:
    """
    The same for exact bounds and independent events, to the very event.

    The search goes over the number of bad events at the end: a pass is nearest just before the next bad event is due,
    a fail just after it.
    """
    doubt = 1.0 - confidence
    if counts.bad == 0:
        needed = _first(lambda total: bounds.upper(Counts(total, 0), confidence) <= allowed, 1, MOST_NEEDED)
        return needed - counts.total if needed < MOST_NEEDED else MOST_NEEDED

    def passes(total: int, bad: int) -> bool:
        return bounds.at_most(Counts(total, bad), allowed) <= doubt

    def fails(bad: int) -> bool:
        return bounds.at_least(Counts(soonest(bad), bad), allowed) < doubt

    def latest(bad: int) -> int:
        return bad * counts.total // counts.bad

    def soonest(bad: int) -> int:
        return -(-bad * counts.total // counts.bad)

    first, last = counts.bad + 1, counts.bad + max(1, int(counts.bad_share * MOST_NEEDED))
    if counts.bad_share < allowed and passes(latest(last), last):
        bad = _first(lambda bad: passes(latest(bad), bad), first, last)
        total = _first(lambda total: passes(total, bad), max(counts.total + 1, bad), latest(bad))
    elif counts.bad_share > allowed and fails(last):
        total = soonest(_first(fails, first, last))
    else:
        return MOST_NEEDED
    return min(total - counts.total, MOST_NEEDED)


def _first(holds: Callable[[int], bool], start: int, end: int) -> int:
    """The first number from ``start`` for which ``holds``, or ``end``: strides that double, then bisection."""
    low, high, stride = start - 1, start, 1
    while high < end and not holds(high):
        low, high, stride = high, min(high + stride, end), stride * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _seen(counts: Counts, events: Events, allowed: float) -> str:
    worth = "" if events is counts else f", worth {events.total:,.0f} independent ones"
    return f"{counts.bad:,} of {counts.total:,} bad ({_percent(counts.bad_share)}){worth}, {_percent(allowed)} allowed"


def _missing(more: int, sure: str) -> str:
    needed = f"{more:,} or more" if more >= MOST_NEEDED else f"{more:,}"
    return f"too few to tell {sure}; {needed} further requests decide it if this rate holds"


def _told(state: State, low: float, high: float, sure: str, method: Method) -> str:
    if isinstance(method, ProbabilityRatio):
        ends = (_percent(method.zone.passing), _percent(method.zone.failing))
        this, that = ends if state is State.PASS else reversed(ends)
        return f"{sure} {this} are bad rather than {that}"
    if state is State.PASS:
        return f"{sure} at most {_percent(high)} are bad"
    return f"{sure} at least {_percent(low)} are bad"


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
