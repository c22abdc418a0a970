"""Which of the copies in a folder is recovered."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from prodverify.data.recovery.copies import LABEL, MANIFEST, NoCopy, examine, newest
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.record.findings import Unjudged

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
LONG_AGO = 86400.0


def copy(folder, said="2026-09-21 12:00:00 UTC", written=NOON, *, manifest=True):
    """A folder that has what tells a copy's age, and nothing else of one."""
    (folder / "global").mkdir(parents=True)
    (folder / "global" / "pg_control").touch()
    (folder / "PG_VERSION").write_text("15\n")
    label = folder / LABEL
    label.write_text(f"START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\nSTART TIME: {said}\n")
    os.utime(label, (written.timestamp(), written.timestamp()))
    if manifest:
        (folder / MANIFEST).write_text("{}")
    return folder


def test_the_newest_copy_is_found_by_its_label(archiving, tmp_path):
    assert "packed" == newest(archiving.folder).path.name
    assert "plain" == newest(archiving.folder / "plain").path.name
    with pytest.raises(NoCopy, match="no physical copy"):
        newest(tmp_path)
    with pytest.raises(Unjudged, match="No such file"):
        newest(tmp_path / "gone")


def test_a_moment_is_recovered_from_the_newest_copy_that_began_before_it(tmp_path):
    copy(tmp_path / "early", "2026-09-21 06:00:00 UTC")
    copy(tmp_path / "late")

    assert "late" == newest(tmp_path, NOON).path.name
    assert "early" == newest(tmp_path, NOON - timedelta(seconds=1)).path.name
    with pytest.raises(NoCopy) as none:
        newest(tmp_path, NOON - timedelta(hours=7))
    assert "began before 2026-09-21 05:00:00 UTC" in none.value.finding.expected


def test_a_damaged_copy_counts_only_where_it_is_the_newest(tmp_path):
    copy(tmp_path / "good", f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%M:%S} UTC")
    broken = copy(tmp_path / "broken")
    (broken / LABEL).write_text("START WAL LOCATION: nowhere\n")
    with pytest.raises(DamagedCopy, match="broken has no backup_label"):
        newest(tmp_path)

    for path in (broken, *broken.rglob("*")):
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    assert "good" == newest(tmp_path).path.name


def test_a_damaged_copy_counts_where_the_newest_needs_one_that_cannot_be_found(tmp_path):
    base, later = copy(tmp_path / "base"), copy(tmp_path / "later", "2026-09-21 18:00:00 UTC")
    (later / LABEL).write_text((later / LABEL).read_text() + "INCREMENTAL FROM LSN: 0/1000028\n")
    for path in (base, *base.rglob("*")):
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    assert newest(tmp_path).since  # the one that it needs is nowhere, as far as anybody can tell

    (base / LABEL).rename(base / f"{LABEL}.old")
    assert "later" == newest(tmp_path).path.name  # somebody has started a server on the other
    (base / f"{LABEL}.old").unlink()
    os.utime(base, (NOON.timestamp(), NOON.timestamp()))
    with pytest.raises(DamagedCopy, match="base has no backup_label"):
        newest(tmp_path)


def test_a_copy_that_is_being_taken_is_passed_over(tmp_path):
    begun = copy(tmp_path / "begun", "2026-09-21 18:00:00 UTC", manifest=False)
    (begun / "global" / "pg_control").unlink()
    with pytest.raises(Unjudged, match="is being taken") as caught:
        newest(tmp_path)
    assert "pg_basebackup" in caught.value.finding.next_step

    copy(tmp_path / "done")
    assert "done" == newest(tmp_path).path.name
    past = datetime.now(UTC).timestamp() - LONG_AGO
    for path in (*begun.rglob("*"), begun):
        os.utime(path, (past, past))
    assert "begun" == newest(tmp_path).path.name  # nobody takes it any more: it will be told what it lacks


@pytest.mark.parametrize(
    ("said", "written", "taken_at"),
    [
        ("2026-09-21 12:00:00 GMT", NOON + timedelta(days=9), NOON),
        ("2026-09-21 09:00:00 -03", NOON + timedelta(days=9), NOON),
        ("2026-09-21 17:30:00 +05:30", NOON + timedelta(days=9), NOON),
        ("2026-09-21 14:00:00 CEST", NOON, NOON),
        ("2026-09-21 14:00:00 CEST", NOON + timedelta(days=9), NOON - timedelta(hours=12)),
        ("2026-99-21 14:00:00 CEST", NOON, NOON),
        ("yesterday", NOON, NOON),
    ],
)
def test_a_label_says_when_in_the_zone_of_the_server(tmp_path, said, written, taken_at):
    assert taken_at == examine(copy(tmp_path / "base", said, written)).taken_at
