"""
Thirty days of a service, as a real Prometheus remembers them: budgets, resets, births, and series that are not there.

Each job is one past. A sample stands each quarter of an hour, the newest a few seconds before NOW.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime

import pytest

from prodverify.canary.measuring import measure
from prodverify.judges import error_budget
from prodverify.target.slos import Slo, SloMetrics
from tests.canary.conftest import Past

STEP = 900
DAYS = 30
NOW = datetime(2025, 11, 20, 12, tzinfo=UTC).timestamp()
"""One and the same moment always: what a month is depends on it."""
LAST = DAYS * 86_400 // STEP + 96
"""Samples from a day before the window on."""
A_DAY = 86_400 // STEP
PER_STEP = 1800
"""Events of a quarter of an hour: two a second, 5,184,000 in thirty days."""
EVENTS = DAYS * A_DAY * PER_STEP


def _counted(each, *, begins=0, ends=LAST, resets=()):
    """A counter's values by the number of its sample; ``each`` is what is added there."""
    value, told = 0.0, []
    for number in range(LAST + 1):
        added = each(number) if callable(each) else each
        value = (0.0 if number in resets else value) + added
        if begins <= number <= ends:
            told.append((number, value))
    return told


def _success(past, job, times, good, bad, *, more=""):
    for status, values in (("200", good), ("503", bad)):
        points = [(times[number], value) for number, value in values]
        past.add("answers counter", "answers_total", f'job="{job}",status="{status}"{more}', points)


def _latency(past, job, times, total, in_time, edges=("0.1",)):
    points = [(times[number], value) for number, value in total]
    quick = [(times[number], value) for number, value in in_time]
    for le, values in (*((edge, quick) for edge in edges), ("+Inf", points)):
        past.add("took histogram", "took_bucket", f'job="{job}",status="200",le="{le}"', values)
    past.add("took histogram", "took_count", f'job="{job}",status="200"', points)


@pytest.fixture(scope="module")
def memory(remembering):
    """Every past at once, and the moment at which it ends."""
    now = NOW
    times = [now - 5 - STEP * (LAST - number) for number in range(LAST + 1)]
    all_good = _counted(PER_STEP)
    past = Past()
    _success(past, "healthy", times, all_good, _counted(2))
    _success(past, "broken", times, all_good, _counted(36))
    for replica in "ab":
        _success(past, "pair", times, all_good, _counted(2), more=f',replica="{replica}"')
    resets = (LAST - 20 * A_DAY, LAST - 10 * A_DAY - 3)
    _success(past, "reset", times, _counted(PER_STEP, resets=resets), _counted(2, resets=resets))
    hour = range(LAST - 5 * A_DAY, LAST - 5 * A_DAY + 4)
    outage = [0 if number in hour else PER_STEP for number in range(LAST + 1)]
    _success(past, "outage", times, _counted(outage.__getitem__), _counted(lambda number: PER_STEP - outage[number]))
    gone = LAST - 2 * A_DAY
    _success(past, "stale", times, _counted(PER_STEP, ends=gone), _counted(2, ends=gone))
    young = LAST - 5 * A_DAY
    _success(past, "young", times, _counted(PER_STEP, begins=young), _counted(2, begins=young))
    _success(past, "quiet", times, _counted(0.1), _counted(0))
    past.add("answers counter", "answers_total", 'job="born",status="200"', [(times[n], v) for n, v in all_good])
    for pod in range(30):  # each day a pod whose errors, 1,800 of them, are there when it is first scraped
        begun = LAST - (DAYS - pod) * A_DAY + 10
        points = [(times[number], 1800.0) for number in range(begun, begun + A_DAY - 20)]
        past.add("answers counter", "answers_total", f'job="born",status="503",pod="{pod}"', points)
    _latency(past, "quick", times, all_good, _counted(PER_STEP - 9), edges=("0.1", "0.5"))
    _latency(past, "no-edge", times, all_good, _counted(PER_STEP - 9), edges=("0.25",))
    gap = range(LAST - 25 * A_DAY, LAST - 10 * A_DAY)
    for status, values in (("200", all_good), ("503", _counted(2))):
        points = [(times[number], value) for number, value in values if number not in gap]
        past.add("answers counter", "answers_total", f'job="gap",status="{status}"', points)
    past.add("answers counter", "answers_total", 'job="no-status"', [(times[n], v) for n, v in all_good])
    _success(past, "born-reset", times, all_good, _counted(2, begins=LAST - 9 * A_DAY, resets=(LAST - 2 * A_DAY,)))
    points = [(times[LAST - 8 * A_DAY], 90_000.0)]
    past.add("answers counter", "answers_total", 'job="born-reset",status="500"', points)
    added = LAST - 10 * A_DAY
    _latency(past, "edge-added", times, all_good, _counted(PER_STEP - 9, begins=added))
    return remembering(past), now


