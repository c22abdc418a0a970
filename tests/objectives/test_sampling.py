"""A sample is judged by how many answers were not in time, and an agreement apart from its objective."""

import subprocess
import sys

import pytest

from prodverify.objectives.sampling import Watch, judge_sample, succeeded
from prodverify.record.findings import Severity
from prodverify.target.slos import Slo


def slo(**values):
    given = {"name": "light", "endpoints": ("list",), "role": "admin", "threshold_ms": 50.0, "objective_percent": 99.0}
    return Slo(**{**given, **values})


def judged(elapsed_ms, promised, statuses=None):
    return judge_sample(elapsed_ms, statuses or [200] * len(elapsed_ms), promised)


def rules(found):
    return [(finding.severity, finding.rule) for finding in found]


def test_enough_answers_in_time_leave_no_finding():
    found, facts = judged([5.0] * 299, slo())
    assert found == []
    assert (facts["total"], facts["bad"], facts["objective"]["state"]) == (299, 0, "pass")
    assert (facts["p99_ms"], facts["asking_seconds"]) == (5.0, 1.495)
    assert facts["assumption"].startswith("One cause spoils one request at most: ")
    assert "of failures that come more rarely than the asking took nothing is told" in facts["assumption"]


def test_an_answer_at_the_threshold_is_in_time_and_one_beyond_it_is_not():
    assert judged([50.0, 50.0001], slo())[1]["bad"] == 1


