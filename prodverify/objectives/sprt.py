"""
Wald's sequential probability ratio test of two shares of bad events, for targets that state an indifference zone.

Wald (Ann. Math. Statist. 16, 1945, "Sequential tests of statistical hypotheses"): after n events, k of them bad, the
likelihood of the share q1 against the share q0 < q1 is

    L = (q1 / q0)^k ((1 - q1) / (1 - q0))^(n - k).

It fails once L >= 1 / alpha and passes once L <= alpha, alpha = 1 - confidence. These bounds, wider than Wald's own
(1 - beta) / alpha and beta / (1 - alpha), hold exactly (Ville 1939): of services whose share is q0 or less at most
alpha fail, of those whose share is q1 or more at most alpha pass, however often one looks. Between q0 and q1 it says
one or the other, and either is right: that is what the zone states. Real counts are taken as in ``sequence``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from prodverify.objectives.counts import Events


@dataclass(frozen=True, slots=True)
class Zone:
    """
    Shares of bad events, 0 to 1, between which either verdict is right.

    Raises ValueError unless 0 < ``passing`` < ``failing`` < 1.
    """

    passing: float
    failing: float

    def __post_init__(self) -> None:
        if not 0.0 < self.passing < self.failing < 1.0:
            raise ValueError(f"expected 0 < passing < failing < 1, got {self.passing} and {self.failing}")

    def passes(self, events: Events, confidence: float) -> bool:
        """Whether the events show the passing share rather than the failing one."""
        return self._evidence(events) <= math.log1p(-confidence)

    def fails(self, events: Events, confidence: float) -> bool:
        """Whether the events show the failing share rather than the passing one."""
        return self._evidence(events) >= -math.log1p(-confidence)

    def _evidence(self, events: Events) -> float:
        """Logarithm of L of the module's formula."""
        worse = math.log(self.failing / self.passing)
        better = math.log1p(-self.failing) - math.log1p(-self.passing)
        return events.bad * worse + (events.total - events.bad) * better
