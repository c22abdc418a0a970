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
    answers = sampled_answers
    elapsed_ms, statuses = answers.judged_for(sampled.slo)
    findings, facts = sampling.judge_sample(elapsed_ms, statuses, sampled.slo, promised_status=answers.promised_status)
    promise.measured(**facts, set_aside=len(answers.statuses) - len(statuses))
    promise.holds(findings, answers.last)