def test_too_few_answers_are_inconclusive_and_say_how_many_are_missing():
    found, _ = judged([5.0] * 100, slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert "199 further requests" in found[0].observed
    assert "Ask 199 requests more" in found[0].next_step


def test_what_was_set_aside_excuses_only_what_it_would_have_decided():
    stated = slo(agreement_percent=99.9, agreement_threshold_ms=500.0)
    found, facts = judge_sample([5.0] * 301, [200] * 301, stated, busy=[False] * 300 + [True])
    assert rules(found) == [(Severity.INCONCLUSIVE, "agreement-undecided")]
    assert (facts["objective"]["more_needed"], facts["agreement"]["more_needed"], facts["set_aside"]) == (0, 2695, 1)
    assert found[0].next_step.startswith("Ask 2,695 requests more")


def test_no_answer_at_all_is_inconclusive():
    found, facts = judged([], slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert facts["p99_ms"] is None


def test_slow_answers_break_the_objective():
    found, _ = judged([5.0] * 270 + [60.0] * 30, slo())
    assert rules(found) == [(Severity.FAIL, "objective-broken")]
    assert found[0].expected == "objective light: 99 % of requests answered within 50 ms"
    assert found[0].clause == "slos.light.objective_percent"


def test_a_request_without_a_good_answer_is_not_in_time():
    found, facts = judged([5.0] * 300, slo(), [503] * 300)
    assert rules(found) == [(Severity.FAIL, "objective-broken")]
    assert facts["p50_ms"] is None


def test_an_agreement_is_judged_apart_from_the_objective():
    kept, _ = judged(([5.0] * 29 + [60.0]) * 20, slo(agreement_percent=90.0))
    assert rules(kept) == [(Severity.FAIL, "objective-broken")]
    broken, facts = judged([5.0, 5.0, 60.0] * 200, slo(agreement_percent=90.0))
    assert rules(broken) == [(Severity.FAIL, "objective-broken"), (Severity.FAIL, "agreement-broken")]
    assert broken[1].expected == "agreement light: 90 % of requests answered within 50 ms"
    assert facts["agreement"]["state"] == "fail"


def test_success_is_judged_from_errors():
    errors = slo(kind="success", threshold_ms=None)
    assert judged([60.0] * 300, errors)[0] == []
    found, _ = judged([60.0] * 300, errors, [200] * 270 + [500] * 30)
    assert "99 % of requests answered without error" in found[0].expected


def test_a_latency_objective_without_threshold_is_refused():
    with pytest.raises(ValueError, match="needs threshold_ms"):
        judged([1.0], slo(threshold_ms=None))


def after(promised, *answers):
    """How the watch of one objective stands after answers of so many milliseconds each, all with status 200."""
    watch = Watch(promised)
    watch.follow(answers, [200] * len(answers))
    return watch


def test_asking_ends_once_no_further_answer_can_save_the_objective():
    apart = ([60.0] + [5.0] * 19) * 10
    assert not after(slo(sample=300), *apart[:140]).settled
    assert after(slo(sample=300), *apart[:141]).failed
    assert not after(slo(kind="success", sample=300), *apart[:141]).settled
    # Seven in a row may have one cause.
    assert not after(slo(sample=300), *[5.0] * 20, *[60.0] * 7).settled
    assert after(slo(sample=300), *[60.0] * 42).failed


@pytest.mark.parametrize("bad", [[*range(12)], [*range(40, 53)], [*range(0, 140, 20)], [*range(41)]])
def test_asking_ends_early_only_with_the_verdict_that_good_answers_alone_would_lead_to(bad):
    answers = [60.0 if number in bad else 5.0 for number in range(300)]
    ended = after(slo(sample=300), *answers[: max(bad) + 1])
    assert not ended.settled
    assert rules(judged(answers, slo(sample=300))[0]) == [(Severity.INCONCLUSIVE, "objective-undecided")]


@pytest.mark.parametrize(("good", "row"), [(0, 9), (2, 12), (9, 12), (15, 12), (20, 12), (60, 12)])
def test_a_few_late_answers_in_a_row_are_never_the_verdict(good, row):
    promised = slo(sample=300, max_sample=1500)
    assert not after(promised, *[5.0] * good, *[60.0] * row, *[5.0] * 20).failed


def test_without_a_maximum_the_sample_is_judged_at_its_number():
    assert not after(slo(sample=300), *[5.0] * 299).settled
    assert after(slo(sample=300), *[5.0] * 300).settled
    assert after(slo(sample=300), 60.0, *[5.0] * 299).settled
    assert not after(slo(sample=300), 60.0, *[5.0] * 299).failed


def test_with_a_maximum_the_sample_ends_as_soon_as_it_is_decided():
    promised = slo(sample=300, max_sample=1500)
    assert not after(promised, *[5.0] * 341).settled
    assert after(promised, *[5.0] * 342).settled
    assert not after(promised, *[60.0] * 9).settled
    assert after(promised, *[60.0] * 10).failed
    found, facts = judged([5.0] * 342, promised)
    assert (found, facts["method"], facts["objective"]["state"]) == ([], "confidence sequence", "pass")


def test_one_late_answer_needs_more_and_the_maximum_ends_it():
    promised = slo(sample=300, max_sample=1500)
    one_late = [60.0] + [5.0] * 1499
    assert not after(promised, *one_late[:400]).settled
    found, facts = judged(one_late, promised)
    assert (found, facts["total"] < 800, facts["bad"], facts["objective"]["state"]) == ([], True, 1, "pass")

    ten_late = [60.0 if number % 150 == 0 else 5.0 for number in range(1500)]
    assert after(promised, *ten_late).settled
    assert rules(judged(ten_late, promised)[0]) == [(Severity.INCONCLUSIVE, "objective-undecided")]


def test_late_answers_in_a_row_count_for_less_than_those_that_are_apart():
    promised = slo(sample=1500)
    apart = [60.0 if number % 150 == 0 else 5.0 for number in range(1500)]
    row = [60.0] * 10 + [5.0] * 1490
    assert judged(apart, promised)[1]["dispersion"] < 1.01
    assert judged(row, promised)[1]["dispersion"] > 10.0


def test_where_one_cause_may_spoil_several_as_many_count_as_one():
    stated = slo(sample=300, burst_requests=5)
    found, facts = judged([5.0] * 300, stated)
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert (facts["objective"]["more_needed"], facts["burst_events"]) == (1191, 5.0)
    assert facts["assumption"].startswith("One cause spoils 5 requests at most: ")
    assert judged([5.0] * 1492, slo(sample=1492, burst_requests=5))[0] == []
    early = slo(sample=300, max_sample=3000, burst_requests=5)
    assert not after(early, *[5.0] * 1700).settled
    assert after(early, *[5.0] * 1710).settled


def test_what_is_decided_stays_so_whatever_another_objective_still_asks_for():
    promised = slo(sample=300, max_sample=1500)
    found, facts = judged([5.0] * 342 + [60.0] * 1158, promised)
    assert (found, facts["total"], facts["bad"]) == ([], 342, 0)
    broken, _ = judged([60.0] * 30 + [5.0] * 1470, promised)
    assert rules(broken) == [(Severity.FAIL, "objective-broken")]


def test_an_agreement_may_give_more_time_to_answer():
    promised = slo(agreement_percent=99.0, agreement_threshold_ms=500.0)
    found, facts = judged([60.0] * 400, promised)
    assert rules(found) == [(Severity.FAIL, "objective-broken")]
    assert (facts["agreement"]["state"], facts["agreement"]["threshold_ms"]) == ("pass", 500.0)
    assert facts["agreement"]["bad"] == 0


@pytest.mark.parametrize(
    ("status", "promised_status", "good"),
    [(200, None, True), (399, None, True), (400, None, False), (99, None, False), (404, 404, True), (200, 404, False)],
)
def test_good_is_the_status_that_is_promised_and_any_below_400_where_none_is(status, promised_status, good):
    assert succeeded(status, promised_status) is good
    errors = slo(kind="success", threshold_ms=None)
    _, facts = judge_sample([5.0], [status], errors, promised_status=promised_status)
    assert facts["bad"] == (0 if good else 1)


def test_judging_needs_nothing_heavy():
    forbidden = ("scipy", "numpy", "pydantic", "httpx")
    code = f"import sys, prodverify.objectives.sampling; print([n for n in {forbidden!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.strip() == "[]"
