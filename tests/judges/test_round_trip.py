"""A migration that cannot be taken back, or not without a loss, breaks the promise."""

import pytest

from prodverify.data.catalog.round_trip import RoundTrip
from prodverify.judges.round_trip import judge_round_trip

UP, DOWN = ("column t.a integer", "table t"), ("table t",)


def rules(seen):
    return [(finding.severity.value, finding.rule) for finding in judge_round_trip(seen)]


def test_a_migration_that_comes_back_as_it_was_is_no_finding():
    assert [] == rules(RoundTrip(rows=3, up=UP, down=DOWN, again=UP))


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("upgrade", "migration-upgrade-fails"),
        ("downgrade", "migration-downgrade-fails"),
        ("upgrade again", "migration-reapply-fails"),
        ("a step that nobody knows", "migration-upgrade-fails"),
    ],
)
def test_a_step_that_fails_is_named_with_what_it_said(step, rule):
    (finding,) = judge_round_trip(RoundTrip(rows=3, failed=step, said="DuplicateColumn: it is there\n"))

    assert ("fail", rule) == (finding.severity.value, finding.rule)
    assert step in finding.expected
    assert r"DuplicateColumn: it is there\n" == finding.observed


def test_a_downgrade_that_does_nothing_is_none():
    assert [("fail", "migration-downgrade-empty")] == rules(RoundTrip(3, up=UP, down=UP, again=UP, unchanged=True))


def test_a_downgrade_of_rows_alone_is_one():
    assert [] == rules(RoundTrip(3, up=UP, down=UP, again=UP, unchanged=False))


def test_what_a_downgrade_lost_for_good_is_told():
    (finding,) = judge_round_trip(RoundTrip(3, up=UP, down=DOWN, again=DOWN))

    assert ("migration-reapplied-differs", "- column t.a integer") == (finding.rule, finding.observed)


def test_many_differences_are_counted():
    many = tuple(f"table t{number}" for number in range(12))
    findings = judge_round_trip(RoundTrip(3, up=many, down=DOWN, again=()))

    assert ["migration-reapplied-differs"] * 10 + ["drift-more"] == [finding.rule for finding in findings]
    assert findings[-1].observed.startswith("2 more")


def test_tables_that_could_not_be_read_are_a_remark():
    assert [("info", "migration-met-no-rows")] == rules(RoundTrip(0, unread=("secrets",), up=UP, down=DOWN, again=UP))
