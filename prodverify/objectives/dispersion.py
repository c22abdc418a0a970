"""
How many dependent events tell no more than one independent event: measured over blocks of time.

Failures come in bursts: a lock, a restart, a full queue spoils what is under way. Bounds that take each event for
independent are then too narrow. A share p = sum b_i / sum n_i over B blocks is a ratio of sums; by Taylor's expansion
its variance is estimated (Cochran, Sampling Techniques, 3rd ed. 1977, equation 6.9 with f = 0, and section 9A) as

    v = B / (B - 1) * sum (b_i - p n_i)^2 / N^2                          with N = sum n_i

and independent events would have p (1 - p) / N. The quotient of the two, the variance inflation, is

    d = B / (B - 1) * sum (b_i - p n_i)^2 / (N p (1 - p)).

Korn and Graubard (Survey Methodology 24, 1998, "Confidence intervals for proportions with small expected number of
positive counts estimated from survey data") put the effective sample size N / d, times (t_{N-1} / t_{B-1})^2 for the
few degrees of freedom that d was estimated from, into the exact bounds of Clopper and Pearson. So is done here. A burst
that is longer than a block shows in longer ones only: adjacent blocks are put together by twos, fours, and so on, as
long as there are ``FEWEST_BLOCKS``, and the largest inflation counts. It is never less than 1.

What this can do: a burst that was seen is not taken for many failures. What it cannot: tell of bursts of which none was
seen. Only the target's owner can know how much one cause may spoil, and states it: ``burst_events`` of the judgement.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from prodverify.objectives import bounds
from prodverify.objectives.counts import Counts

FEWEST_BLOCKS = 10
"""Fewer blocks with events tell nothing of how they vary."""
_BISECTIONS = 60


def measured(blocks: Sequence[Counts], confidence: float) -> float:
    """
    The variance inflation of the share of bad events over consecutive ``blocks``, at least 1.

    Blocks may differ in size and be empty. 1 where there are too few of them, where no more than one event was bad, or
    where all were.
    """
    seen = [(block.total, block.bad) for block in blocks]
    total, bad = sum(n for n, _ in seen), sum(b for _, b in seen)
    if not 1 < bad < total:  # of one bad event nobody can tell whether it has company
        return 1.0
    share, most = bad / total, 1.0
    while True:
        asked = [pair for pair in seen if pair[0]]
        if len(asked) < FEWEST_BLOCKS:
            return most
        spread = math.fsum((b - share * n) ** 2 for n, b in asked) * len(asked) / (len(asked) - 1)
        few = (_quantile(len(asked) - 1, confidence) / _quantile(total - 1, confidence)) ** 2
        most = max(most, few * spread / (total * share * (1.0 - share)))
        seen = _by_twos(seen)


def _by_twos(seen: list[tuple[int, int]]) -> list[tuple[int, int]]:
    pairs = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(seen[::2], seen[1::2], strict=False)]
    return pairs if len(seen) % 2 == 0 else [*pairs, seen[-1]]


@functools.lru_cache(maxsize=4096)
def _quantile(freedom: int, confidence: float) -> float:
    """What Student's t with ``freedom`` degrees exceeds with probability 1 - confidence (DLMF 8.17: P(|T| > t))."""
    doubt, low, high = 1.0 - confidence, 0.0, 1e4
    for _ in range(_BISECTIONS):
        t = (low + high) / 2
        square = t * t
        beyond = bounds.incomplete_beta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5) / 2
        low, high = (t, high) if beyond > doubt else (low, t)
    return high
