"""
Always-valid verdicts on a share of bad events: looked at after every event, still wrong no more often than stated.

For independent events of bad share q the likelihood of what was seen, against a share p, is

    (q / p)^k ((1 - q) / (1 - p))^(n - k)         n events so far, k of them bad.

Mixed over all q on one side of p by a beta density with parameters a, b that is cut off at p (Robbins, Ann. Math.
Statist. 41, 1970; Howard, Ramdas, McAuliffe and Sekhon, Ann. Statist. 49(2), 2021, give the two-sided mixture), it is

    M(n, k) = B(a + k, b + n - k) / B(a, b) * J(a + k, b + n - k) / J(a, b) / (p^k (1 - p)^(n - k)),

where B is the beta function and J(a, b) the part of the Beta(a, b) distribution on that side: I(p; a, b) below p,
I(1 - p; b, a) above (DLMF 8.17). As long as the true share is p, or lies on the other side of it, M is a non-negative
supermartingale that starts at 1, so that the probability that it ever reaches 1 / alpha is at most alpha (Ville 1939).
Hence: "at most p are bad" is shown once the mixture below p reaches 1 / (1 - confidence), "more than p are bad" once
the one above does, and one may look as often as one likes and stop when one likes.

The counts may be real: where events come in stretches of length s, within which anything may depend on anything, and
each stretch's expected bad share is p whatever came before, each stretch is one factor with the exponent k_i / s. That
is convex in k_i, so its expectation is largest where each stretch is all good or all bad: the same inequality holds
with n / s and k / s (a bounded mean; Hoeffding, JASA 58, 1963, uses the same convexity).

The prior Beta(a, b) has mean p and weighs ``PRIOR_BAD`` bad events. At 95 % and an objective of 99 %, a run without any
bad event passes at 342 (exact bounds that may be looked at once: 299); 0.5 % bad passes at about 3,000.
"""

from __future__ import annotations

import math

from prodverify.objectives import bounds
from prodverify.objectives.counts import Events

PRIOR_BAD = 0.3
"""Less would pass a run without a bad event sooner (at 300 by 0.01), and every other one later."""
_BISECTIONS = 60
_LEAST = 1e-9  # shares below are told from 0 by nobody, and the prior's weight 1 / share would cost digits


def shows_at_most(events: Events, share: float, confidence: float) -> bool:
    """Whether ``events`` show that at most ``share`` of all are bad."""
    # The largest that any likelihood below the share can be is that of nothing bad: cheap, and mostly decides.
    if events.total * -math.log1p(-share) < _needed(confidence):
        return False
    return _evidence(events, share, below=True) >= _needed(confidence)


def shows_more(events: Events, share: float, confidence: float) -> bool:
    """Whether ``events`` show that more than ``share`` of all are bad."""
    if events.bad <= share * events.total:
        return False
    return _evidence(events, share, below=False) >= _needed(confidence)


def upper(events: Events, confidence: float) -> float:
    """The least share that the events show not to be exceeded; 1 where there is none."""
    low, high = events.bad_share, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if shows_at_most(events, middle, confidence) else (middle, high)
    return high


def lower(events: Events, confidence: float) -> float:
    """The largest share that the events show to be exceeded; 0 where there is none."""
    low, high = _LEAST, events.bad_share
    if high <= low or not shows_more(events, low, confidence):
        return 0.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if shows_more(events, middle, confidence) else (low, middle)
    return low


def _needed(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"expected a confidence between 0 and 1, got {confidence}")
    return -math.log1p(-confidence)


def _evidence(events: Events, share: float, *, below: bool) -> float:
    """Logarithm of M(n, k) of the module's formula."""
    a, b = PRIOR_BAD, PRIOR_BAD * (1.0 - share) / share
    good = events.total - events.bad
    part = _part(share, a + events.bad, b + good, below=below)
    if part <= 0.0:
        return -math.inf
    mixed = _log_beta(a + events.bad, b + good) - _log_beta(a, b)
    alone = events.bad * math.log(share) + good * math.log1p(-share)
    return mixed + math.log(part) - math.log(_part(share, a, b, below=below)) - alone


def _part(share: float, a: float, b: float, *, below: bool) -> float:
    """The part of Beta(a, b) below ``share``, or above it."""
    if below:
        return bounds.incomplete_beta(share, 1.0 - share, a, b)
    return bounds.incomplete_beta(1.0 - share, share, b, a)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