def slo(kind="success", **more):
    metrics = SloMetrics(durations="took") if kind == "latency" else SloMetrics(requests="answers_total")
    threshold = {"threshold_ms": 100.0} if kind == "latency" else {}
    return Slo(name="ours", kind=kind, objective_percent=99.0, window_days=DAYS, metrics=metrics, **threshold, **more)


@pytest.fixture(scope="module")
def measured(memory):
    """The window of a job, and what is found about it."""
    watched, now = memory

    @functools.cache
    def of(job, kind="success"):
        told = slo(kind)
        window = measure(watched.prometheus, told, job=job, at=now)
        findings, facts = error_budget.judge(window, told)
        return window, [(str(finding.severity), finding.rule) for finding in findings], facts

    return of


def test_a_healthy_service_has_spent_what_it_has(measured):
    window, found, facts = measured("healthy")
    assert [] == found
    assert pytest.approx(EVENTS * 1802 / 1800, rel=0.002) == window.whole.total
    assert pytest.approx(100.0 * 2 / 18.02, rel=0.01) == facts["budget"]["spent_percent"]
    assert "green" == facts["budget"]["colour"]


def test_blocks_add_up_to_the_window(measured):
    window, _, facts = measured("healthy")
    assert (720, 3600) == (len(window.blocks.objective), window.blocks.seconds)
    assert pytest.approx(window.whole.total, rel=0.002) == window.blocks.counts.total
    assert pytest.approx(window.whole.bad, rel=0.01) == window.blocks.counts.bad
    assert "pass" == facts["outlook"]["objective"]


def test_a_broken_objective_fails(measured):
    _, found, facts = measured("broken")
    assert [("fail", "objective-broken")] == found
    assert "exhausted" == facts["budget"]["colour"]


def test_counters_that_begin_again_are_no_loss_and_no_gain(measured):
    window, found, facts = measured("reset")
    assert [] == found
    assert pytest.approx(EVENTS * 1802 / 1800, rel=0.002) == window.whole.total
    assert pytest.approx(100.0 * 2 / 18.02, rel=0.01) == facts["budget"]["spent_percent"]
    assert 4 == window.resets


def test_an_outage_of_an_hour_spends_its_share(measured):
    _, found, facts = measured("outage")
    assert [] == found
    assert pytest.approx(100.0 / (DAYS * 24) / 0.01, rel=0.02) == facts["budget"]["spent_percent"]
    assert facts["outlook"]["dispersion"] > 100


def test_series_that_ended_are_stale(measured):
    assert [("inconclusive", "window-series-stale")] == measured("stale")[1]


def test_a_window_that_began_late_is_told_of(measured):
    window, found, _ = measured("young")
    assert [("warn", "window-uncovered")] == found
    assert window.began
    assert pytest.approx(5 * A_DAY * 1802, rel=0.01) == window.whole.total


def test_a_window_with_a_hole_is_told_of(measured):
    window, found, _ = measured("gap")
    assert [("warn", "window-uncovered"), ("info", "window-in-one-piece")] == found
    assert not window.began
    assert pytest.approx(15 / 30, abs=0.05) == window.watched


