"""The newest backup is found by what it says of itself, and a place without one is told from a place out of reach."""

import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from prodverify.data.backups.files import NoBackup, file_name, folder_name, manifest_path, moments, newest, opened
from prodverify.data.backups.manifest import BackupFile, Manifest
from prodverify.judges import backups
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of

AT = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)


def touch(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    return folder / name


def test_the_newest_by_name_wins_whatever_was_touched_last(tmp_path):
    newer = touch(tmp_path / "2026-01-31", "app_backup_20260131_090000.sql.gz")
    older = touch(tmp_path / "2026-01-30", "app_backup_20260130_210000.sql.gz")
    flat = touch(tmp_path, "app_backup_20260129_000000.sql")
    os.utime(newer, (0, 0))

    assert [newer, older, flat] == list(moments(tmp_path))
    assert newest(tmp_path) == BackupFile(newer, AT, None)


@pytest.mark.parametrize(
    "name",
    [
        "app_backup_20260131_090000.manifest.json", "app_backup_20260131_090000.sql.gz.part", "notes.txt",
        "app_backup_20260131.sql.gz", "app_backup_20261399_990000.sql.gz", ".app_backup_20260131_090000.sql.gz",
        "app_backup_20260131_090000.dump", "_backup_20260131_090000.sql.gz",
    ],
)  # fmt: skip
def test_other_names_are_no_backups(tmp_path, name):
    touch(tmp_path / "2026-01-31", name)

    with pytest.raises(NoBackup) as caught:
        newest(tmp_path)
    assert caught.value.finding.rule == "backups-missing"
    assert state_of([caught.value.finding]) == "fail"


def test_what_is_in_the_making_is_no_backup(tmp_path):
    touch(tmp_path / ".unfinished-x", "app_backup_20260131_090000.sql.gz")
    (tmp_path / "2026-01-31" / "app_backup_20260131_090000.sql.gz").mkdir(parents=True)

    with pytest.raises(NoBackup):
        newest(tmp_path)


@pytest.mark.parametrize("place", ["gone", "file"])
def test_a_place_that_cannot_be_read_is_no_verdict(tmp_path, place):
    touch(tmp_path, "file")

    with pytest.raises(Unjudged, match="a folder of backups at") as caught:
        newest(tmp_path / place)
    assert state_of([caught.value.finding]) == "inconclusive"


def test_names_and_folders_are_in_utc():
    east = AT.astimezone(datetime(2026, 1, 1).astimezone().tzinfo) + timedelta(0)

    assert (file_name("app", east), folder_name(east)) == ("app_backup_20260131_090000.sql.gz", "2026-01-31")


def test_a_name_that_is_no_backups_cannot_be_opened(tmp_path):
    with pytest.raises(ValueError, match="is not named like a backup"):
        opened(tmp_path / "dump.sql")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}'])
def test_a_manifest_that_cannot_be_used_is_a_failure(tmp_path, text):
    path = touch(tmp_path, "app_backup_20260131_090000.sql.gz")
    manifest_path(path).write_text(text)
    backup = newest(tmp_path)

    assert backup.manifest is None
    assert backup.complaint.startswith("app_backup_20260131_090000.manifest.json: ")
    assert state_of(backups.judge_manifest(backup)) == "fail"


def test_a_manifest_of_another_file_is_not_believed(shop_taken, tmp_path):
    renamed = tmp_path / "shop_backup_20300101_000000.sql.gz"
    shutil.copy(shop_taken.path, renamed)
    shutil.copy(shop_taken.manifest_path, manifest_path(renamed))
    backup = newest(tmp_path)

    assert backup.manifest is None
    assert "is about shop_backup_" in backup.complaint


def test_a_backup_renamed_to_look_young_has_the_age_that_its_manifest_says(shop_taken, tmp_path):
    young = tmp_path / file_name("shop", shop_taken.manifest.taken_at + timedelta(days=7))
    shutil.copy(shop_taken.path, young)
    values = shop_taken.manifest.as_dict()
    values["dump"]["file"] = young.name
    manifest_path(young).write_text(Manifest.from_dict(values).as_text())

    assert (newest(tmp_path).taken_at - shop_taken.manifest.taken_at).total_seconds() < 1


@pytest.mark.parametrize(
    ("seconds", "rule", "state"),
    [
        (0, "backup-age", "pass"),
        (3600, "backup-age", "pass"),
        (3601, "backup-stale", "fail"),
        (40 * 86400, "backup-stale", "fail"),
        (-120, "backup-age", "pass"),  # its clock is a little ahead
        (-7200, "backup-from-the-future", "inconclusive"),
    ],
)
def test_the_age_is_judged_against_what_may_be_lost(tmp_path, seconds, rule, state):
    backup = BackupFile(tmp_path / "app_backup_20260131_090000.sql.gz", AT, None)
    findings = backups.judge_age(backup, 3600.0, AT + timedelta(seconds=seconds))

    assert [rule] == [finding.rule for finding in findings]
    assert state_of(findings) == state


def test_backups_beyond_their_retention_are_named(tmp_path):
    found = {tmp_path / "new": AT, tmp_path / "old": AT - timedelta(days=31)}
    (finding,) = backups.judge_retention(found, 30, AT)

    assert (finding.severity, finding.observed) == ("info", "1 of 2 are older, such as old")
    assert backups.judge_retention(found, 31, AT) == []
    assert backups.judge_manifest(BackupFile(tmp_path / "x", AT, None)) == []
