"""
The service is as fast and as reliable as its objectives say, as far as a gate's sample can tell.

Site Reliability Workbook chapter 2; SPEC O1.
"""

import pytest

from prodverify.objectives import sampling

pytestmark = [pytest.mark.needs("slos"), pytest.mark.shares("sample"), pytest.mark.waits]


@pytest.mark.clause("target file: [[slos]]")
def test_objective_is_met(promise, sampled, sampled_answers):
    """
    The share of good answers is above the objective, with the stated confidence.
    """
    answers, slo = sampled_answers, sampled.slo
    findings, facts = sampling.judge_sample(
        answers.elapsed_ms,
        answers.statuses,
        slo,
        promised_status=answers.promised_status,
        busy=answers.busy,
        waited_ms=answers.waited_ms,
    )
    promise.measured(**facts)
    promise.holds(findings, answers.last)
