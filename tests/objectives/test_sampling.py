"""A sample is judged by how many answers were not in time, and an agreement apart from its objective."""

import math
import subprocess
import sys

import pytest

from prodverify.objectives.sampling import LatencySample, hopeless, judge_latency, judge_success
from prodverify.record.findings import Severity
from prodverify.target.data import Slo


def slo(**values):
    given = {"name": "light", "endpoints": ("list",), "role": "admin", "threshold_ms": 50.0, "objective_percent": 99.0}
    return Slo(**{**given, **values})


def rules(found):
    return [(finding.severity, finding.rule) for finding in found]


def test_enough_answers_in_time_leave_no_finding():
    found, facts = judge_latency([5.0] * 299, slo())
    assert found == []
    assert (facts["total"], facts["bad"], facts["objective"]["state"]) == (299, 0, "pass")
    assert facts["p99_ms"] == 5.0


def test_an_answer_at_the_threshold_is_in_time_and_one_beyond_it_is_not():
    assert LatencySample((50.0, 50.0001)).counts(50.0).bad == 1


def test_too_few_answers_are_inconclusive_and_say_how_many_are_missing():
    found, _ = judge_latency([5.0] * 100, slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert "199 further requests" in found[0].observed
    assert "Ask 199 requests more" in found[0].next_step


def test_no_answer_at_all_is_inconclusive():
    found, facts = judge_latency([], slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert facts["p99_ms"] is None


def test_slow_answers_break_the_objective():
    found, _ = judge_latency([5.0] * 270 + [60.0] * 30, slo())
    assert rules(found) == [(Severity.FAIL, "objective-broken")]
    assert found[0].expected == "objective light: 99 % of requests answered within 50 ms"
    assert found[0].clause == "slos.light.objective_percent"


def test_a_request_without_a_good_answer_is_not_in_time():
    found, facts = judge_latency([math.inf] * 300, slo())
    assert rules(found) == [(Severity.FAIL, "objective-broken")]
    assert facts["p50_ms"] is None


def test_an_agreement_is_judged_apart_from_the_objective():
    kept, _ = judge_latency([5.0] * 580 + [60.0] * 20, slo(agreement_percent=90.0))
    assert rules(kept) == [(Severity.FAIL, "objective-broken")]
    broken, facts = judge_latency([5.0] * 400 + [60.0] * 200, slo(agreement_percent=90.0))
    assert rules(broken) == [(Severity.FAIL, "objective-broken"), (Severity.FAIL, "agreement-broken")]
    assert broken[1].expected == "agreement light: 90 % of requests answered within 50 ms"
    assert facts["agreement"]["state"] == "fail"


def test_success_is_judged_from_errors():
    errors = slo(kind="success", threshold_ms=None)
    assert judge_success([True] * 300, errors)[0] == []
    found, _ = judge_success([True] * 270 + [False] * 30, errors)
    assert "99 % of requests answered without error" in found[0].expected


def test_a_latency_objective_without_threshold_is_refused():
    with pytest.raises(ValueError, match="needs threshold_ms"):
        judge_latency([1.0], slo(threshold_ms=None))


def test_asking_may_end_once_no_further_answer_can_save_the_objective():
    assert not hopeless([60.0] * 6, [200] * 6, 300, slo())
    assert hopeless([60.0] * 7, [200] * 7, 300, slo())
    assert hopeless([5.0] * 7, [500] * 7, 300, slo(kind="success"))
    assert not hopeless([60.0] * 7, [200] * 7, 300, slo(kind="success"))


def test_judging_needs_nothing_heavy():
    forbidden = ("scipy", "numpy", "pydantic", "httpx")
    code = f"import sys, prodverify.objectives.sampling; print([n for n in {forbidden!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == "[]"
