"""The window of an objective and its budget: each number with both of its sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prodverify.canary.window import Blocks, Pair, Window
from prodverify.judges import error_budget
from prodverify.objectives.counts import Counts
from prodverify.target.slos import Burn, Slo, SloMetrics

DAY = 86_400.0
NOW = 100 * DAY
METRICS = SloMetrics(requests="answers_total")
SLO = Slo(name="errors", kind="success", objective_percent=99.0, window_days=30, min_events=1000, metrics=METRICS)


def window(total=100_000.0, bad=100.0, **more):
    counts = {
        "slo": "errors",
        "query": "sum(total)",
        "bad_query": "sum(bad)",
        "seconds": int(30 * DAY),
        "ends_at": NOW,
        "whole": Pair(total, bad),
        "agreed": None,
        "blocks": None,
        "births": Pair(0.0, 0.0),
        "series": 3,
        "began": False,
        "resets": 0,
        "labelled": 3,
        "watched": 1.0,
        "burns": {},
    }
    return Window(**{**counts, **more})


def blocks(*counts, unseen=0):
    return Blocks(DAY, tuple(Counts(*pair) for pair in counts), None, unseen)


def rules(findings):
    return [(str(finding.severity), finding.rule) for finding in findings]


def judged(seen, slo=SLO):
    findings, facts = error_budget.judge(seen, slo)
    return rules(findings), facts


def test_a_window_without_series_tells_its_query():
    findings, facts = error_budget.judge(window(None, None), SLO)
    assert [("inconclusive", "window-no-data")] == rules(findings)
    assert "sum(total)" in findings[0].observed
    assert "errors" == facts["slo"]
    assert "budget" not in facts


def test_a_native_histogram_has_no_series_of_its_edges():
    slo = SLO.model_copy(update={"kind": "latency", "threshold_ms": 100.0, "metrics": SloMetrics(durations="h")})
    assert "native" in error_budget.judge(window(None, None), slo)[0][0].next_step


def test_a_wrong_word_is_easier_to_find_by_the_jobs_that_there_are():
    findings, _ = error_budget.judge(window(None, None, other_jobs=("api", "web")), SLO)
    assert findings[0].observed.endswith("there are series of job api, web")


def test_events_without_series_of_good_ones_are_not_bad_ones():
    findings, _ = error_budget.judge(window(100_000.0, None), SLO)
    assert [("inconclusive", "window-no-good")] == rules(findings)
    assert "sum(bad)" in findings[0].observed


@pytest.mark.parametrize(("total", "expected"), [(999.4, [("inconclusive", "window-traffic-low")]), (999.6, [])])
def test_fewer_events_than_promised_tell_nothing(total, expected):
    assert expected == judged(window(total, 0.0))[0]


def test_no_event_at_all_is_low_traffic_and_not_a_hundred_percent():
    assert [("inconclusive", "window-traffic-low")] == judged(window(0.0, 0.0))[0]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (799.0, []),
        (800.0, [("warn", "budget-nearly-spent")]),
        (940.0, [("warn", "budget-nearly-spent")]),
        (1000.0, [("inconclusive", "objective-undecided"), ("warn", "budget-nearly-spent")]),
        (1100.0, [("fail", "objective-broken")]),
    ],
)
def test_the_objective_over_its_window(bad, expected):
    assert expected == judged(window(100_000.0, bad))[0]


def test_one_long_outage_breaks_the_objective_and_foretells_little():
    outage = blocks(*[(4000, 0)] * 14, (4000, 2400), *[(4000, 0)] * 15)
    found, facts = judged(window(120_000.0, 2400.0, blocks=outage))
    assert [("fail", "objective-broken")] == found
    assert "inconclusive" == facts["outlook"]["objective"]
    assert facts["outlook"]["dispersion"] > 100


def test_what_the_verdict_takes_for_granted_is_what_it_does():
    steady = judged(window(120_000.0, 400.0, blocks=blocks(*[(4000, 4)] * 30)))
    bursty = judged(window(120_000.0, 400.0, blocks=blocks((4000, 400), *[(4000, 0)] * 29)))
    assert steady[1]["objective"] == bursty[1]["objective"]
    assert error_budget.CENSUS == bursty[1]["assumption"]
    assert {"dispersion", "burst_events"}.isdisjoint(bursty[1])


def test_a_healthy_window_in_blocks_has_a_good_outlook():
    _, facts = judged(window(120_000.0, 120.0, blocks=blocks(*[(4000, 4)] * 30)))
    assert "pass" == facts["outlook"]["objective"]


def test_the_agreement_is_judged_apart():
    slo = SLO.model_copy(update={"agreement_percent": 95.0})
    assert [("fail", "objective-broken")] == judged(window(100_000.0, 4000.0), slo)[0]
    both = [("fail", "objective-broken"), ("fail", "agreement-broken")]
    assert both == judged(window(100_000.0, 6000.0), slo)[0]


def test_an_agreement_with_a_threshold_of_its_own_has_counts_of_its_own():
    latency = {"kind": "latency", "threshold_ms": 100.0, "agreement_percent": 99.0, "agreement_threshold_ms": 500.0}
    slo = SLO.model_copy(update={**latency, "metrics": SloMetrics(durations="h")})
    found, facts = judged(window(100_000.0, 400.0, agreed=Pair(100_000.0, 2000.0)), slo)
    assert [("fail", "agreement-broken")] == found
    assert 400 == facts["bad"]


@pytest.mark.parametrize(
    ("began", "births", "expected"),
    [
        pytest.param(False, Pair(0.0, 0.0), [], id="none"),
        pytest.param(False, Pair(200.0, 200.0), [("inconclusive", "window-births-undecided")], id="would-turn-it"),
        pytest.param(False, Pair(20.0, 20.0), [], id="would-not-turn-it"),
        pytest.param(True, Pair(200.0, 200.0), [], id="from-before-the-window"),
    ],
)
def test_errors_at_the_birth_of_a_series_are_reckoned_with(began, births, expected):
    found, facts = judged(window(100_000.0, 790.0, births=births, began=began))
    assert expected == [rule for rule in found if rule[1] != "budget-nearly-spent"]
    assert ("inconclusive" if expected else "pass") == facts["objective"]["state"]


@pytest.mark.parametrize(
    ("good", "rule"),
    [(1_000, ("fail", "objective-broken")), (60_000, ("inconclusive", "window-births-undecided"))],
)
def test_good_answers_at_the_birth_of_a_series_are_reckoned_with_too(good, rule):
    found, facts = judged(window(100_000.0, 1200.0, births=Pair(good, 0.0)))
    assert rule in found
    assert 1 == len([one for one in found if one[0] != "warn"])
    assert rule[0] == facts["objective"]["state"]


@pytest.mark.parametrize("labelled", [0, 2])
def test_errors_cannot_be_seen_in_series_without_the_status(labelled):
    findings, _ = error_budget.judge(window(100_000.0, 0.0, labelled=labelled), SLO)
    assert [("inconclusive", "window-no-status")] == rules(findings)
    assert f"{3 - labelled} of 3 series have no label status" in findings[0].observed
    burns = {3600: Pair(10_000.0, 0.0), 300: Pair(800.0, 0.0)}
    findings, _ = error_budget.judge_burn(window(labelled=labelled, burns=burns), SLO)
    assert [("inconclusive", "window-no-status")] == rules(findings)


def test_series_that_are_not_there_now_are_stale():
    assert [("inconclusive", "window-series-stale")] == judged(window(series=0))[0]


@pytest.mark.parametrize("began", [True, False])
@pytest.mark.parametrize(("share", "expected"), [(0.9, []), (0.89, [("warn", "window-uncovered")])])
def test_a_window_that_was_watched_in_part_is_told_of(share, expected, began):
    assert expected == judged(window(120_000.0, 12.0, began=began, watched=share))[0]


def test_what_stood_there_when_a_window_began_late_is_told_and_not_judged():
    findings, facts = error_budget.judge(window(began=True, watched=0.04, births=Pair(5000.0, 4000.0)), SLO)
    assert "1.2 days; 5,000 events, 4,000 of them bad, stood in series" in findings[0].observed
    assert ("window-uncovered", "pass", 100) == (findings[0].rule, facts["objective"]["state"], facts["bad"])


def test_a_window_that_began_late_is_told_of_without_blocks_too():
    found, _ = judged(window(began=True, watched=None, blocks_refused="timeout: query timed out"))
    assert ("warn", "window-uncovered") in found


def test_events_of_before_an_edge_are_left_out_and_not_bad():
    seen = window(120_000.0, 60_000.0, blocks=blocks(*[(0, 0)] * 15, *[(4000, 4)] * 15, unseen=60_000))
    found, facts = judged(seen)
    assert [("warn", "window-partly-judged")] == found
    assert (60_000, 60) == (facts["total"], facts["bad"])


def test_a_window_that_could_not_be_had_in_blocks_is_judged_in_one_piece():
    found, facts = judged(window(blocks_refused="timeout: query timed out"))
    assert [("info", "window-in-one-piece")] == found
    assert "outlook" not in facts


def test_the_week_and_the_month_are_facts_and_no_verdict():
    seen = window(week=Pair(604_800.0, 60_480.0), month=Pair(0.0, 0.0), quantiles_ms={"p99_ms": 12.0})
    found, facts = judged(seen)
    assert [] == found
    assert (1.0, 12.0, False) == (
        facts["week"]["per_second"],
        facts["week"]["p99_ms"],
        facts["week"]["objective_met"],
    )
    assert None is facts["month"]["good_percent"]


@pytest.mark.parametrize(("slow", "met"), [(999.0, True), (1001.0, False), (None, None)])
def test_a_month_keeps_an_agreement_by_its_own_threshold(slow, met):
    own = {"kind": "latency", "threshold_ms": 100.0, "agreement_percent": 99.0, "agreement_threshold_ms": 500.0}
    slo = SLO.model_copy(update={**own, "metrics": SloMetrics(durations="h")})
    _, facts = judged(window(agreed=Pair(100_000.0, 10.0), month=Pair(100_000.0, 5000.0, agreed=slow)), slo)
    assert (False, met) == (facts["month"]["objective_met"], facts["month"].get("agreement_met"))
    assert "exhausted" == facts["month"]["budget"]["colour"]


def test_what_two_replicas_scraped_is_told_of():
    assert [("warn", "window-counted-twice")] == judged(window(series=6, labelled=6, copies=3))[0]


def test_events_of_other_jobs_are_not_taken_for_the_services():
    mixed = window(100_000.0, 5000.0, jobs=2, burns={3600: Pair(10_000.0, 5000.0), 300: Pair(800.0, 400.0)})
    assert [("inconclusive", "window-jobs-mixed")] == judged(mixed)[0]
    assert [("inconclusive", "window-jobs-mixed")] == rules(error_budget.judge_burn(mixed, SLO)[0])


BURN = Burn(budget_percent=2.0, long_seconds=3600, short_seconds=300, severity="page")


def burnt(long_bad, short_bad, total=10_000.0, severity="page"):
    slo = SLO.model_copy(update={"burns": (BURN.model_copy(update={"severity": severity}),)})
    slo = Slo(**{**slo.model_dump(exclude_unset=True), "burns": slo.burns})
    seen = window(burns={3600: Pair(total, long_bad), 300: Pair(total / 12, short_bad)})
    return rules(error_budget.judge_burn(seen, slo)[0])


@pytest.mark.parametrize(
    ("long_bad", "short_bad", "expected"),
    [
        (1440.0, 130.0, "burn"),  # 14.4 times 1 % is not above itself
        (1441.0, 130.0, "budget-burning"),
        (1441.0, 119.0, "burn"),  # the short window says that it is over
        (None, 130.0, "burn-traffic-low"),
        (1441.0, None, "burn-undecided"),  # it may burn: values are too far apart for the short window
        (1440.0, None, "burn"),
    ],
)
def test_a_budget_burns_where_both_windows_say_so(long_bad, short_bad, expected):
    assert [expected] == [rule for _, rule in burnt(long_bad, short_bad)]


def test_what_is_not_counted_now_does_not_pass_for_quiet():
    seen = window(burns={3600: Pair(10_000.0, 1.0), 300: Pair()}, series=0)
    assert [("inconclusive", "window-series-stale")] == rules(error_budget.judge_burn(seen, SLO)[0])


def test_a_slow_burn_is_a_warning():
    assert [("warn", "budget-burning")] == burnt(2000.0, 200.0, severity="warning")
    assert [("fail", "budget-burning")] == burnt(2000.0, 200.0, severity="critical")


def test_too_few_events_do_not_burn():
    assert [("inconclusive", "burn-traffic-low")] == burnt(900.0, 80.0, total=999.0)
    assert [("fail", "budget-burning")] == burnt(900.0, 80.0, total=1000.0)


@pytest.mark.parametrize("pair", [Pair(-1.0, 0.0), Pair(10.0, 12.0), Pair(0.4, 0.3), Pair(None, 1.0), Pair(1e18, 1.0)])
def test_odd_numbers_make_no_judge_raise(pair):
    seen = window(whole=pair, week=pair, month=pair, last_month=pair, births=pair, burns={3600: pair, 300: pair})
    error_budget.judge(seen, SLO)
    error_budget.judge_burn(replace(seen, began=True), SLO)
