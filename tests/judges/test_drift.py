"""A schema that is not the expected one breaks the promise, object by object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.catalog.difference import difference
from prodverify.judges.drift import SHOWN, judge_backup, judge_difference
from prodverify.record.findings import Severity, Unjudged, inconclusive

TABLE, INDEX = "table users", "index once unique on users USING btree (email)"
COLUMN, WIDER = "column users.code character varying(10)", "column users.code character varying(20)"
GRANT, OWNER = "grants on table users to clerk: select", "owner of table users: app"


def judge_drift(expected, found, *, ignored=(), **how):
    return judge_difference(difference(expected, found, ignored), **how)


def judged(expected, found, **how):
    findings = judge_drift(expected, found, expected_in="schema.txt", found_in="the live database", **how)
    return [(finding.severity.value, finding.rule) for finding in findings]


def test_the_same_schema_is_no_finding():
    assert [] == judged([TABLE, INDEX], [INDEX, TABLE])


def test_an_object_that_is_missing_is_named_with_its_definition():
    (finding,) = judge_drift([TABLE, INDEX], [TABLE], expected_in="schema.txt", found_in="the live database")

    assert ("fail", "drift-object-missing") == (finding.severity.value, finding.rule)
    assert f"{INDEX}, as in schema.txt" == finding.expected
    assert "- missing in the live database" == finding.observed


def test_an_object_that_nobody_expects_is_named():
    (finding,) = judge_drift([TABLE], [TABLE, INDEX], expected_in="schema.txt", found_in="the live database")

    assert ("drift-object-unknown", "no index once in schema.txt") == (finding.rule, finding.expected)
    assert f"+ {INDEX}" == finding.observed


def test_an_object_of_another_form_is_told_in_both():
    (finding,) = judge_drift([COLUMN], [WIDER], expected_in="schema.txt", found_in="the live database")

    assert "drift-object-changed" == finding.rule
    assert (f"{COLUMN}, as in schema.txt", f"~ {WIDER}") == (finding.expected, finding.observed)


def test_between_major_versions_another_form_warns_and_a_missing_object_fails():
    assert [("warn", "drift-between-versions")] == judged([COLUMN], [WIDER], same_major=False)
    assert [("fail", "drift-object-missing")] == judged([TABLE], [], same_major=False)
    assert [("fail", "drift-object-unknown")] == judged([], [TABLE], same_major=False)


def test_rights_that_differ_warn_between_major_versions_alone():
    assert [("warn", "drift-between-versions")] * 2 == judged([GRANT], [OWNER], same_major=False)
    assert [("fail", "drift-object-missing"), ("fail", "drift-object-unknown")] == judged([GRANT], [OWNER])


def test_another_version_of_an_extension_warns_and_another_schema_of_it_fails():
    ours = "extension citext version 1.6 in app"

    assert [("warn", "drift-extension-version")] == judged([ours], ["extension citext version 1.7 in app"])
    assert [("fail", "drift-object-changed")] == judged([ours], ["extension citext version 1.6 in other"])
    assert [("fail", "drift-object-missing")] == judged([ours], [])


def test_only_so_many_differences_are_shown_and_the_others_are_counted():
    lines = [f"table t{number}" for number in range(SHOWN + 3)]

    assert SHOWN == len(judged(lines[:SHOWN], []))
    assert [("fail", "drift-object-missing")] * SHOWN + [("info", "drift-more")] == judged(lines[: SHOWN + 1], [])
    told = judge_drift(lines, [], expected_in="a", found_in="b")
    assert told[-1].observed.startswith("3 more")


def test_what_is_ignored_is_not_judged():
    assert [] == judged([TABLE], [TABLE, "table events_2026"], ignored=["table events_*"])


def test_a_backup_of_an_older_migration_is_not_compared():
    differing = difference([TABLE], [])
    older = judge_backup(differing, restored_heads=("0001",), live_heads=("0002",))
    same = judge_backup(differing, restored_heads=("0002",), live_heads=("0002",))
    neither = judge_backup(differing, restored_heads=None, live_heads=None)

    assert ["drift-migrated-since"] == [finding.rule for finding in older]
    assert [Severity.INFO] == [finding.severity for finding in older]
    assert ["drift-object-missing"] == [finding.rule for finding in same] == [finding.rule for finding in neither]
    assert "- missing in the restored backup" == same[0].observed
    assert same[0].next_step.endswith("if the live schema was changed since, take another")


@pytest.mark.parametrize(("restored", "live"), [(None, ("0002",)), (("0001",), None)])
def test_where_one_side_records_no_migration_the_backup_is_no_older_one(restored, live):
    (finding,) = judge_backup(difference([TABLE], []), restored_heads=restored, live_heads=live)

    assert (Severity.FAIL, "drift-object-missing") == (finding.severity, finding.rule)


def test_live_migrations_that_cannot_be_read_matter_where_the_schemas_differ():
    refused = Unjudged(inconclusive("migrations-table-unreadable", "it may be read", "permission denied"))

    assert [] == judge_backup(difference([TABLE], [TABLE]), restored_heads=("1",), live_heads=refused)
    assert [refused.finding] == judge_backup(difference([TABLE], []), restored_heads=("1",), live_heads=refused)


@given(st.lists(st.text()), st.lists(st.text()), st.booleans(), st.lists(st.text(), max_size=3))
def test_no_line_makes_it_raise_and_no_finding_is_long(expected, found, same_major, ignored):
    findings = judge_drift(
        expected, found, expected_in="a", found_in="b", same_major=same_major, ignored=ignored
    )  # fmt: skip

    assert all(len(finding.expected) < 400 and len(finding.observed) < 400 for finding in findings)
    assert all("\n" not in finding.expected + finding.observed for finding in findings)
