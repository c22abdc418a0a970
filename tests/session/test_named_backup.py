"""The suite drills the backup that it is told to, and says of every case that it was not the newest."""

from datetime import UTC, datetime, timedelta

import pytest

from prodverify.data.backups.taking import take
from tests.data.conftest import cluster, databases, programs

__all__ = ["cluster", "databases", "programs"]

NOW = datetime.now(UTC)
RESTORES, WHOLE = "test_drill.py::test_backup_restores", "test_backups.py::test_newest_backup_is_whole"
ASKED = tuple(f"checks/{case}" for case in (RESTORES, WHOLE))
SECTIONS = """
[backups]
directory = "kept"
name = "orders"
"""


@pytest.fixture
def taken(databases, tmp_path):
    """Two backups beside the target file, the newer one cut off."""
    dsn = databases("CREATE TABLE orders AS SELECT 1 AS id")
    older, newer = (take(dsn, tmp_path / "kept", name="orders", now=NOW - timedelta(hours=ago)) for ago in (2, 1))
    newer.path.write_bytes(newer.path.read_bytes()[:-20])
    return older, newer


def test_a_backup_is_drilled_by_its_name(verify, target, taken):
    older, _ = taken
    run = verify(
        *ASKED, "--target", target(SECTIONS, permits="restores = true"), "--backup", older.path.name, "-n", 0
    )  # fmt: skip

    assert ("warn", "fail") == (run.states[RESTORES], run.states[WHOLE])
    warned = [
        (each["rule"], each["observed"]) for each in run.cases[RESTORES]["findings"] if each["severity"] == "warn"
    ]
    assert [("drill-not-of-newest", f"{older.name} was restored, as --backup says; the newest was not")] == warned
    assert older.name in str(run.cases[RESTORES])
    assert f"backup to drill: {older.path.name}" in run.output


def test_backups_of_another_name_are_judged_and_told(verify, target, taken):
    nameless = target(SECTIONS.replace('name = "orders"', ""), permits="restores = true")
    run = verify(ASKED[1], "--target", nameless, "-n", 0)

    warned = [each["observed"] for each in run.cases[WHOLE]["findings"] if "backups-of-another-name" == each["rule"]]
    assert (1, ["all are called orders, and were taken for its own"]) == (run.status, warned)


@pytest.mark.parametrize(
    ("sections", "permits", "more", "why"),
    [
        ("", "restores = true", (), "the target file has no [backups]; add one with its directory"),
        (SECTIONS, "", (), "it is not permitted; add restores = true to [permits]"),
        (SECTIONS, "restores = true", ("--read-only",), "it is not permitted; add restores = true to [permits]"),
        (SECTIONS, "restores = true", ("--mode", "canary"), "mode canary restores nothing; say --mode gate or"),
    ],
)
def test_a_name_where_nothing_is_drilled_is_a_wrong_command(verify, target, sections, permits, more, why):
    run = verify(ASKED[0], "--target", target(sections, permits=permits), "--backup", "any.dump", *more, "-n", 0)

    assert 4 == run.status
    assert f"--backup names a backup to drill, and this run drills none: {why}" in run.output


def test_an_empty_name_is_a_wrong_command(verify, target):
    run = verify(ASKED[0], "--target", target(SECTIONS), "--backup", "", "-n", 0)

    assert 4 == run.status
    assert "argument --backup: expected the name of a backup, came an empty text" in run.output


def test_an_unknown_name_is_no_verdict(verify, target, taken):
    path = target(SECTIONS, permits="restores = true")
    run = verify(ASKED[0], "--target", path, "--backup", "orders_backup_20200101_000000.dump", "-n", 0)

    assert (10, "inconclusive") == (run.status, run.states[RESTORES])
    assert "backup-unknown" == run.cases[RESTORES]["findings"][0]["rule"]
