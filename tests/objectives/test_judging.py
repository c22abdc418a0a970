"""A series of blocks is judged for its objective and its agreement, with the assumption and the method told."""

import pytest

from prodverify.objectives.counts import NOTHING, Counts
from prodverify.objectives.judging import judge_series, promised, state_of_series
from prodverify.objectives.verdict import MOST_NEEDED
from prodverify.record.findings import Severity
from prodverify.record.states import State
from prodverify.target.slos import Slo


def slo(**values):
    return Slo(**{"name": "light", "threshold_ms": 50.0, "objective_percent": 99.0, **values})


def series(*bad, total=40):
    return [Counts(total, each) for each in bad]


def rules(found):
    return [(finding.severity, finding.rule) for finding in found]


def test_one_look_is_judged_by_exact_bounds_and_says_what_it_takes_for_granted():
    found, facts = judge_series(series(*[0] * 20), slo())
    assert found == []
    assert {key: facts[key] for key in ("slo", "kind", "threshold_ms", "total", "bad", "method", "dispersion")} == {
        "slo": "light",
        "kind": "latency",
        "threshold_ms": 50.0,
        "total": 800,
        "bad": 0,
        "method": "exact bounds",
        "dispersion": 1.0,
    }
    assert facts["objective"]["state"] == "pass"
    assert facts["burst_events"] == 1.0
    assert facts["assumption"].startswith("One cause spoils one request at most: ")


def test_a_run_that_may_end_at_any_time_needs_a_few_more_requests():
    quiet = series(*[0] * 8)
    assert judge_series(quiet, slo())[1]["objective"]["state"] == "pass"
    found, facts = judge_series(quiet, slo(), any_time=True)
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert (facts["method"], facts["objective"]["more_needed"]) == ("confidence sequence", 22)
    assert judge_series([*quiet, Counts(22, 0)], slo(), any_time=True)[0] == []


def test_what_one_cause_may_spoil_counts_as_one():
    quiet = series(*[0] * 8)
    found, facts = judge_series(quiet, slo(), burst_events=20.0)
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert "0 of 320 bad (0 %), worth 16 independent ones" in found[0].observed
    assert facts["objective"]["more_needed"] == 5_962 - 320  # log(0.05) / log(0.99) = 298.07, by 20
    assert facts["assumption"].startswith("One cause spoils 20 requests at most: ")


def test_failures_in_a_burst_are_inconclusive_where_as_many_apart_fail():
    burst, apart = series(0, 0, 30, *[0] * 27), series(*[1] * 30)
    assert State.INCONCLUSIVE is state_of_series(burst, slo())
    assert State.FAIL is state_of_series(apart, slo())
    found, facts = judge_series(burst, slo())
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert facts["dispersion"] > 20.0
    assert 0 < facts["objective"]["more_needed"] < MOST_NEEDED


def test_what_is_said_to_be_missing_is_enough_with_dispersion_too():
    seen = series(*[0, 0, 0, 1] * 12)  # 0.625 % bad
    for any_time in (False, True):
        _, facts = judge_series(seen, slo(), any_time=any_time, burst_events=3.0)
        more = facts["objective"]["more_needed"]
        rounds = -(-more // (4 * 40))
        longer = seen + series(*[0, 0, 0, 1] * rounds)
        assert State.INCONCLUSIVE is state_of_series(
            longer[: len(seen) + 4 * (rounds // 2)], slo(), any_time=any_time, burst_events=3.0
        )
        assert State.PASS is state_of_series(longer, slo(), any_time=any_time, burst_events=3.0)


@pytest.mark.parametrize("any_time", [False, True])
def test_at_the_knife_edge_nobody_is_asked_for_ten_million_requests(any_time):
    found, _ = judge_series(series(*[1] * 40, total=100), slo(), any_time=any_time)
    assert rules(found) == [(Severity.INCONCLUSIVE, "objective-undecided")]
    assert found[0].next_step.startswith("No practical number of requests tells")


def test_an_indifference_zone_is_about_the_objective_alone():
    zoned = slo(indifference_percent=(99.2, 98.5), agreement_percent=95.0)
    quiet = series(*[0] * 12)
    found, facts = judge_series(quiet, zoned, any_time=True)
    assert found == []
    assert facts["method"] == "sequential probability ratio"
    assert facts["agreement"]["method"] == "confidence sequence"
    assert "0.8 % are bad rather than 1.5 %" in facts["objective"]["sentence"]
    assert judge_series(quiet, zoned)[1]["method"] == "exact bounds"
    failed, _ = judge_series(series(*[1, 1, 0, 2] * 6), zoned, any_time=True)
    assert "1.5 % are bad rather than 0.8 %" in failed[0].observed


def test_an_agreement_has_its_own_counts_where_its_time_is_another():
    looser = slo(agreement_percent=99.0, agreement_threshold_ms=500.0)
    slow, in_time = series(*[10] * 20), series(*[0] * 20)
    found, facts = judge_series(slow, looser, agreement=in_time)
    assert rules(found) == [(Severity.FAIL, "objective-broken")]
    assert (facts["total"], facts["bad"]) == (800, 200)
    agreed = facts["agreement"]
    assert (agreed["state"], agreed["bad"], agreed["threshold_ms"]) == ("pass", 0, 500.0)
    both, _ = judge_series(slow, looser)
    assert both[1].expected == "agreement light: 99 % of requests answered within 500 ms"


def test_a_look_at_a_series_is_the_worse_of_objective_and_agreement():
    owed = slo(agreement_percent=95.0, agreement_threshold_ms=500.0)
    quiet, few, slow = series(*[0] * 20), series(*[0] * 20, total=2), series(*[10] * 20)
    assert State.PASS is state_of_series(quiet, owed, agreement=quiet)
    assert State.INCONCLUSIVE is state_of_series(quiet, owed, agreement=few)
    assert State.FAIL is state_of_series(few, owed, agreement=slow)


def test_the_first_burst_of_a_run_is_not_its_verdict():
    burst = [NOTHING, *series(0, 0, 30, 0, 0, 0, 0, 0, 0)]
    assert State.INCONCLUSIVE is state_of_series(burst, slo(), any_time=True)
    assert State.INCONCLUSIVE is state_of_series([*burst, *series(0, 0)], slo(), any_time=True)
    assert State.FAIL is state_of_series(series(*[30] * 10), slo(), any_time=True)


@pytest.mark.parametrize("seen", [[], [NOTHING] * 30])
@pytest.mark.parametrize("any_time", [False, True])
def test_without_events_nothing_is_decided(seen, any_time):
    found, facts = judge_series(seen, slo(agreement_percent=95.0), any_time=any_time)
    assert [rule for _, rule in rules(found)] == ["objective-undecided", "agreement-undecided"]
    assert (facts["total"], facts["objective"]["bad_at_most_percent"]) == (0, 100.0)
    assert State.INCONCLUSIVE is state_of_series(seen, slo(), any_time=any_time)


def test_a_promise_reads_as_a_sentence():
    assert promised(slo(), 99.0) == "99 % of requests answered within 50 ms"
    assert promised(slo(), 95.0, 500.0) == "95 % of requests answered within 500 ms"
    assert promised(slo(kind="success", threshold_ms=None), 99.9) == "99.9 % of requests answered without error"
