"""A physical copy: whole, recovered, recent, in time; and what cannot be told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prodverify.data.catalog.contents import Contents, Structure, Table
from prodverify.data.drill.observed import Conditions, Integrity
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.stages import Stages
from prodverify.data.recovery.report import RecoveryReport
from prodverify.judges import recovery
from prodverify.record.states import state_of

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
HELD = Contents({"t": Table(1, "1", ("a integer",))}, Structure(), 180006, None)
GOOD = RecoveryReport(
    DrillReport(
        "base", NOON - timedelta(hours=6), NOON, None, restored=HELD, conditions=Conditions(server="PostgreSQL 18.6")
    ),
    verified=True,
    reached=NOON - timedelta(seconds=60),
)


def with_drill(**changes):
    return replace(GOOD, drill=replace(GOOD.drill, **changes))


def said(findings):
    return [finding.rule for finding in findings], str(state_of(findings))


@pytest.mark.parametrize(
    ("report", "rule", "state"),
    [
        (GOOD, "recovery-copy-verified", "pass"),
        (replace(GOOD, verified=None), "recovery-copy-without-manifest", "warn"),
        (replace(GOOD, verified=None, kept=""), "recovery-repository-valid", "pass"),
        (replace(GOOD, verified=None, kept="missing file 'x'"), "recovery-repository-invalid", "fail"),
        (with_drill(damage="a byte is wrong", restored=None), "recovery-copy-damaged", "fail"),
    ],
)
def test_a_copy_is_what_was_taken(report, rule, state):
    assert ([rule], state) == said(recovery.judge_copy(report))


@pytest.mark.parametrize(
    ("report", "rules", "state"),
    [
        (GOOD, ["recovery-point"], "pass"),
        (replace(GOOD, missing="0" * 24), ["recovery-point", "recovery-wal-missing"], "fail"),
        (with_drill(restored=None, refusal="WAL ends"), ["recovery-refused"], "fail"),
        (with_drill(restored=None, damage="cut off"), ["recovery-nothing-to-judge"], "inconclusive"),
        (
            with_drill(restored=None, refusal="requested recovery stop point is before consistent recovery point"),
            ["recovery-moment-within-copy"],
            "inconclusive",
        ),
    ],
)
def test_a_recovery_reaches_its_moment(report, rules, state):
    assert (rules, state) == said(recovery.judge_recovery(report))


@pytest.mark.parametrize(
    ("problems", "collations", "state"),
    [
        (("index x is not in order",), "", "fail"),
        (("index x is not in order",), "the database sorts by another version", "inconclusive"),
        ((), "the database sorts by another version", "pass"),
    ],
)
def test_pages_are_sound_where_text_sorts_as_it_did(problems, collations, state):
    report = replace(with_drill(integrity=Integrity(3, problems)), collations=collations)

    assert state == str(state_of(recovery.judge_pages(report)))


def test_wal_that_is_too_short_asks_for_a_heartbeat():
    refusal = "recovery ended before configured recovery target was reached"
    finding = recovery.judge_recovery(with_drill(restored=None, refusal=refusal))[0]

    assert "fail" == str(state_of([finding]))
    assert "heartbeat" in finding.next_step


@pytest.mark.parametrize(
    ("reached", "limit", "rule", "state"),
    [
        (NOON - timedelta(seconds=60), 60.0, "recovery-point-fresh", "pass"),
        (NOON - timedelta(seconds=61), 60.0, "recovery-point-old", "fail"),
        (None, 21600.0, "recovery-point-fresh", "pass"),  # the copy itself is six hours old
        (None, 21599.0, "recovery-point-old", "fail"),
        (NOON + timedelta(minutes=5), 60.0, "recovery-point-fresh", "pass"),
        (NOON + timedelta(minutes=6), 60.0, "recovery-from-the-future", "inconclusive"),
    ],
)
def test_what_may_be_lost_is_counted_from_the_last_transaction(reached, limit, rule, state):
    report = replace(GOOD, reached=reached)

    assert ([rule], state) == said(recovery.judge_recovery_point(report, limit))


@pytest.mark.parametrize(
    ("age", "rule", "state"),
    [
        (timedelta(days=7), "recovery-copy-age", "pass"),
        (timedelta(days=7, seconds=1), "recovery-copy-old", "fail"),
        (timedelta(minutes=-6), "recovery-from-the-future", "inconclusive"),
    ],
)
def test_the_copy_is_as_recent_as_promised(age, rule, state):
    assert ([rule], state) == said(recovery.judge_copy_age(NOON - age, 7 * 86400.0, NOON))


@pytest.mark.parametrize(
    ("seconds", "rule", "state"), [(9.0, "recovery-duration", "pass"), (9.1, "recovery-slow", "fail")]
)
def test_a_recovery_takes_no_longer_than_promised(seconds, rule, state):
    report = with_drill(stages=Stages(fetch=4.0, restore=seconds - 4.0, contents=100.0))

    assert ([rule], state) == said(recovery.judge_recovery_time(report, 9.0))


@pytest.mark.parametrize(("fsync", "bound"), [("on", False), ("off", True)])
def test_a_time_without_durability_is_a_lower_bound(fsync, bound):
    durable = Conditions(settings={"fsync": fsync, "full_page_writes": "on"})
    (finding,) = recovery.judge_recovery_time(with_drill(conditions=durable), 9.0)

    assert bound is finding.observed.endswith("a lower bound: fsync off")


@pytest.mark.parametrize("judge", [recovery.judge_recovery_point, recovery.judge_recovery_time])
def test_what_was_not_recovered_has_no_time(judge):
    assert (["recovery-nothing-to-judge"], "inconclusive") == said(judge(with_drill(restored=None), 1.0))


def test_a_copy_that_cannot_be_opened_is_damaged():
    assert (["recovery-copy-damaged"], "fail") == said(recovery.unreadable("base has no backup_label"))
