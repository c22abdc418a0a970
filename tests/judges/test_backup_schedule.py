"""Backups that were not taken, were removed too early or were never removed, are missed or named."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.backups.stored import Stored
from prodverify.judges.backup_schedule import judge_retention, judge_schedule
from prodverify.record.states import state_of
from prodverify.target.backups import Backups
from prodverify.target.taking import Taking

NOW = datetime(2026, 1, 31, 12, 30, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOUR = ("00:00", "06:00", "12:00", "18:00")


def at(*moments, span=1.0):
    """Backups of these moments, given the newest last."""
    return [Stored(f"db-{moment:%Y%m%d%H%M}.dump", moment, 1000, False, span) for moment in reversed(moments)]


def since(days, *hours):
    """A backup at each of these hours of the last days and of today, as far as they have come."""
    midnights = [NOW.replace(hour=0, minute=0) - number * DAY for number in range(days, -1, -1)]
    return [moment for midnight in midnights for hour in hours if (moment := midnight + hour * HOUR) <= NOW]


def rules(findings):
    return [(finding.rule, finding.severity.value) for finding in findings]


def scheduled(moments, span=1.0, **promised):
    return judge_schedule(at(*moments, span=span), Backups(**promised), NOW)


def retained(moments, span=1.0, **promised):
    return judge_retention(at(*moments, span=span), Backups(**promised), NOW)


def test_a_schedule_that_was_kept_passes():
    findings = scheduled(since(9, 0, 6, 12, 18), schedule=FOUR)
    assert ([("backup-schedule", "info")], "pass") == (rules(findings), state_of(findings))


def test_each_missing_backup_is_named():
    lost = [NOW.replace(hour=6, minute=0), NOW.replace(hour=18, minute=0) - 2 * DAY]
    (finding,) = scheduled([moment for moment in since(9, 0, 6, 12, 18) if moment not in lost], schedule=FOUR)

    assert ("backup-gap", "fail") == (finding.rule, finding.severity)
    assert "2 of 27 are missing: 2026-01-29 18:00, 2026-01-31 06:00" == finding.observed


@pytest.mark.parametrize(("late", "rule"), [(HOUR, "backup-schedule"), (HOUR + timedelta(seconds=1), "backup-gap")])
def test_a_backup_may_be_as_late_as_its_grace(late, rule):
    moments = [*since(9, 0, 6)[:-2], NOW.replace(hour=0, minute=0), NOW.replace(hour=6, minute=0) + late]
    assert rule == scheduled(moments, schedule=("00:00", "06:00"), grace_seconds=3600.0)[0].rule


@pytest.mark.parametrize(("early", "rule"), [(300, "backup-schedule"), (301, "backup-gap")])
def test_clocks_may_differ_by_minutes(early, rule):
    moments = [*since(9, 6)[:-1], NOW.replace(hour=6, minute=0) - timedelta(seconds=early)]
    assert rule == scheduled(moments, schedule=("06:00",))[0].rule


@pytest.mark.parametrize(("grace", "rule"), [(1800.0, "backup-gap"), (1801.0, "backup-schedule")])
def test_nothing_is_expected_before_its_grace_has_passed(grace, rule):
    assert rule == scheduled(since(9, 0, 6, 12)[:-1], schedule=FOUR[:3], grace_seconds=grace)[0].rule


def test_one_backup_does_not_stand_for_two_times():
    moments = [*since(9, 0)[:-1], NOW.replace(hour=1, minute=0)]
    (finding,) = scheduled(moments, schedule=("00:00", "01:00"), schedule_days=1, grace_seconds=3540.0)
    assert "backup-gap" == finding.rule


def test_a_young_place_is_judged_from_its_first_backup():
    assert "backup-schedule" == scheduled(since(0, 6, 12), schedule=FOUR, grace_seconds=60.0)[0].rule
    assert "backup-gap" == scheduled([NOW - 12 * HOUR], schedule=FOUR, grace_seconds=60.0)[0].rule


def test_a_place_that_is_younger_than_its_schedule_is_no_verdict():
    findings = scheduled([NOW - timedelta(minutes=10)], schedule=FOUR)
    assert ([("backup-schedule-young", "inconclusive")], "inconclusive") == (rules(findings), state_of(findings))


@pytest.mark.parametrize(("seconds", "rule"), [(0, "backup-schedule"), (1, "backup-gap")])
def test_neighbours_are_no_further_apart_than_promised(seconds, rule):
    last = NOW - HOUR
    moments = [last - timedelta(seconds=7200 + 60 + seconds), last]
    assert rule == scheduled(moments, every_seconds=7200.0, grace_seconds=60.0)[0].rule


@pytest.mark.parametrize(("seconds", "rule"), [(0, "backup-schedule"), (1, "backup-gap")])
def test_nor_is_the_newest_from_now(seconds, rule):
    moments = [NOW - timedelta(seconds=7200 + 60 + seconds)]
    assert rule == scheduled(moments, every_seconds=7200.0, grace_seconds=60.0)[0].rule


@pytest.mark.parametrize(("seconds", "rule"), [(0, "backup-schedule"), (1, "backup-gap")])
def test_one_that_is_named_after_a_moment_to_come_neither_makes_a_gap_nor_hides_one(seconds, rule):
    moments = [NOW - timedelta(seconds=7200 + 60 + seconds), NOW + 30 * DAY]
    assert rule == scheduled(moments, every_seconds=7200.0, grace_seconds=60.0)[0].rule


def test_a_gap_before_the_days_that_are_looked_at_is_past():
    moments = [NOW - 30 * DAY, *since(3, 0, 12)]
    assert "backup-schedule" == scheduled(moments, every_seconds=43200.0, schedule_days=2)[0].rule
    assert "backup-gap" == scheduled(moments, every_seconds=43200.0, schedule_days=7)[0].rule


def test_names_that_say_the_day_are_enough_for_one_backup_a_day():
    whole = since(9, 0)
    assert "backup-schedule" == scheduled(whole, span=86400.0, schedule=("03:00",))[0].rule
    assert "backup-schedule" == scheduled(whole, span=86400.0, every_seconds=86400.0)[0].rule
    assert "backup-gap" == scheduled([*whole[:-4], *whole[-2:]], span=86400.0, schedule=("03:00",))[0].rule


@pytest.mark.parametrize("judge", [judge_schedule, judge_retention])
def test_backups_whose_time_nobody_says_are_no_verdict(judge):
    findings = judge([Stored("latest.dump", None, 1000, False)], Backups(schedule=FOUR, retention_days=7), NOW)
    assert [("backup-times-unknown", "inconclusive")] == rules(findings)


def test_backups_that_are_kept_as_promised_pass():
    for days in (7, 6):  # the oldest day may be gone already, or be there still
        findings = retained(since(days, 0, 12), retention_days=7, schedule=("00:00", "12:00"))
        assert ([("backups-kept", "info")], "pass") == (rules(findings), state_of(findings))


@pytest.mark.parametrize(("beyond", "state"), [("warn", "warn"), ("fail", "fail")])
def test_backups_that_are_kept_longer_are_named(beyond, state):
    (finding,) = retained(since(8, 0, 12), retention_days=7, beyond_retention=beyond, schedule=("00:00", "12:00"))
    assert ("backups-beyond-retention", state) == (finding.rule, finding.severity)
    assert "2 of 18 are older, such as db-202601230000.dump" == finding.observed


def test_the_last_backups_may_be_of_any_age():
    moments = [NOW - 41 * DAY, NOW - 40 * DAY]
    assert "1 of 2 are older, such as db-202512211230.dump" == retained(moments, retention_days=7)[0].observed
    assert "backups-kept" == retained(moments[1:], retention_days=7)[0].rule
    assert "backups-kept" == retained(moments, retention_days=7, taking=Taking(keep_at_least=2))[0].rule


def test_days_that_were_promised_and_are_gone_are_named():
    lost = {(NOW - 2 * DAY).date(), (NOW - 5 * DAY).date()}
    moments = [moment for moment in since(7, 0, 12) if moment.date() not in lost]
    (finding,) = retained(moments, retention_days=7, schedule=("00:00",))

    assert ("backup-days-missing", "fail") == (finding.rule, finding.severity)
    assert "none of 2 days: 2026-01-26, 2026-01-29" == finding.observed


def test_today_is_never_missed():
    assert "backups-kept" == retained(since(7, 0)[:-1], retention_days=7, schedule=("00:00",))[0].rule


def test_no_day_is_missed_before_the_first_backup_or_without_a_schedule():
    assert "backups-kept" == retained(since(2, 0), retention_days=30, schedule=("00:00",))[0].rule
    assert "backups-kept" == retained([NOW - 6 * DAY, NOW], retention_days=7)[0].rule


@pytest.mark.parametrize(("days", "rule"), [(7, "backups-kept"), (8, "backup-days-missing")])
def test_a_weekly_schedule_leaves_six_days_between(days, rule):
    moments = [NOW - DAY - days * DAY, NOW - DAY]
    assert rule == retained(moments, retention_days=30, every_seconds=604800.0)[0].rule


@given(
    st.lists(st.none() | st.datetimes(timezones=st.just(UTC), max_value=datetime(9999, 12, 1)), max_size=5),
    st.sampled_from([1.0, 60.0, 86400.0]),
    st.integers(1, 999_999_999),
    st.floats(1e-3, 999_999_999),
    st.booleans(),
)
def test_no_backups_make_them_raise(moments, span, days, seconds, by_times):
    found = [Stored("\ud800" * 400, moment, 1, False, span) for moment in moments]
    every = {"schedule": FOUR} if by_times else {"every_seconds": seconds}
    promised = Backups(retention_days=days, schedule_days=min(days, 400), grace_seconds=seconds, **every)

    for finding in [*judge_schedule(found, promised, NOW), *judge_retention(found, promised, NOW)]:
        assert len(finding.observed) < 700
        finding.observed.encode()
