"""A candidate is judged against a baseline by the share of good answers that it lacks."""

import pytest

from prodverify.objectives.comparison import Answers, Contest, judge, margin_of
from prodverify.record.findings import Severity
from prodverify.record.states import State
from prodverify.target.slos import Slo


def slo(**values):
    given = {"name": "light", "threshold_ms": 50.0, "objective_percent": 99.0, "sample": 300, "max_sample": 1500}
    return Slo(**{**given, **values})


def answers(*elapsed_ms, status=200, promised_status=None):
    return Answers(elapsed_ms, [status] * len(elapsed_ms), promised_status)


QUICK = answers(*[5.0] * 1500)


def every(number, slow=60.0, turns=1500):
    return answers(*[slow if turn % number == 0 else 5.0 for turn in range(turns)])


def rules(found):
    return [(finding.severity, finding.rule) for finding in found]


def test_a_candidate_as_good_as_its_baseline_is_found_no_worse():
    found, facts = judge(QUICK, QUICK, slo())
    assert found == []
    assert (facts["state"], facts["turns"], facts["margin_points"]) == ("pass", 695, 0.5)
    assert facts["candidate"] == {"total": 695, "bad": 0, "p50_ms": 5.0, "p95_ms": 5.0, "p99_ms": 5.0}
    assert facts["fisher_p"] == facts["mann_whitney_p"] == 1.0


def test_a_slow_tail_that_the_median_does_not_show_is_found():
    found, facts = judge(every(12), QUICK, slo())
    assert rules(found) == [(Severity.FAIL, "candidate-worse")]
    assert found[0].expected == (
        "the candidate lacks at most 0.5 points of the baseline's share of requests answered within 50 ms (light)"
    )
    assert "worse by at least" in found[0].observed
    assert found[0].clause == "slos.light.margin_percent"
    assert facts["candidate"]["p50_ms"] == facts["baseline"]["p50_ms"]
    assert facts["turns"] < 250


def test_errors_are_bad_for_both_kinds():
    errors = answers(*[5.0] * 1500, status=500)
    for kind in ("latency", "success"):
        found, _ = judge(errors, QUICK, slo(kind=kind))
        assert rules(found) == [(Severity.FAIL, "candidate-worse")]
    assert rules(judge(answers(*[5.0] * 1500, promised_status=201), QUICK, slo())[0])[0][0] is Severity.FAIL


def test_a_baseline_may_be_as_bad_as_it_likes():
    assert judge(QUICK, every(3), slo())[0] == []
    found, facts = judge(every(10), every(10), slo())
    assert (found, facts["candidate"]["bad"] > 0) == ([], True)


def test_a_baseline_that_never_answers_as_promised_is_nothing_to_compare_with():
    found, facts = judge(QUICK, answers(*[5.0] * 1500, status=401), slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "baseline-never-good")]
    assert facts["state"] == "inconclusive"
    assert "all 1,500 answers of the baseline were others: 1,500 of status 401" in found[0].observed
    # One that is merely too slow was replaced for a reason.
    assert judge(QUICK, answers(*[60.0] * 1500), slo())[0] == []


def test_being_worse_within_the_margin_is_told_and_no_failure():
    found, facts = judge(every(12), QUICK, slo(margin_percent=20.0))
    assert facts["state"] == "pass"
    assert found == [] or rules(found) == [(Severity.INFO, "candidate-different")]


def test_too_few_turns_are_inconclusive_and_say_how_many_are_missing():
    found, facts = judge(QUICK, QUICK, slo(max_sample=400))
    assert rules(found) == [(Severity.INCONCLUSIVE, "candidate-undecided")]
    assert (facts["turns"], facts["more_needed"]) == (400, 295)
    assert "295 further turns" in found[0].observed
    assert "margin_percent" in found[0].next_step


def test_no_turn_at_all_is_inconclusive():
    found, facts = judge(answers(), answers(), slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "candidate-undecided")]
    assert (facts["turns"], facts["candidate"]["p99_ms"]) == (0, None)


def test_slow_answers_in_a_row_may_have_one_cause():
    row = answers(*[5.0] * 100, *[60.0] * 12, *[5.0] * 1388)
    found, facts = judge(row, QUICK, slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "candidate-undecided")]
    assert facts["dispersion"] > 10


def test_where_one_cause_may_spoil_several_more_turns_are_needed():
    found, facts = judge(QUICK, QUICK, slo(burst_requests=2))
    assert (found, facts["turns"], facts["dispersion"]) == ([], 1390, 2.0)
    assert facts["assumption"].startswith("One cause spoils 2 requests at most: ")


def test_a_contest_hears_each_turn_once_and_ends_where_it_is_decided():
    contest = Contest(slo())
    contest.follow(answers(*[5.0] * 694), answers(*[5.0] * 694))
    assert not contest.settled
    contest.follow(answers(*[5.0] * 696), answers(*[5.0] * 696))
    assert (contest.settled, contest.decided, contest.told()[1]["turns"]) == (True, State.PASS, 695)


def test_the_margin_is_the_stated_one_or_half_of_what_may_be_bad():
    assert (margin_of(slo()), margin_of(slo(margin_percent=2.0)), margin_of(slo(objective_percent=95.0))) == (
        0.5,
        2.0,
        2.5,
    )


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="needs threshold_ms"):
        Contest(slo(threshold_ms=None))
    with pytest.raises(ValueError, match="zip"):
        judge(answers(5.0, 5.0), answers(5.0), slo())
