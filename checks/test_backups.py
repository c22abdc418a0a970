"""
What was lost can be brought back, in time and whole.

SPEC D2, D3, D4.
"""

import pytest

from prodverify.judges import backup_files, backup_schedule, backups

pytestmark = [
    pytest.mark.needs("backups"),
    pytest.mark.does("restores"),
    pytest.mark.shares("backups"),
    pytest.mark.modes("gate", "drill"),
    pytest.mark.waits,
]


@pytest.mark.clause("SPEC D4: RPO")
def test_newest_backup_is_fresh(promise, age_promised, newest_backup, taken):
    """
    The newest backup is no older than what may be lost, by its archive's header, its manifest and its name.
    """
    promise.measured(rpo_seconds=round(newest_backup.age_seconds, 1), limit_seconds=age_promised)
    promise.holds(backups.judge_age(taken, age_promised, newest_backup.now))


@pytest.mark.clause("SPEC D2")
def test_schedule_is_kept(promise, schedule_promised, newest_backup):
    """
    Every backup that the schedule promises is there.
    """
    promise.measured(backups=len(newest_backup.listed))
    promise.holds(backup_schedule.judge_schedule(newest_backup.listed, schedule_promised, newest_backup.now))


@pytest.mark.clause("SPEC D2")
def test_newest_backup_has_its_usual_size(promise, size_promised, newest_backup):
    """
    The newest backup is about as large as those before it.
    """
    percent, last = size_promised.min_size_percent, size_promised.size_of_last
    promise.measured(size_bytes=newest_backup.stored.size_bytes)
    promise.holds(backup_files.judge_size(newest_backup.stored, newest_backup.alike, percent, last))


@pytest.mark.clause("SPEC D2")
def test_retention_is_kept(promise, retention_promised, newest_backup):
    """
    Backups are kept for as many days as promised, and no longer.
    """
    promise.holds(backup_schedule.judge_retention(newest_backup.listed, retention_promised, newest_backup.now))


@pytest.mark.clause("SPEC D2")
def test_newest_backup_is_whole(promise, whole_backup, earlier_sizes):
    """
    The newest backup is as it was written, to its last byte.
    """
    before = backup_files.judge_earlier_sizes(earlier_sizes)
    promise.holds([*backup_files.judge_integrity(whole_backup), *before])


@pytest.mark.clause("SPEC D2")
def test_newest_backup_is_encrypted_as_promised(promise, encryption_promised, newest_backup, scheme, earlier_schemes):
    """
    The newest backup is encrypted as promised before it is stored, by its content and not by its name.
    """
    by_storage = newest_backup.protection.get("encryption", "")
    findings = backup_files.judge_encryption(newest_backup.stored.name, encryption_promised, scheme, by_storage)
    promise.holds([*findings, *backup_files.judge_earlier_encryption(earlier_schemes, encryption_promised)])


@pytest.mark.clause("SPEC D2")
def test_newest_backup_is_private(promise, newest_backup, promises):
    """
    Nobody but its owner and their group can read the newest backup.
    """
    name, protection = newest_backup.stored.name, newest_backup.protection
    promise.holds(backup_files.judge_privacy(name, newest_backup.open_to, promises.backups.private, protection))


@pytest.mark.clause("SPEC D2")
def test_manifest_belongs_to_its_backup(promise, own_manifest):
    """
    The newest backup's manifest can be read, and is its own.
    """
    promise.holds(backups.judge_manifest(own_manifest))
