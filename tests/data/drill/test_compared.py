"""What was restored is compared with the backup's own rows, and with old rows of the live database."""

import gzip
import subprocess
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from prodverify.data.archives.archive import examine
from prodverify.data.backups.files import manifest_path, opened
from prodverify.data.drill import archived, live
from prodverify.data.drill.drill import drill
from prodverify.data.drill.observed import Compared, Comparison
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.wishes import Live, LiveSlice, Wishes
from prodverify.judges import restored_content
from prodverify.record.states import state_of
from tests.data.drill.judged import END, rewrite

TABLES = """
CREATE TABLE zoned (
    id int PRIMARY KEY, at timestamptz, doubled bigint GENERATED ALWAYS AS (id * 2) STORED, at_day date);
INSERT INTO zoned (id, at, at_day) SELECT n, timestamptz '2026-03-29 01:30:00+00' + n * interval '1 hour', '2026-03-29'
    FROM generate_series(1, 50) n;
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_b PARTITION OF parts DEFAULT;
INSERT INTO parts SELECT n, date '2026-01-20' + n FROM generate_series(1, 30) n;
"""


@pytest.fixture(scope="module")
def source(databases):
    return databases(TABLES)


@pytest.fixture
def dumped(source, tmp_path, programs):
    """Dumps a database with options of its own, and examines the dump."""

    def dump(*options, environ=None):
        return dumped_from(source, programs, tmp_path, *options, environ=environ)

    return dump


def dumped_from(source, programs, folder, *options, environ=None):
    path = folder / "dump.sql"
    command = [programs.tool("pg_dump"), f"--dbname={source}", f"--file={path}", *options]
    subprocess.run(command, check=True, env=environ)
    return examine(path)


def restored(archive, databases, programs):
    dsn = databases()
    archive.restore(programs, dsn, jobs=1, deadline_seconds=60.0)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE")
    return dsn


def differing(comparison):
    return [table.what for table in comparison.tables if not table.same]


def test_rows_that_were_dumped_in_another_time_zone_and_order_are_the_same_rows(dumped, databases, programs):
    archive = dumped(environ={"PGTZ": "Asia/Kolkata", "PATH": "/usr/bin"})
    dsn = restored(archive, databases, programs)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("WITH gone AS (DELETE FROM zoned WHERE id = 1 RETURNING *)"
                           " INSERT INTO zoned (id, at, at_day) SELECT id, at, at_day FROM gone")  # fmt: skip

    assert b"+05:30" in archive.path.read_bytes()
    assert [] == differing(archived.compare(archive, programs, dsn))


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("UPDATE zoned SET at = at + interval '1 microsecond' WHERE id = 7", ["public.zoned"]),
        pytest.param("DELETE FROM zoned WHERE id = 7", ["public.zoned"], marks=pytest.mark.proof),
        pytest.param("UPDATE parts SET id = 1 WHERE id = 2", ["public.parts_a"], marks=pytest.mark.proof),
        pytest.param("DROP TABLE zoned", ["public.zoned"], marks=pytest.mark.proof),
        pytest.param("DELETE FROM parts", ["public.parts_a", "public.parts_b"], marks=pytest.mark.proof),
    ],
)
def test_rows_that_a_restore_changes_are_found(dumped, databases, programs, change, seen):
    archive = dumped()
    dsn = restored(archive, databases, programs)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(change)

    assert seen == sorted(differing(archived.compare(archive, programs, dsn)))


@pytest.mark.parametrize("option", ["--inserts", pytest.param("--load-via-partition-root", marks=pytest.mark.proof)])
def test_rows_in_a_form_that_cannot_be_compared_never_pass(dumped, databases, programs, option):
    archive = dumped(option)
    comparison = archived.compare(archive, programs, restored(archive, databases, programs))

    assert all(table.incomparable for table in comparison.tables if not table.same)
    assert differing(comparison)


def test_a_backup_without_manifest_is_compared_with_its_own_rows(copied, quick):
    manifest_path(copied).unlink()
    script = gzip.decompress(copied.read_bytes())
    copied.write_bytes(gzip.compress(script.replace(END, b"DELETE FROM public.children;\n" + END)))
    report = drill(opened(copied))

    (finding,) = restored_content.judge(report, "automatic")
    assert ("restore-archive-differs", "0 rows") == (finding.rule, finding.observed)
    assert "public.children as the backup itself has it, 1 row" == finding.expected


