"""
Burn rates: how much faster than allowed an error budget is spent.

Beyer, Murphy, Rensin, Kawahara, Thorne (eds.), The Site Reliability Workbook, O'Reilly 2018, chapter 5, table 5-8:
spending the share b of the budget of a window W within a window L is a burn rate of b W / L. An alert fires where the
share of bad events is above burn rate x budget over the long window, and over the short one, so that it ends soon after
its cause.
"""

from __future__ import annotations

from fractions import Fraction

from prodverify.target.slos import Burn, Severity, Slo

DAY = 86_400
WORKBOOK: tuple[tuple[Fraction, int, int, Severity], ...] = (
    (Fraction(144, 10), 3600, 300, "page"),
    (Fraction(6), 21_600, 1800, "page"),
    (Fraction(3), DAY, 7200, "warning"),
    (Fraction(1), 3 * DAY, 21_600, "warning"),
)
"""Burn rate, long and short window in seconds, severity: 2 %, 5 %, 10 % and 10 % of the budget of 30 days."""


def burns(slo: Slo) -> tuple[Burn, ...]:
    """
    The burn alerts of ``slo``: those that its file states, or the Workbook's four burn rates for its own window.

    Of the four, one that would need more than the whole budget is left out: a window of one day has no alert of three.
    """
    if "burns" in slo.model_fields_set:
        return slo.burns
    scaled = ((rate * long / (slo.window_days * DAY) * 100, long, short, how) for rate, long, short, how in WORKBOOK)
    return tuple(
        Burn(budget_percent=float(percent), long_seconds=long, short_seconds=short, severity=how)
        for percent, long, short, how in scaled
        if percent < 100
    )


def rate(burn: Burn, slo: Slo) -> float:
    """The burn rate at which ``burn`` fires: 2 % of the budget of 30 days within an hour is 14.4."""
    exact = Fraction(repr(burn.budget_percent)) / 100 * slo.window_days * DAY / burn.long_seconds
    return _rounded(float(exact))


def budget(slo: Slo) -> float:
    """The share of events that may be bad: 0.01 for an objective of 99 %."""
    return float(1 - Fraction(repr(slo.objective_percent)) / 100)


def limit(burn: Burn, slo: Slo) -> float:
    """The share of bad events above which ``burn`` fires; at 1 and above it never can."""
    return _rounded(rate(burn, slo) * budget(slo))


def _rounded(value: float) -> float:
    """``value`` to 12 digits: without what binary fractions add to 0.144."""
    return float(f"{value:.12g}")
