"""
The objectives are met where it counts: in production, over their windows, as Prometheus counted it.

Site Reliability Workbook chapters 2 and 5; SPEC O5 and O8.
"""

import pytest

from prodverify.judges import error_budget

pytestmark = [pytest.mark.needs("slos", "monitoring"), pytest.mark.shares("monitoring"), pytest.mark.waits]


@pytest.mark.clause("SPEC O5: error budget = (total - good) / total; SPEC O8")
def test_objective_is_met_over_its_window(promise, slo_window, measured_slo, promises):
    """
    Over its window the share of good answers is above the objective, and some of the error budget is left.
    """
    findings, facts = error_budget.judge(slo_window, measured_slo)
    silent = error_budget.silent_alerts(slo_window, measured_slo, promises.monitoring.breach_seconds)
    promise.measured(**facts, silent_alerts=silent)
    promise.holds(findings)


@pytest.mark.clause("Site Reliability Workbook chapter 5: alerting on burn rate")
def test_budget_does_not_burn(promise, slo_window, measured_slo):
    """
    The error budget is not being spent faster than the objective's own alerts allow.
    """
    findings, burns = error_budget.judge_burn(slo_window, measured_slo)
    promise.measured(burns=burns)
    promise.holds(findings)
