"""Every judge of a drill, at both sides of every number."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from prodverify.data.catalog.contents import Contents, Structure, Table
from prodverify.data.drill.history import Entry
from prodverify.data.drill.observed import Answer, Compared, Comparison, Conditions, Integrity
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.stages import Stages
from prodverify.judges import restore, restore_time, restored_answers, restored_content, restored_structure
from prodverify.record.states import state_of
from prodverify.target.drill import Drill

THEN = datetime(2026, 1, 1, tzinfo=UTC)
DURABLE = Conditions(settings={"fsync": "on", "full_page_writes": "on"})
LINES = (
    "column orders.id bigint not null",
    "column orders.note text",
    "index orders_pkey CREATE UNIQUE INDEX orders_pkey ON orders USING btree (id)",
    "table orders",
)
ORDERS = Table(2, "5", ("id bigint not null", "note text"))
CONTENTS = Contents({"orders": ORDERS}, Structure(LINES), 150018, ("0007",), {})


class Held:
    """A manifest, as judges see it."""

    def __init__(self, contents):
        self.contents, self.algorithm = contents, "sum(hashtextextended(row::text, 0))"


def report(restored=CONTENTS, expected=CONTENTS, **more):
    return DrillReport("a.sql.gz", THEN, THEN, Held(expected) if expected else None, restored=restored, **more)


def found(findings):
    return [(finding.rule, str(finding.severity)) for finding in findings]


def with_lines(*lines, contents=CONTENTS):
    return replace(contents, structure=Structure(tuple(lines)))


def test_the_same_lines_are_the_same_structure():
    assert [] == restored_structure.judge(report())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (LINES[:2] + LINES[3:], "lost: orders_pkey"),
        ((*LINES, "view late SELECT 1"), "added: late"),
        ((LINES[0], "column orders.note text not null", *LINES[2:]),
         "changed: orders.note: column orders.note text became column orders.note text not null"),
        ((LINES[1], LINES[2], LINES[3]), "lost: orders.id"),
        ((LINES[1], "column orders.more text", *LINES[2:]), "lost: orders.id; added: orders.more"),
    ],
)  # fmt: skip
def test_each_kind_of_object_gives_one_finding(lines, words):
    (finding,) = restored_structure.judge(report(with_lines(*lines)))

    assert ("restore-structure-differs", words) == (finding.rule, finding.observed)


def test_another_major_version_may_describe_an_object_in_other_words_and_lose_none():
    other = replace(with_lines(LINES[0], "column orders.note varchar", *LINES[2:]), server_version_num=180006)
    lost = replace(with_lines(*LINES[:2], LINES[3]), server_version_num=180006)

    assert [("restore-structure-not-comparable", "inconclusive")] == found(restored_structure.judge(report(other)))
    assert [("restore-structure-differs", "fail")] == found(restored_structure.judge(report(lost)))


def test_an_extension_of_the_servers_own_version_is_no_fault_of_the_backup():
    before, after = (with_lines(*LINES, f"extension citext version {number}") for number in ("1.5", "1.6"))
    (finding,) = restored_structure.judge(report(after, before))

    assert ("restore-extension-version", "warn") == (finding.rule, finding.severity)
    assert ("extension citext version 1.5", "extension citext version 1.6") == (finding.expected, finding.observed)
    assert [("restore-structure-differs", "fail")] == found(restored_structure.judge(report(CONTENTS, before)))


def test_counts_of_another_major_version_are_compared_and_its_checksums_are_not():
    same = (Comparison("archive", (Compared("orders", 2, 2, same=True),)),)
    older = replace(CONTENTS, server_version_num=140001, tables={"orders": Table(2, "9", ())})
    fewer = replace(older, tables={"orders": Table(3, "9", ())})

    assert [("restore-content-compared", "info")] == found(
        restored_content.judge(report(expected=older, comparisons=same), "automatic")
    )
    assert ("restore-rows-differ", "fail") in found(
        restored_content.judge(report(expected=fewer, comparisons=same), "automatic")
    )


def test_columns_in_another_order_are_told():
    turned = Table(2, "5", ("note text", "id bigint not null"))

    assert [("restore-columns-differ", "fail")] == found(
        restored_structure.judge(report(replace(CONTENTS, tables={"orders": turned})))
    )


@pytest.mark.parametrize("lines", [("index orders_pkey",), LINES])
def test_a_manifest_of_an_older_format_is_not_compared(lines):
    older = replace(with_lines(*lines), sequences=None)
    (finding,) = restored_structure.judge(report(expected=older))

    assert ("restore-structure-not-comparable", "inconclusive") == (finding.rule, finding.severity)
    assert "take a backup with this version: python -m prodverify backup" == finding.next_step


@pytest.mark.parametrize("number", range(7))
def test_nothing_is_said_of_a_database_that_was_not_restored(number):
    unrestored = report(None, damage="it is empty")
    judges = (
        restored_structure.judge,
        lambda seen: restored_content.judge(seen, "automatic"),
        lambda seen: restore.judge_key_tables(seen, ["a"]),
        restore.judge_integrity,
        lambda seen: restored_answers.judge_query(seen, "q"),
        lambda seen: restore_time.judge_rto(seen, 1.0),
        lambda seen: restore_time.judge_history(seen, (), 10.0, 5),
    )

    assert [("restore-nothing-to-judge", "inconclusive")] == found(judges[number](unrestored))


@pytest.mark.parametrize(
    ("rows", "counted", "rule"),
    [
        (1, 1, None),
        (1, None, None),
        (0, 0, ("restore-key-table-empty", "info")),
        (0, None, ("restore-key-table-empty", "warn")),
        (0, 1, ("restore-key-table-emptied", "fail")),
    ],
)
def test_a_key_table_has_rows_where_it_had_rows(rows, counted, rule):
    restored = replace(CONTENTS, tables={"orders": Table(rows, "0", ())})
    expected = None if counted is None else replace(CONTENTS, tables={"orders": Table(counted, "0", ())})

    assert ([rule] if rule else []) == found(restore.judge_key_tables(report(restored, expected), ["public.orders"]))


@pytest.mark.parametrize(
    ("integrity", "rule"),
    [
        (None, ("restore-integrity-unverified", "inconclusive")),
        (Integrity(unavailable="no amcheck"), ("restore-integrity-unverified", "inconclusive")),
        (Integrity(3, ("index a: heap tuple lacks",)), ("restore-corrupt", "fail")),
        (Integrity(3, unchecked=("a: b",)), ("restore-integrity-partly", "info")),
        (Integrity(3, unended=("a",)), ("restore-integrity-unverified", "inconclusive")),
        (Integrity(3, ("index b: heap tuple lacks",), unended=("a",)), ("restore-corrupt", "fail")),
        (Integrity(3), None),
    ],
)
def test_amcheck_is_judged_where_it_ran(integrity, rule):
    assert ([rule] if rule else []) == found(restore.judge_integrity(report(integrity=integrity)))


@pytest.mark.parametrize(
    ("answer", "asked", "rule"),
    [
        (Answer("q", 1, equal=True), {}, None),
        (Answer("q", 1, equal=False), {}, ("restore-query-differs", "fail")),
        (Answer("q", 3), {"min_rows": 3}, None),
        (Answer("q", 2), {"min_rows": 3}, ("restore-query-few-rows", "fail")),
        (Answer("q", 1, older_seconds=60.0), {"max_age_seconds": 60.0}, ("restore-recent", "info")),
        (Answer("q", 1, older_seconds=60.1), {"max_age_seconds": 60.0}, ("restore-query-old", "fail")),
        (Answer("q", 1, older_seconds=-300.0), {"max_age_seconds": 60.0}, ("restore-recent", "info")),
        (Answer("q", 1, older_seconds=-300.1), {"max_age_seconds": 60.0}, ("restore-time-unknown", "inconclusive")),
        (Answer("q", 0), {"max_age_seconds": 60.0}, ("restore-time-unknown", "inconclusive")),
        (Answer("q", refused="no such table"), {}, ("restore-query-refused", "fail")),
        (Answer("other"), {}, ("restore-not-asked", "inconclusive")),
    ],
)
def test_a_query_is_judged_by_what_was_asked_of_it(answer, asked, rule):
    seen = report(answers=(answer,))

    assert ([rule] if rule else []) == found(restored_answers.judge_query(seen, "q", **asked))


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (Answer("t.at", 1, older_seconds=60.0), "restore-recent"),
        (Answer("t.at", 1, older_seconds=60.1), "restore-newest-row-old"),
        (Answer("t.at", 1), "restore-time-unknown"),
        (Answer("t.at", refused="no"), "restore-newest-row-unread"),
        (Answer("u.at"), "restore-not-asked"),
    ],
)
def test_the_newest_row_is_no_older_than_promised(answer, rule):
    (finding,) = restored_answers.judge_newest_row(report(answers=(answer,)), "t.at", 60.0)

    assert rule == finding.rule


def test_the_rto_is_of_the_recovery_and_not_of_its_proof():
    seen = report(stages=Stages(fetch=0.5, restore=1.0, first_query=0.5, contents=9.0, cleanup=9.0))
    kept, broken = restore_time.judge_rto(seen, 2.0), restore_time.judge_rto(seen, 1.99)

    assert [("restore-duration", "info")] == found(kept)
    assert [("restore-slow", "fail")] == found(broken)
    assert "fetch 0.50, restore 1.00, first query 0.50; verified in 9.00 s" in broken[0].observed
    assert broken[0].observed.endswith("a lower bound: fsync off")
    assert "lower bound" not in restore_time.judge_rto(replace(seen, conditions=DURABLE), 2.0)[0].observed


def past(*seconds):
    return tuple(Entry("", "a", 1, 0.0, "", each, {"restore": each}) for each in seconds)


@pytest.mark.parametrize(
    ("took", "before", "rule"),
    [
        (15.0, past(10.0, 10.0, 10.0), "restore-history"),
        (15.01, past(10.0, 10.0, 10.0), "restore-slower"),
        (15.01, past(99.0, 99.0, 99.0, 10.0, 10.0, 10.0, 10.0, 10.0), "restore-slower"),
        (15.01, past(10.0, 10.0), "restore-history-short"),
        (15.01, (), "restore-history-short"),
        (0.69, past(0.2, 0.2, 0.2), "restore-history"),
        (0.71, past(0.2, 0.2, 0.2), "restore-slower"),
    ],
)
def test_a_slower_drill_is_a_warning_that_names_the_stage(took, before, rule):
    (finding,) = restore_time.judge_history(report(stages=Stages(restore=took)), before, 50.0, 5)

    assert rule == finding.rule
    assert ("restore lost" in finding.observed) is (rule == "restore-slower")
    assert state_of([finding]) == ("warn" if rule == "restore-slower" else "pass")


def test_drills_are_compared_only_where_the_target_says_so():
    seen = report(stages=Stages(restore=99.0))

    assert [] == restore_time.judge_past(seen, past(1.0, 1.0, 1.0), Drill())
    assert [] == restore_time.judge_past(replace(seen, restored=None), past(1.0, 1.0, 1.0), Drill(slower_percent=50.0))
    assert "warn" == state_of(restore_time.judge_past(seen, past(1.0, 1.0, 1.0), Drill(slower_percent=50.0)))


@pytest.mark.parametrize("odd", ["", "\x00", "column", "é" * 5000, "constraint ", 'index "a""b.c" x', "owner of"])
def test_no_line_makes_a_judge_raise(odd):
    seen = report(with_lines(odd, *LINES), with_lines(*LINES, contents=replace(CONTENTS, migration_heads=(odd,))))

    assert all(len(finding.observed) < 1000 for finding in restored_structure.judge(seen))
    assert all(finding.expected for finding in restored_content.judge(seen, "manifest"))
