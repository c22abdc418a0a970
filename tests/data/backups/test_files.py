"""The newest backup is found by what it says of itself, and a place without one is told from a place out of reach."""

import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from prodverify.data.backups import folder as folders
from prodverify.data.backups.files import NoBackup, file_name, folder_name, manifest_path, newest, opened
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.manifest import BackupFile, Manifest
from prodverify.data.backups.names import Naming
from prodverify.judges import backups
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of

AT = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)


def touch(folder, name, content=b""):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(place):
    return [stored.name for stored in place.backups()]


def test_the_newest_by_name_wins_whatever_was_touched_last(tmp_path):
    newer = touch(tmp_path, "2026-01-31/app_backup_20260131_090000.sql.gz")
    touch(tmp_path, "2026-01-30/app_backup_20260130_210000.sql.gz")
    touch(tmp_path, "app_backup_20260129_000000.sql")
    os.utime(newer, (0, 0))

    assert [
        "2026-01-31/app_backup_20260131_090000.sql.gz",
        "2026-01-30/app_backup_20260130_210000.sql.gz",
        "app_backup_20260129_000000.sql",
    ] == names(Folder(tmp_path))
    assert newest(tmp_path) == BackupFile(newer, AT, None)


@pytest.mark.parametrize("ending", ["sql", "sql.gz", "sql.zst", "sql.lz4", "dump", "tar", "tar.gz.age", "dump.gpg"])
def test_backups_of_every_format_are_found(tmp_path, ending):
    path = touch(tmp_path, f"app_backup_20260131_090000.{ending}", b"12345")
    touch(tmp_path, "app_backup_20260131_090000.manifest.json")
    (stored,) = Folder(tmp_path).backups()

    assert (path.name, AT, 5, True) == (stored.name, stored.taken_at, stored.size_bytes, stored.has_manifest)


def test_a_directory_is_one_backup_once_it_has_its_table_of_contents(tmp_path):
    touch(tmp_path, "app_backup_20260131_090000.dir/3001.dat.gz", b"12345")
    assert [] == names(Folder(tmp_path))

    touch(tmp_path, "app_backup_20260131_090000.dir/toc.dat", b"123")
    (stored,) = Folder(tmp_path).backups()
    assert ("app_backup_20260131_090000.dir", 8) == (stored.name, stored.size_bytes)


@pytest.mark.parametrize(
    "name",
    [
        "app_backup_20260131_090000.manifest.json", "app_backup_20260131_090000.sql.gz.part", "notes.txt",
        "app_backup_20260131.sql.gz", "app_backup_20261399_990000.sql.gz", ".app_backup_20260131_090000.sql.gz",
        "app_backup_20260131_090000.sql.gz.sha256", "_backup_20260131_090000.sql.gz", "app_backup_20260131_090000.zip",
    ],
)  # fmt: skip
def test_other_names_are_no_backups(tmp_path, name):
    touch(tmp_path, f"2026-01-31/{name}")

    with pytest.raises(NoBackup) as caught:
        newest(tmp_path)
    assert caught.value.finding.rule == "backups-missing"
    assert state_of([caught.value.finding]) == "fail"


def test_what_is_in_the_making_is_no_backup(tmp_path):
    touch(tmp_path, ".unfinished-x/app_backup_20260131_090000.sql.gz")
    touch(tmp_path, "a/b/app_backup_20260131_090000.sql.gz")
    (tmp_path / "2026-01-31" / "app_backup_20260131_090000.sql.gz").mkdir(parents=True)

    with pytest.raises(NoBackup):
        newest(tmp_path)


@pytest.mark.parametrize("place", ["gone", "file"])
def test_a_place_that_cannot_be_read_is_no_verdict(tmp_path, place):
    touch(tmp_path, "file")

    with pytest.raises(Unjudged, match="a place of backups at") as caught:
        newest(tmp_path / place)
    assert state_of([caught.value.finding]) == "inconclusive"


def test_a_place_with_too_many_entries_is_no_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST", 3)
    for number in range(4):
        touch(tmp_path, f"{number}")

    with pytest.raises(Unjudged, match="more than 3 entries"):
        Folder(tmp_path).backups()


def test_names_of_a_teams_own_are_read_by_its_pattern(tmp_path):
    touch(tmp_path, "nightly/2026/db-0131T0900.dump")
    touch(tmp_path, "nightly/2025/db-1231T0900.dump")
    touch(tmp_path, "nightly/2025/db-1331T0900.dump")  # there is no month 13
    touch(tmp_path, "weekly/2026/db-0131T0900.dump")
    (first, second) = Folder(tmp_path, Naming("nightly/%Y/db-%m%dT%H%M.dump")).backups()

    assert ("nightly/2026/db-0131T0900.dump", AT, 60.0) == (first.name, first.taken_at, first.span_seconds)
    assert "nightly/2025/db-1231T0900.dump" == second.name


def test_a_name_without_a_date_is_dated_by_its_manifest_or_not_at_all(tmp_path, shop_taken):
    place = Folder(tmp_path, Naming("*.sql.gz"))
    path = tmp_path / "latest.sql.gz"
    shutil.copy(shop_taken.path, path)
    (bare,) = place.backups()
    assert (None, bare.modified_at) == (bare.taken_at, place.fetch(bare, tmp_path).taken_at)

    values = shop_taken.manifest.as_dict()
    values["dump"]["file"] = path.name
    written = Manifest.from_dict(values)
    manifest_path(path).write_text(written.as_text())
    assert [written.taken_at] == [stored.taken_at for stored in place.backups()]


def test_names_and_folders_are_in_utc():
    east = AT.astimezone(datetime(2026, 1, 1).astimezone().tzinfo) + timedelta(0)

    assert (file_name("app", east), folder_name(east)) == ("app_backup_20260131_090000.sql.gz", "2026-01-31")


def test_a_name_that_is_no_backups_cannot_be_opened(tmp_path):
    with pytest.raises(ValueError, match="is not named like a backup"):
        opened(tmp_path / "dump.sql")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 9}'])
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


def test_a_backup_to_which_a_link_leads_as_well_is_one(tmp_path):
    place = tmp_path / "place"
    path = touch(place, "2026-01-31/app_backup_20260131_090000.dump")
    outside = touch(tmp_path, "elsewhere/app_backup_20260130_090000.dump")
    (place / "latest").symlink_to(path.parent)
    (place / "2026-01-30").symlink_to(outside.parent)
    (place / "loop").symlink_to(place)
    (place / "gone_backup_20260131_100000.dump").symlink_to(tmp_path / "nowhere")
    (tmp_path / "by-link").symlink_to(place)

    expected = ["2026-01-31/app_backup_20260131_090000.dump", "2026-01-30/app_backup_20260130_090000.dump"]
    assert expected == names(Folder(place)) == names(Folder(tmp_path / "by-link"))
    assert path == Folder(place).fetch(Folder(place).backups()[0], tmp_path).path
