"""
An always-valid bound on how much more often one service's answers are bad than another's, asked turn by turn.

Each turn asks both: d = 1 where only the candidate's answer was bad, -1 where only the baseline's was, else 0. Whoever
doubts that the expected d is as large as m may bet against it: capital that is multiplied after each turn by

    1 - f (d - m) / (1 - m)          0 <= f <= 1, some part of the largest bet that cannot end below nothing,

grows by nothing on average where the expected d is m or more, whatever came before; so the probability that it ever
reaches 1 / alpha is at most alpha (Ville 1939; Waudby-Smith and Ramdas, JRSS-B 86, 2024, "Estimating means of bounded
random variables by betting"). The same with 1 + f (d - m) / (1 + m) for whoever doubts that it is as small as m.
Capital is spread over bets of many sizes, small and large, as nobody knows which is best.

Why not a test of two shares: the exact ones (Fisher; Chan and Zhang 1999) hold for one look at a number of answers that
was chosen before; the score test of Farrington and Manning (Stat. Med. 9, 1990) holds for many bad answers only, and a
healthy service has none. This one is exact with none at all (m = 0.5 points: 695 turns without a bad answer), holds at
every look, and what spoils both answers of a turn cancels out.

Where ``dispersion`` turns are worth one independent one, capital is raised to the power of 1 / dispersion: over a
stretch of so many turns the geometric mean of the factors is at most their arithmetic mean, whose expectation is at
most 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SIZES = 64
_BISECTIONS = 40
# f = 1 - r with r uniform in r^0.3, as the mixture of ``sequence`` has it: most bets are large, for those who see
# nothing bad. Against "as small as" most are small: no turn could be worth more than twice the capital.
_AGAINST_MORE = tuple(1.0 - ((number + 0.5) / _SIZES) ** (1.0 / 0.3) for number in range(_SIZES))
_AGAINST_LESS = tuple(((number + 0.5) / _SIZES) ** 2 for number in range(_SIZES))


@dataclass(frozen=True, slots=True)
class Turns:
    """``total`` turns, in ``worse`` of which only the candidate's answer was bad, in ``better`` only the baseline's."""

    total: int
    worse: int
    better: int

    @property
    def difference(self) -> float:
        """The observed difference of the shares of bad answers, -1 to 1; positive where the candidate's is larger."""
        return (self.worse - self.better) / self.total if self.total else 0.0


def shows_at_most(turns: Turns, margin: float, confidence: float, dispersion: float = 1.0) -> bool:
    """Whether it is shown that the share of bad answers is larger by ``margin`` (-1 to 1) at most."""
    steps = [(turns.worse, -1.0), (turns.total - turns.worse - turns.better, margin / (1.0 - margin))]
    steps.append((turns.better, (1.0 + margin) / (1.0 - margin)))
    return _shows(steps, _AGAINST_MORE, confidence, dispersion)


def shows_more(turns: Turns, margin: float, confidence: float, dispersion: float = 1.0) -> bool:
    """Whether it is shown that the share of bad answers is larger by more than ``margin`` (-1 to 1)."""
    steps = [(turns.worse, (1.0 - margin) / (1.0 + margin)), (turns.better, -1.0)]
    steps.append((turns.total - turns.worse - turns.better, -margin / (1.0 + margin)))
    return _shows(steps, _AGAINST_LESS, confidence, dispersion)


def upper(turns: Turns, confidence: float, dispersion: float = 1.0) -> float:
    """The least margin that is shown not to be exceeded; 1 where there is none."""
    low, high = -1.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if shows_at_most(turns, middle, confidence, dispersion) else (middle, high)
    return high


def lower(turns: Turns, confidence: float, dispersion: float = 1.0) -> float:
    """The largest margin that is shown to be exceeded; -1 where there is none."""
    low, high = -1.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if shows_more(turns, middle, confidence, dispersion) else (low, middle)
    return low


def _shows(steps: list[tuple[int, float]], sizes: tuple[float, ...], confidence: float, dispersion: float) -> bool:
    """Whether the capital, 1 before the first turn, has come to 1 / (1 - confidence)."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"expected a confidence between 0 and 1, got {confidence}")
    seen = [(number, gain) for number, gain in steps if number]
    logs = [math.fsum(number * math.log1p(size * gain) for number, gain in seen) / dispersion for size in sizes]
    most = max(logs)
    capital = most + math.log(math.fsum(math.exp(each - most) for each in logs) / len(sizes))
    return capital >= -math.log1p(-confidence)
