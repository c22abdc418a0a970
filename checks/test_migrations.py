"""
The database is at the version that the code was written for.

https://alembic.sqlalchemy.org/
"""

import pytest

from prodverify.judges import migrations

pytestmark = pytest.mark.modes("gate", "canary", "drill")


@pytest.mark.needs("migrations")
@pytest.mark.clause("SPEC D1")
def test_database_is_at_head(promise, code_revisions, database_heads):
    """
    The live database is at the heads of the code's migrations.
    """
    promise.measured(database_heads=sorted(database_heads.heads))
    promise.holds(migrations.judge(code_revisions, database_heads))
