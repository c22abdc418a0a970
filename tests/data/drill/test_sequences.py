"""A sequence is where it was when it was backed up, however it got elsewhere, or it is told."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from prodverify.data.backups.files import newest
from prodverify.data.backups.taking import take
from prodverify.data.catalog.contents import Position, Span
from prodverify.data.catalog.sequences import spans
from prodverify.data.drill import live
from prodverify.data.drill.drill import drill
from prodverify.data.drill.observed import Compared, ComparedSequence, Comparison
from prodverify.data.drill.wishes import Live, LiveSlice, Wishes
from prodverify.judges import restored_content, restored_sequences
from prodverify.record.states import state_of
from prodverify.target.taking import Taking
from tests.data.drill.judged import END, rewrite
from tests.data.drill.test_verdicts import CONTENTS, found, report

MADE = """
CREATE SEQUENCE "Odd ""one's"" x" INCREMENT 5;
CREATE SEQUENCE down INCREMENT -1 MINVALUE -100 MAXVALUE 100 START 100;
CREATE SEQUENCE untouched START 7;
CREATE SEQUENCE busy CACHE 3;
CREATE TABLE kept (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT '2020-01-01 00:00:00+00', said text);
INSERT INTO kept (said) SELECT 'x' FROM generate_series(1, 50);
DELETE FROM kept WHERE id > 20;
SELECT nextval('"Odd ""one''s"" x"'), nextval('down'), nextval('down'), nextval('busy');
"""
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SLICES = (LiveSlice("kept", "at", 0.0),)


def at(last, called=True):
    return Position(last, called)


def still(last, called=True, increment=1):
    return Span(at(last, called), at(last, called), increment)


def judged(expected, restored):
    with_both = report(replace(CONTENTS, sequences=restored), replace(CONTENTS, sequences=expected))
    return restored_sequences.judge_manifest(with_both)


@pytest.fixture(scope="module")
def source(databases):
    return databases(MADE)


@pytest.mark.parametrize(
    ("expected", "restored", "way"),
    [
        (still(7), at(7), ""),
        (still(7), at(8), "ahead"),
        (still(7), at(6), "behind"),
        (still(7, False), at(7, False), ""),
        (still(7, False), at(7), "ahead"),
        (still(7), at(7, False), "behind"),
        (still(-7, increment=-1), at(-8), "ahead"),
        (still(-7, increment=-1), at(-6), "behind"),
        (Span(at(7), at(9)), at(7), ""),
        (Span(at(7), at(9)), at(9), ""),
        (Span(at(7), at(9)), at(9, False), ""),
        (Span(at(7), at(9)), at(7, False), "behind"),
        (Span(at(7), at(9)), at(10, False), "ahead"),
        (Span(at(9), at(7), -1), at(8), ""),
        (Span(at(9), at(7)), at(1), ""),
        (Span(at(7), at(9), cycles=True), at(1), ""),
        (Span(at(7), at(7), cycles=True), at(1), "behind"),
    ],
)
def test_a_sequence_is_where_it_was_to_the_last_number(expected, restored, way):
    assert way == expected.off(restored)


@pytest.mark.parametrize(
    ("expected", "restored", "seen"),
    [
        ({"s": still(7)}, {"s": still(7)}, []),
        ({"s": still(7)}, {"s": still(8)}, [("restore-sequence-differs", "fail")]),
        ({"s": still(7)}, {}, []),
        ({}, {"s": still(7)}, []),
        ({"s": Span(at(9), at(7))}, {"s": still(8)}, [("restore-sequences-not-comparable", "inconclusive")]),
        ({"s": Span(at(9), at(7), cycles=True)}, {"s": still(8)}, []),
        (None, {"s": still(7)}, [("restore-sequences-not-comparable", "inconclusive")]),
        (None, {}, []),
        (None, None, []),
    ],
)
def test_a_manifest_that_tells_where_sequences_were_is_held_to_that(expected, restored, seen):
    assert seen == found(judged(expected, restored))


def test_a_manifest_that_does_not_tell_says_to_take_another_backup():
    (finding,) = judged(None, {"s": still(7)})

    assert "python -m prodverify backup" in finding.next_step


@pytest.mark.parametrize(
    ("mode", "restored", "rules"),
    [
        ("archive", at(7), []),
        ("archive", at(6), ["restore-sequence-differs"]),
        ("archive", at(8), ["restore-sequence-differs"]),
        ("archive", None, ["restore-sequence-differs"]),
        ("live", at(7), []),
        ("live", at(6), []),
        ("live", at(8), ["restore-live-tolerated"]),
        ("live", at(39), ["restore-live-tolerated"]),
        ("live", at(40), ["restore-sequence-differs"]),
        ("live", None, []),
    ],
)
def test_a_restored_sequence_is_that_of_the_archive_and_no_farther_than_a_standby_shows_the_live_one(
    mode, restored, rules
):
    seen = Comparison(mode, sequences=(ComparedSequence("s", still(7), restored),))

    assert rules == [finding.rule for finding in restored_sequences.judge_comparison(seen)]


def test_steps_that_a_standby_shows_in_advance_are_of_the_sequences_own_length():
    def rule(last):
        seen = Comparison("live", sequences=(ComparedSequence("s", still(0, increment=-5), at(last)),))
        (finding,) = restored_sequences.judge_comparison(seen)
        return finding.rule, "if nobody set it back" in finding.next_step

    assert (("restore-live-tolerated", False), ("restore-sequence-differs", True)) == (rule(-160), rule(-161))


@pytest.mark.parametrize(
    ("archived", "restored", "told"),
    [(7, 8, []), (7, 7, []), (8, 8, ["ahead of that, at 8"]), (9, 8, ["ahead of that, at 8"])],
)
def test_a_sequence_is_told_of_once_where_archive_and_manifest_agree(archived, restored, told):
    seen = report(replace(CONTENTS, sequences={"s": still(restored)}), replace(CONTENTS, sequences={"s": still(7)}))
    beside = (ComparedSequence("public.s", still(archived), at(restored)),)

    assert told == [finding.observed for finding in restored_sequences.judge_manifest(seen, beside)]


@pytest.mark.parametrize("tables", [(), (Compared("orders", 2, 2, same=True),)])
def test_a_sequence_is_told_of_in_mode_automatic_with_tables_and_without(tables):
    sequences = (ComparedSequence("public.s", still(7), at(8)),)
    seen = report(
        replace(CONTENTS, sequences={"s": still(8)}),
        replace(CONTENTS, sequences={"s": still(7)}),
        comparisons=(Comparison("archive", tables, sequences=sequences),),
    )

    assert 1 == found(restored_content.judge(seen, "automatic")).count(("restore-sequence-differs", "fail"))


@pytest.mark.parametrize("kind", ["plain", "custom"])
def test_sequences_of_every_kind_come_back_where_they_were(source, tmp_path, programs, quick, kind):
    taken = take(source, tmp_path, name="s", binaries=programs, taking=Taking(format=kind))
    done = drill(newest(tmp_path), Wishes(modes=("manifest", "archive")))

    assert taken.manifest.contents.sequences == done.restored.sequences
    assert at(99) == done.restored.sequences["down"].last
    assert at(7, False) == done.restored.sequences["untouched"].last
    assert 5 == len(done.comparison("archive").sequences)
    assert [] == restored_content.judge(done, "manifest")
    assert "pass" == state_of(restored_content.judge(done, "archive"))


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [(b"50, true", b"90, true", "ahead"), (b"50, true", b"30, true", "behind"), (b"50, true", b"50, false", "behind")],
)
def test_a_sequence_that_is_elsewhere_and_ahead_of_its_column_is_told(source, tmp_path, programs, quick, old, new, way):
    path = take(source, tmp_path, name="s", binaries=programs).path
    done = drill(rewrite(path, b"kept_id_seq', " + old, b"kept_id_seq', " + new), Wishes(modes=("manifest", "archive")))
    (finding,) = restored_content.judge(done, "manifest")

    assert "restore-sequence-differs" == finding.rule
    assert finding.observed.startswith(f"{way} of that")
    assert "pass" == state_of(restored_content.judge(done, "archive"))


def test_a_sequence_that_the_backup_moves_after_it_set_it_is_told(source, tmp_path, programs, quick):
    path = take(source, tmp_path, name="s", binaries=programs).path
    moved = b"SELECT pg_catalog.setval('public.kept_id_seq', 70, true);\n"
    done = drill(rewrite(path, END, moved + END), Wishes(modes=("archive",)))

    (finding,) = restored_content.judge(done, "archive")
    assert "restore-sequence-differs" == finding.rule
    assert "sequence public.kept_id_seq as it is in the backup itself, at 50" == finding.expected


def test_a_sequence_that_goes_on_while_it_is_dumped_is_within_its_span(databases, tmp_path, programs, quick):
    dsn = databases(MADE)
    over = threading.Event()

    def go_on():
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not over.is_set():
                connection.execute("SELECT nextval('busy'), nextval('down') WHERE (SELECT last_value FROM down) > 0")

    beside = threading.Thread(target=go_on)
    beside.start()
    try:
        manifest = take(dsn, tmp_path, name="s", binaries=programs).manifest
    finally:
        over.set()
        beside.join()

    assert manifest.contents.sequences["busy"].told
    assert manifest.contents.sequences["down"].told
    assert [] == restored_content.judge(drill(newest(tmp_path)), "manifest")


def test_where_a_sequence_was_is_between_both_looks_at_it():
    before = {"a": still(1), "gone": still(2)}
    after = {"a": still(3), "new": still(4)}

    assert {"a": Span(at(1), at(3))} == spans(before, after)


@pytest.mark.parametrize(
    ("there", "here", "rules"),
    [
        ("", "", []),
        ("SELECT nextval('kept_id_seq')", "", []),
        ("", "SELECT nextval('kept_id_seq')", ["restore-live-tolerated"]),
        ("", "SELECT setval('kept_id_seq', 90)", ["restore-sequence-differs"]),
        ("", "SELECT nextval('busy')", []),  # which feeds no table of a slice
    ],
)
def test_a_live_sequence_goes_on_and_is_never_behind(databases, there, here, rules):
    comparison = live.compare(Live(databases(MADE + there), 1000, SLICES), databases(MADE + here), NOON, 1000)

    assert rules == [finding.rule for finding in restored_sequences.judge_comparison(comparison)]


def test_a_live_sequence_that_the_role_may_not_read_is_named(databases):
    theirs = databases(MADE + "CREATE ROLE reads_tables LOGIN; GRANT SELECT ON kept TO reads_tables;")
    theirs = psycopg.conninfo.make_conninfo(theirs, user="reads_tables")
    comparison = live.compare(Live(theirs, 1000, SLICES), databases(MADE), NOON, 1000)
    (finding,) = restored_sequences.judge_comparison(comparison)

    assert comparison.tables[0].same
    assert ("restore-live-sequences-unread", "info") == (finding.rule, finding.severity)
    assert "kept_id_seq" in finding.observed
