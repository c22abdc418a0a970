"""
The database is at the version that the code was written for.

https://alembic.sqlalchemy.org/
"""

import pytest

from prodverify.judges import migrations

pytestmark = [
    pytest.mark.modes("gate", "canary", "drill"),
    pytest.mark.needs("migrations"),
    pytest.mark.waits,
]


@pytest.mark.clause("SPEC D1")
def test_database_is_at_head(promise, migrated, database_migrations, code_migrations):
    """
    The live database is at the heads of the code's migrations.
    """
    recorded, manner = database_migrations.recorded, database_migrations.tool.manner
    promise.measured(applied=len(recorded.applied), source=recorded.source)
    promise.holds(migrations.judge(code_migrations, recorded, manner, code_behind=migrated.code_behind))


@pytest.mark.clause("SPEC D1")
def test_no_migration_is_half_done(promise, migrated, recorded_troubles):
    """
    Every migration that began on the live database has ended well, and none left a lock behind.
    """
    promise.holds(migrations.judge_done(recorded_troubles.recorded, recorded_troubles.tool.manner))


@pytest.mark.clause("SPEC D1")
def test_no_applied_migration_was_edited(promise, migrated, recorded_checksums, code_migrations):
    """
    The code's scripts are those that were applied to the live database.
    """
    recorded, manner = recorded_checksums.recorded, recorded_checksums.tool.manner
    promise.holds(migrations.judge_unedited(code_migrations, recorded, manner))
