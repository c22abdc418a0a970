"""
What a span of time amounts to: its share of good events against objective and agreement, and its error budget.

SPEC O5 and O8. These are facts for a person, and no verdict: error_budget judges the objective's own window.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodverify.canary.window import Pair, Window
from prodverify.objectives import burn as burning
from prodverify.objectives.counts import Counts
from prodverify.target.slos import Slo

NEARLY_PERCENT, HALF_PERCENT, ALL_PERCENT = 80.0, 50.0, 100.0
"""SPEC O5: below 50 % of the budget spent is green, to 80 % yellow, beyond it red; at 100 % it is exhausted."""
_WEEK_SECONDS = 7 * 86_400


def colour(spent_percent: float) -> str:
    """SPEC O5's colour of a budget, of which so much is spent."""
    if spent_percent >= ALL_PERCENT:
        return "exhausted"
    if spent_percent >= NEARLY_PERCENT:
        return "red"
    return "yellow" if spent_percent >= HALF_PERCENT else "green"


def budget_facts(slo: Slo, counts: Counts) -> dict[str, Any]:
    """What the objective allows to be bad, what was, and what is left: whole events, below 0 where it is overspent."""
    allowed = counts.total * burning.budget(slo)
    spent = 100.0 * counts.bad / allowed if allowed else 0.0
    return {
        "allowed": int(allowed),
        "spent": counts.bad,
        "left": int(allowed) - counts.bad,
        "spent_percent": spent,
        "left_percent": 100.0 - spent,
        "colour": colour(spent),
    }


def spans(seen: Window, slo: Slo) -> Mapping[str, Any]:
    """Of the week, the month and the month before what is known of each."""
    pairs = {"week": seen.week, "month": seen.month, "last_month": seen.last_month}
    facts: dict[str, Any] = {name: _compliance(pair, slo) for name, pair in pairs.items() if pair.counts}
    if "week" in facts:
        facts["week"] |= {"per_second": (seen.week.total or 0.0) / _WEEK_SECONDS, **seen.quantiles_ms}
    return facts


def _compliance(pair: Pair, slo: Slo) -> dict[str, Any]:
    """Whether the share of good events is within objective and agreement, each by its own threshold."""
    counts = pair.counts
    if counts is None or not counts.total:
        return {"total": 0, "bad": 0, "good_percent": None, "whole": pair.whole, "objective_met": False, "budget": None}
    facts = {
        "total": counts.total,
        "bad": counts.bad,
        "good_percent": counts.good_percent,
        "whole": pair.whole,
        "objective_met": counts.good_percent >= slo.objective_percent,
        "budget": budget_facts(slo, counts),
    }
    agreed = Pair(pair.total, pair.agreed).counts if slo.agreement_threshold_ms is not None else counts
    if slo.agreement_percent is not None and agreed is not None:
        facts["agreement_met"] = agreed.good_percent >= slo.agreement_percent
    return facts
