"""
A candidate answers no worse than what it replaces.

SPEC P7.
"""

import pytest

from prodverify.objectives import comparison

pytestmark = [pytest.mark.needs("slos"), pytest.mark.shares("sample"), pytest.mark.waits]


@pytest.mark.clause("target file: slos.margin_percent")
def test_candidate_is_no_worse(promise, contest_turns, contested):
    """
    The candidate's share of good answers lacks at most the stated margin of the baseline's.
    """
    turns, sure = contest_turns.judged_for(contested.slo), contest_turns.sure
    set_aside = contest_turns.set_aside(contested.slo)
    findings, facts = comparison.judge(
        turns.candidate, turns.baseline, contested.slo, set_aside=set_aside, sure=(sure.candidate, sure.baseline)
    )
    promise.measured(**facts)
    promise.holds(findings)
