"""
A physical copy and archived WAL bring the server back, to the moment that is wanted.

SPEC D3, D4.
"""

import pytest

from prodverify.judges import migrations, recovery, restore, restore_time, restored_answers, restored_structure

pytestmark = [
    pytest.mark.needs("recovery"),
    pytest.mark.does("restores"),
    pytest.mark.shares("recovery"),
    pytest.mark.modes("gate", "drill"),
    pytest.mark.waits,
]


@pytest.mark.clause("PostgreSQL: pg_verifybackup")
def test_copy_is_whole(promise, recovered):
    """
    Every file of the newest physical copy is what its manifest says.
    """
    promise.holds(recovery.judge_copy(recovered))


@pytest.mark.clause("SPEC D3")
def test_copy_recovers(promise, recovered):
    """
    The newest physical copy becomes a server again, at the moment that is wanted, with its structure whole.
    """
    promise.measured(**recovered.as_dict())
    promise.holds([*recovery.judge_recovery(recovered), *restored_structure.judge(recovered.drill)])


@pytest.mark.clause("SPEC D3")
def test_recovered_key_tables_are_there(promise, recovered, recovered_key_tables):
    """
    The tables without which the service is lost are in the recovered database, with their rows.
    """
    promise.holds(restore.judge_key_tables(recovered.drill, recovered_key_tables))


@pytest.mark.clause("PostgreSQL: amcheck")
def test_recovered_pages_are_sound(promise, recovered_integrity):
    """
    Every table and every index of the recovered database is sound.
    """
    promise.holds(recovery.judge_pages(recovered_integrity))


@pytest.mark.needs("migrations")
@pytest.mark.clause("SPEC D1, D3")
def test_recovered_database_is_at_head(promise, migrated, code_migrations, recovered_migrations):
    """
    The recovered database is at the heads of the code's migrations.
    """
    recorded, manner = recovered_migrations.recorded, recovered_migrations.tool.manner
    promise.holds(migrations.judge(code_migrations, recorded, manner, code_behind=migrated.code_behind))


@pytest.mark.clause("SPEC D3: content")
def test_recovered_database_answers(promise, recovered, recovered_query):
    """
    The recovered database answers a query of the target's own as it expects.
    """
    limits = {"min_rows": recovered_query.min_rows, "max_age_seconds": recovered_query.max_age_seconds}
    promise.holds(restored_answers.judge_query(recovered.drill, recovered_query.name, **limits))


@pytest.mark.clause("SPEC D4: RPO")
def test_recovery_point(promise, recovered, recovery_age_limit):
    """
    The last transaction that can be recovered is no older than what may be lost.
    """
    promise.holds(recovery.judge_recovery_point(recovered, recovery_age_limit))


@pytest.mark.clause("SPEC D4: RTO")
def test_recovery_time(promise, recovered, recoveries_before, promised_recovery, recovery_time_limit):
    """
    The copy answers again within the promised time.
    """
    promise.holds(recovery.judge_recovery_time(recovered, recovery_time_limit))
    promise.holds(restore_time.judge_past(recovered.drill, recoveries_before, promised_recovery))


@pytest.mark.clause("SPEC D4: RPO")
def test_copy_is_recent(promise, copy_source, copy_age_limit, run_began):
    """
    The newest physical copy is as recent as promised.
    """
    promise.holds(recovery.judge_copy_age(copy_source.taken_at, copy_age_limit, run_began))
