"""
What was lost can be brought back, in time and whole.

SPEC D2, D3, D4.
"""

import pytest

from prodverify.judges import backups, restore

pytestmark = [
    pytest.mark.needs("backups"),
    pytest.mark.does("restores"),
    pytest.mark.shares("backups"),
    pytest.mark.modes("gate", "drill"),
    pytest.mark.waits,
]


@pytest.mark.clause("SPEC D4: RPO")
def test_newest_backup_is_fresh(promise, newest_backup, promises):
    """
    The newest backup is no older than what may be lost.
    """
    kept, limit = promises.backups.retention_days, promises.backups.max_age_seconds
    promise.measured(rpo_seconds=round(newest_backup.age_seconds, 1), limit_seconds=limit)
    promise.holds(backups.judge_retention(newest_backup.moments, kept, newest_backup.now))
    promise.holds(backups.judge_age(newest_backup.backup, limit, newest_backup.now))


@pytest.mark.clause("SPEC D3")
def test_backup_restores(promise, drilled):
    """
    The newest backup restores into an empty cluster, with its structure whole.
    """
    promise.measured(**drilled.as_dict())
    promise.holds([*restore.judge_restorability(drilled), *restore.judge_structure(drilled)])


@pytest.mark.clause("SPEC D3")
def test_key_tables_are_restored(promise, drilled, promises):
    """
    The tables without which the service is lost are in the restored database, with their rows.
    """
    promise.holds(restore.judge_key_tables(drilled, promises.backups.key_tables))


@pytest.mark.clause("SPEC D3")
def test_content_equals_the_manifest(promise, drilled_with_manifest):
    """
    Every restored table has the rows and the content that the backup's manifest recorded.
    """
    promise.holds(restore.judge_content(drilled_with_manifest))


@pytest.mark.clause("SPEC D4: RTO")
def test_restore_meets_its_rto(promise, drilled, promises):
    """
    The backup is restored and verified within the promised time.
    """
    limit = promises.backups.rto_seconds
    promise.measured(rto_seconds=round(drilled.stages.total, 3), limit_seconds=limit)
    promise.holds(restore.judge_rto(drilled, limit))