def test_series_without_the_status_hide_every_error(measured):
    assert [("inconclusive", "window-no-status")] == measured("no-status")[1]


def test_a_series_that_began_again_hides_no_other_ones_birth(measured):
    window, found, _ = measured("born-reset")
    assert pytest.approx(90_000 + (30 * A_DAY - 9 * A_DAY) * 2, rel=0.1) == window.births.bad
    assert [("inconclusive", "window-births-undecided")] == found


def test_low_traffic_tells_nothing(measured):
    assert [("inconclusive", "window-traffic-low")] == measured("quiet")[1]


def test_a_job_that_nobody_knows_has_no_data(measured):
    window, found, _ = measured("nobody")
    assert [("inconclusive", "window-no-data")] == found
    assert (None, None, 0) == (window.whole.total, window.blocks, window.series)
    assert {"healthy", "broken"} <= set(window.other_jobs)


def test_errors_that_a_series_is_born_with_are_seen(measured):
    window, found, _ = measured("born")
    assert not window.began
    assert 0 == round(window.whole.bad)
    assert pytest.approx(30 * 1800, rel=0.02) == window.births.bad
    assert [("inconclusive", "window-births-undecided")] == found


def test_a_latency_objective_is_counted_by_its_edge(measured):
    window, found, facts = measured("quick", "latency")
    assert [] == found
    assert pytest.approx(EVENTS * 9 / 1800, rel=0.01) == facts["bad"]
    assert window.quantiles_ms["p50_ms"] < 100.0


def test_an_agreement_with_an_edge_of_its_own_is_counted_over_each_span(memory):
    watched, now = memory
    told = slo("latency", agreement_percent=95.0, agreement_threshold_ms=500.0)
    window = measure(watched.prometheus, told, job="quick", at=now)
    spans = (window.week, window.month, window.last_month)
    assert [pytest.approx(span.bad) for span in spans] == [span.agreed for span in spans]


def test_events_that_two_replicas_scraped_are_told_of(measured):
    window, found, _ = measured("pair")
    assert [("warn", "window-counted-twice")] == found
    assert (4, 2) == (window.series, window.copies)


def test_a_metric_of_several_jobs_tells_nothing_where_none_is_stated(measured):
    window, found, _ = measured(None)
    assert window.jobs > 5
    assert [("inconclusive", "window-jobs-mixed")] == found


def test_a_threshold_without_an_edge_is_no_data_and_not_all_bad(measured):
    window, found, _ = measured("no-edge", "latency")
    assert [("inconclusive", "window-no-good")] == found
    assert None is window.whole.bad


def test_events_of_before_an_edge_was_there_are_left_out(measured):
    window, found, facts = measured("edge-added", "latency")
    assert [("warn", "window-partly-judged")] == found
    assert pytest.approx(20 * A_DAY * PER_STEP, rel=0.01) == window.blocks.unseen
    assert pytest.approx(50.0, rel=0.05) == facts["budget"]["spent_percent"]


def _month_of(moment):
    return datetime.fromtimestamp(moment, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def test_the_month_before_is_asked_at_its_end(measured, memory):
    _, now = memory
    begun = _month_of(now)
    window, _, facts = measured("healthy")
    assert pytest.approx((now - begun) / STEP * 1802, rel=0.02, abs=2 * 1802) == window.month.total
    assert facts["week"]["objective_met"]
    watched_since = now - 5 - STEP * LAST
    assert (True, True) == (window.week.whole, window.month.whole)
    assert window.last_month.whole == (watched_since <= _month_of(begun - 86_400))


def test_all_windows_of_the_burn_alerts_are_told(measured):
    window, _, _ = measured("healthy")
    assert [300, 1800, 3600, 7200, 21600, 86400, 259200] == sorted(window.burns)
    assert pytest.approx(2 / 1802, rel=0.02) == window.burns[86400].bad_share