LIVE = """
CREATE TABLE entries (id int PRIMARY KEY, at timestamptz NOT NULL, said text);
INSERT INTO entries SELECT n, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 hour', 'x'
    FROM generate_series(1, 48) n;
"""
SLICE = LiveSlice("entries", "at", before_seconds=0.0)


@pytest.fixture
def both(databases, programs, shop_taken):
    """A live database and the same restored, a moment between their rows, and the comparison of one slice."""
    theirs, ours = databases(LIVE), databases(LIVE)
    moment = shop_taken.manifest.taken_at.replace(year=2026, month=1, day=2, hour=0, minute=30, second=0, microsecond=0)

    def compare(wanted=SLICE, statement=""):
        if statement:
            with psycopg.connect(theirs, autocommit=True) as connection:
                connection.execute(statement)
        (table,) = live.compare(Live(theirs, 1000, (wanted,)), ours, moment, 1000).tables
        return table

    return compare


def test_rows_after_the_backup_are_nobodys_concern(both):
    table = both(statement="UPDATE entries SET said = 'later' WHERE id > 24; DELETE FROM entries WHERE id = 40")

    assert (24, 24, True) == (table.rows, table.restored, table.same)


def test_an_old_row_that_is_another_one_is_found(both):
    assert both(statement="UPDATE entries SET said = 'y' WHERE id = 24").same is False


def test_a_margin_leaves_younger_rows_out(both):
    margin = LiveSlice("entries", "at", before_seconds=timedelta(hours=2).total_seconds())

    assert both(margin, "UPDATE entries SET said = 'y' WHERE id = 24").same is True


@pytest.mark.parametrize(
    ("wanted", "statement", "why"),
    [
        (LiveSlice("gone", "at", 0.0), "", "no such table"),
        (LiveSlice("entries", "nothing", 0.0), "", "does not exist"),
        (SLICE, "ALTER TABLE entries ADD more int", "migrated since"),
    ],
)
def test_a_slice_that_cannot_be_compared_never_passes(both, wanted, statement, why):
    assert why in both(wanted, statement).incomparable


def test_a_live_database_that_is_away_is_no_verdict_on_the_backup(copied, quick):
    nobody = Live("postgresql://nobody@localhost:1/x", 1000, (SLICE,))
    report = drill(opened(copied), Wishes(modes=("live",), live=nobody))

    assert "inconclusive" == state_of(restored_content.judge(report, "live"))


@pytest.mark.parametrize(
    ("rows", "restored", "tolerance", "rule"),
    [
        (10, 10, 0, "restore-live-differs"),
        (10, 9, 0, "restore-live-differs"),
        (10, 9, 1, "restore-live-tolerated"),
        (10, 11, 1, "restore-live-tolerated"),
        (10, 8, 1, "restore-live-differs"),
        (10, None, 99, "restore-live-differs"),
    ],
)
def test_the_tolerance_of_a_slice_is_kept_to_the_row(shop_taken, copied, rows, restored, tolerance, rule):
    backup = opened(copied)
    report = DrillReport("x", backup.taken_at, backup.taken_at, None, restored=shop_taken.manifest.contents)
    table = Compared("entries", rows, restored, same=False, tolerance=tolerance)
    seen = replace(report, comparisons=(Comparison("live", (table,)),))
    (finding,) = restored_content.judge_comparison(seen, "live")

    assert rule == finding.rule


def test_content_that_a_manifest_condemns_is_no_other_than_that_of_the_backup(copied, quick):
    report = drill(rewrite(copied, b"workspace 7\n", b"workspace seven\n"), Wishes(modes=("manifest", "archive")))

    assert "fail" == state_of(restored_content.judge(report, "manifest"))
    assert "pass" == state_of(restored_content.judge(report, "archive"))


def test_a_name_with_a_backslash_is_no_command_to_psql(databases, programs, tmp_path):
    witness = tmp_path / "ran"
    dsn = databases(f'CREATE TABLE "a\\! touch {witness}" AS SELECT 1 AS n')
    path = tmp_path / "dump.sql"
    subprocess.run([programs.tool("pg_dump"), f"--dbname={dsn}", f"--file={path}"], check=True)
    archive = examine(path)
    (table,) = archived.compare(archive, programs, restored(archive, databases, programs)).tables

    assert (1, 1, True) == (table.rows, table.restored, table.same)
    assert not witness.exists()
