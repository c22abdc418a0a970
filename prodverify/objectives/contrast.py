"""Whether two samples differ at all: facts for a person beside a verdict, never a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence

from prodverify.objectives.counts import Counts

_AS_LIKELY = 1.0 + 1e-7


def fisher(first: Counts, second: Counts) -> float:
    """
    How probable it is to see shares at least as different where both are the same; exact, with no bad event too.

    Fisher (Statistical Methods for Research Workers, 5th ed. 1934, section 21.02), two-sided: given how many were bad
    in all, the number among the first is hypergeometric, and all numbers count that are no likelier than the one seen.
    """
    bad, total = first.bad + second.bad, first.total + second.total

    def chance(among_first: int) -> float:
        return math.exp(
            _log_choose(first.total, among_first)
            + _log_choose(second.total, bad - among_first)
            - _log_choose(total, bad)
        )

    seen = chance(first.bad) * _AS_LIKELY
    possible = range(max(0, bad - second.total), min(bad, first.total) + 1)
    return min(1.0, math.fsum(each for each in map(chance, possible) if each <= seen))


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """
    How often a value of the first is larger than one of the second (ties half), and how probable so much is by chance.

    Mann and Whitney (Ann. Math. Statist. 18, 1947), two-sided, by the normal approximation with its correction for ties
    and for continuity. It sees a shift of the median that harms nobody and overlooks a tail that does; (0.5, 1) where a
    sample is empty.
    """
    if not first or not second:
        return 0.5, 1.0
    ours, theirs, total = len(first), len(second), len(first) + len(second)
    order = sorted([(value, True) for value in first] + [(value, False) for value in second])
    ranks, tied, place = 0.0, 0.0, 0
    while place < total:
        end = place
        while end < total and order[end][0] == order[place][0]:
            end += 1
        size = end - place
        ranks += sum(is_first for _, is_first in order[place:end]) * (place + end + 1) / 2
        tied += size**3 - size
        place = end
    larger = ranks - ours * (ours + 1) / 2
    spread = math.sqrt(ours * theirs / 12 * (total + 1 - tied / (total * (total - 1)))) if total > 1 else 0.0
    if not spread:
        return larger / (ours * theirs), 1.0
    distance = max(0.0, abs(larger - ours * theirs / 2) - 0.5) / spread
    return larger / (ours * theirs), math.erfc(distance / math.sqrt(2.0))


def _log_choose(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
