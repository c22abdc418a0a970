"""
What was lost can be brought back, in time and whole: the newest backup is restored, and read.

SPEC D3, D4.
"""

import pytest

from prodverify.judges import migrations, restore, restore_time, restored_answers, restored_content, restored_structure

pytestmark = [
    pytest.mark.needs("backups"),
    pytest.mark.does("restores"),
    pytest.mark.shares("backups"),
    pytest.mark.modes("gate", "drill"),
    pytest.mark.waits,
]


@pytest.mark.clause("SPEC D3")
def test_backup_restores(promise, drilled):
    """
    The newest backup restores into an empty cluster.
    """
    promise.measured(**drilled.as_dict())
    promise.holds(restore.judge_restorability(drilled))


@pytest.mark.clause("SPEC D3: content")
def test_structure_is_restored(promise, drilled):
    """
    Every table, constraint, index, sequence, view, trigger, policy and grant is restored, and works.
    """
    promise.holds(restored_structure.judge(drilled))


@pytest.mark.clause("SPEC D3: key tables")
def test_key_tables_are_restored(promise, drilled, promises):
    """
    The tables without which the service is lost are in the restored database, with their rows.
    """
    promise.holds(restore.judge_key_tables(drilled, promises.backups.key_tables))


@pytest.mark.clause("SPEC D3: row counts, content")
def test_content_is_restored(promise, drilled, compared_with):
    """
    Every restored table has the rows and the content that were backed up.
    """
    promise.holds(restored_content.judge(drilled, compared_with))


@pytest.mark.clause("PostgreSQL manual, amcheck")
def test_restored_files_are_sound(promise, checked_integrity):
    """
    Every page of the restored database is sound, and every row is in each of its indexes.
    """
    promise.holds(restore.judge_integrity(checked_integrity))


@pytest.mark.needs("migrations")
@pytest.mark.clause("SPEC D1, D3")
def test_restored_database_is_at_head(promise, migrated, code_migrations, restored_migrations):
    """
    The restored database is at the heads of the code's migrations.
    """
    recorded, manner = restored_migrations.recorded, restored_migrations.tool.manner
    promise.holds(migrations.judge(code_migrations, recorded, manner, code_behind=migrated.code_behind))


@pytest.mark.clause("SPEC D3: content")
def test_own_query_is_answered(promise, drilled, own_query):
    """
    The restored database answers a query of the target's own as it expects.
    """
    limits = {"min_rows": own_query.min_rows, "max_age_seconds": own_query.max_age_seconds}
    promise.holds(restored_answers.judge_query(drilled, own_query.name, **limits))


@pytest.mark.clause("SPEC D4: RPO")
def test_newest_row_is_recent(promise, drilled, newest_row):
    """
    The newest row of a table that is written all the time is from shortly before the backup.
    """
    name = f"{newest_row.table}.{newest_row.column}"
    promise.holds(restored_answers.judge_newest_row(drilled, name, newest_row.max_age_seconds))


@pytest.mark.clause("SPEC D4: RTO")
def test_restore_meets_its_rto(promise, drill, promises):
    """
    The backup becomes a database that answers within the promised time.
    """
    report, declared = drill.report, promises.backups
    promise.measured(rto_seconds=round(report.stages.recovery, 3), limit_seconds=declared.rto_seconds)
    promise.measured(rpo_seconds=round(report.age_seconds, 1), stages_seconds=report.stages.as_dict())
    promise.holds(restore_time.judge_rto(report, declared.rto_seconds))
    promise.holds(restore_time.judge_past(report, drill.past, declared.drill))
