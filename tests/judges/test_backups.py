"""The newest backup is as old as the oldest thing that says so, and a manifest is its own or none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.backups.manifest import BackupFile
from prodverify.judges.backups import Taken, duration, judge_age, judge_manifest, judge_name
from prodverify.record.states import state_of

NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))


def judged(limit=timedelta(hours=24), **said):
    findings = judge_age(Taken("db.dump", **said), limit.total_seconds(), NOON)
    (finding,) = findings
    return finding.rule, state_of(findings).value


@pytest.mark.parametrize(
    ("ago", "rule", "state"),
    [
        (timedelta(0), "backup-age", "pass"),
        (DAY, "backup-age", "pass"),
        (DAY + timedelta(seconds=1), "backup-stale", "fail"),
        (-timedelta(minutes=5), "backup-age", "pass"),  # its clock is a little ahead
        (-timedelta(minutes=5, seconds=1), "backup-from-the-future", "inconclusive"),
    ],
)
@pytest.mark.parametrize("witness", ["named", "manifest"])
def test_the_age_is_judged_against_what_may_be_lost(ago, rule, state, witness):
    assert (rule, state) == judged(**{witness: NOON - ago})


@pytest.mark.parametrize(("called", "state"), [("", "pass"), ("shop", "pass"), ("billing", "warn"), ("Shop", "warn")])
def test_backups_of_the_only_name_are_told_where_it_is_not_the_targets(called, state):
    findings = judge_name(called, "shop")

    assert state == state_of(findings).value
    assert all(f'say name = "{called}" in [backups]' in each.next_step for each in findings)


def test_an_old_backup_under_a_new_name_is_not_new():
    assert ("backup-older-than-named", "fail") == judged(named=NOON, manifest=NOON - 7 * DAY)
    assert ("backup-older-than-named", "fail") == judged(named=NOON, header=NOON - 7 * DAY)
    assert ("backup-older-than-named", "fail") == judged(named=NOON, modified=NOON - 7 * DAY)


@pytest.mark.parametrize(
    ("behind", "rule"), [(DAY, "backup-age"), (DAY + timedelta(seconds=1), "backup-older-than-named")]
)
def test_a_name_is_given_within_a_day_even_where_a_week_may_be_lost(behind, rule):
    assert rule == judged(limit=7 * DAY, named=NOON, manifest=NOON - behind)[0]


def test_both_times_are_named():
    (finding,) = judge_age(Taken("db.dump", named=NOON, manifest=NOON - 7 * DAY), 3600.0, NOON)
    said = "db.dump: its name says 2026-01-31 12:00:00, its manifest says 2026-01-24 12:00:00, 7.0 days ago"
    assert said == finding.observed


def test_a_modification_time_never_makes_a_backup_younger():
    assert ("backup-stale", "fail") == judged(named=NOON - 2 * DAY, modified=NOON)
    assert ("backup-stale", "fail") == judged(modified=NOON - 2 * DAY)
    assert ("backup-age-unknown", "inconclusive") == judged(modified=NOON)
    assert ("backup-age-unknown", "inconclusive") == judged()


def test_a_modification_time_of_storage_that_keeps_none_says_nothing():
    assert ("backup-age", "pass") == judged(named=NOON, modified=datetime(1980, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("ago", "rule"),
    [
        (10 * HOUR, "backup-age"),  # at most 24 hours, in the zone that is furthest ahead
        (10 * HOUR + timedelta(seconds=1), "backup-age-unclear"),
        (36 * HOUR, "backup-age-unclear"),
        (36 * HOUR + timedelta(seconds=1), "backup-stale"),  # more than 24, even in the one that is furthest behind
    ],
)
def test_a_header_is_the_clock_of_a_machine_whose_zone_nobody_tells(ago, rule):
    assert rule == judged(header=NOON - ago)[0]


def test_a_header_whose_zone_is_known_is_exact():
    assert "backup-age" == judged(header=NOON - DAY, header_zone_known=True)[0]
    assert "backup-stale" == judged(header=NOON - DAY - timedelta(seconds=1), header_zone_known=True)[0]


def test_a_header_in_another_zone_does_not_contradict_a_name():
    for hours in (-12, -1, 0, 5, 14):
        assert "backup-age" == judged(limit=HOUR, named=NOON, header=NOON + hours * HOUR)[0]


@pytest.mark.parametrize(
    ("days", "limit", "rule"),
    [
        (0, DAY, "backup-age"),
        (1, DAY, "backup-age-unclear"),
        (1, timedelta(hours=36), "backup-age"),
        (2, DAY, "backup-stale"),
    ],
)
def test_a_name_that_says_the_day_alone_may_mean_each_of_its_hours(days, limit, rule):
    midnight = NOON - days * DAY - 12 * HOUR
    assert rule == judged(limit=limit, named=midnight, span_seconds=86400.0)[0]


def test_a_manifest_tells_the_hour_of_a_name_that_says_the_day():
    midnight = NOON - DAY - 12 * HOUR
    assert "backup-age" == judged(named=midnight, span_seconds=86400.0, manifest=NOON - 20 * HOUR)[0]


def test_a_manifest_that_cannot_be_used_is_a_failure():
    path = Path("db.dump")
    assert [] == judge_manifest(BackupFile(path, NOON, None))
    (finding,) = judge_manifest(BackupFile(path, NOON, None, "db.manifest.json is about other.dump"))
    assert ("backup-manifest-damaged", "fail") == (finding.rule, finding.severity)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2.0 minutes"), (7200, "2.0 hours"), (172800, "2.0 days")],
)
def test_a_span_of_time_has_the_unit_of_its_size(seconds, words):
    assert words == duration(seconds)


@given(MOMENTS, st.floats(0, 1e9), MOMENTS, MOMENTS, st.booleans(), MOMENTS, st.floats(1e-9, 1e9))
def test_no_times_make_it_raise(named, span, manifest, header, known, modified, limit):
    findings = judge_age(Taken("\ud800" * 400, named, span, manifest, header, known, modified), limit, NOON)

    assert 1 == len(findings)
    assert len(findings[0].observed) < 400
    findings[0].observed.encode()
