"""
Exact one-sided bounds on a share that was seen as ``bad`` of ``total``.

Clopper and Pearson (Biometrika 26, 1934, "The use of confidence or fiducial limits"): the upper bound is the share p
at which ``bad`` or fewer has just the probability ``1 - confidence``, the lower bound the share at which ``bad`` or
more has it. With X binomial(n, p) and I the regularised incomplete beta function (DLMF 8.17.5),

    P(X <= k) = I(1 - p; n - k, k + 1)        P(X >= k) = I(p; k, n - k + 1)

"Exact" means: the stated confidence is never undercut, whatever the true share and however few the events. Both sides
hold for real n and k too, so dependent events can be judged as the fewer independent ones that they are worth.
"""

from __future__ import annotations

import math

from prodverify.objectives.counts import Events

_TINY = 1e-300  # keeps Lentz's quotients away from zero
_PRECISION = 1e-14
_BISECTIONS = 200  # halves any interval to one float; the loop ends earlier
_MOST_TERMS = 200_000  # the continued fraction needs about sqrt(n) terms: 3,200 at ten million events


def at_most(counts: Events, share: float) -> float:
    """The probability of ``counts.bad`` or fewer bad events where each is bad with probability ``share``."""
    if counts.bad >= counts.total or share <= 0.0:
        return 1.0
    if share >= 1.0:
        return 0.0
    if counts.bad == 0:
        return math.exp(counts.total * math.log1p(-share))
    return incomplete_beta(1.0 - share, share, counts.total - counts.bad, counts.bad + 1)


def at_least(counts: Events, share: float) -> float:
    """The probability of ``counts.bad`` or more bad events where each is bad with probability ``share``."""
    if counts.bad <= 0 or share >= 1.0:
        return 1.0
    if share <= 0.0:
        return 0.0
    return incomplete_beta(share, 1.0 - share, counts.bad, counts.total - counts.bad + 1)


def upper(counts: Events, confidence: float) -> float:
    """The share that the true one exceeds with a probability of at most ``1 - confidence``; 1 without events."""
    doubt = _doubt(confidence)
    if counts.bad >= counts.total:
        return 1.0
    if counts.bad == 0:
        return -math.expm1(math.log(doubt) / counts.total)
    low, high = counts.bad_share, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high) or high - low < _PRECISION * high:
            break
        low, high = (middle, high) if at_most(counts, middle) > doubt else (low, middle)
    return high


def lower(counts: Events, confidence: float) -> float:
    """The share that the true one falls short of with a probability of at most ``1 - confidence``."""
    doubt = _doubt(confidence)
    if counts.bad <= 0:
        return 0.0
    if counts.bad >= counts.total:
        return math.exp(math.log(doubt) / counts.total)
    low, high = 0.0, counts.bad_share
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high) or high - low < _PRECISION * high:
            break
        low, high = (middle, high) if at_least(counts, middle) <= doubt else (low, middle)
    return low


def _doubt(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"expected a confidence between 0 and 1, got {confidence}")
    return 1.0 - confidence


def incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """I(x; a, b), with ``rest`` = 1 - x given apart so that neither end loses digits."""
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest),
    )
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(x, a, b) / a
    return 1.0 - front * _continued_fraction(rest, b, a) / b


def _continued_fraction(x: float, a: float, b: float) -> float:
    """DLMF 8.17.22 by the modified method of Lentz; converges fast where x < (a + 1) / (a + b + 2)."""
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 / _away_from_zero(1.0 + even * d)
        c = _away_from_zero(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 / _away_from_zero(1.0 + odd * d)
        c = _away_from_zero(1.0 + odd / c)
        step = d * c
        value *= step
        if abs(step - 1.0) < _PRECISION:
            return value
    raise ArithmeticError(f"the incomplete beta function did not converge at x={x}, a={a}, b={b}")


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
