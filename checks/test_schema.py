"""
The database has the schema that the team knows, its backups have it too, and the newest migration can be taken back.

SPEC D1, D3.
"""

import pytest

from prodverify.data.catalog.difference import difference
from prodverify.judges import drift
from prodverify.judges import round_trip as round_trips

pytestmark = pytest.mark.waits


@pytest.mark.modes("gate", "canary", "drill")
@pytest.mark.clause("SPEC D1")
def test_live_schema_is_as_expected(promise, live_schema, expected_schema, promises):
    """
    Every object of the live database is as the snapshot or the other target has it, and there is no other.
    """
    differing = difference(expected_schema.lines, live_schema.lines, promises.database_schema.ignored)
    promise.measured(objects=len(live_schema.lines), differences=differing.as_evidence())
    promise.holds(
        drift.judge_difference(
            differing,
            expected_in=expected_schema.where,
            found_in=live_schema.where,
            same_major=expected_schema.server_major == live_schema.server_major,
        )
    )


@pytest.mark.needs("backups")
@pytest.mark.does("restores")
@pytest.mark.shares("backups")
@pytest.mark.modes("gate", "drill")
@pytest.mark.clause("SPEC D3")
def test_restored_schema_equals_live(promise, schema_promise, restored_schema, live_schema):
    """
    The newest backup, once restored, has the schema of the live database, object by object.
    """
    differing = difference(live_schema.lines, restored_schema.lines, schema_promise.ignored)
    promise.measured(objects=len(restored_schema.lines), differences=differing.as_evidence())
    promise.holds(
        drift.judge_backup(
            differing,
            restored_heads=restored_schema.migration_heads,
            live_heads=live_schema.migration_heads,
            same_major=restored_schema.server_major == live_schema.server_major,
        )
    )


@pytest.mark.does("restores")
@pytest.mark.modes("drill")
@pytest.mark.clause("SPEC D1: downgrade -1 on rollback")
def test_newest_migration_goes_down_and_up(promise, round_trip):
    """
    With data in the tables the newest migration applies, is taken back and applies again, to the same schema.
    """
    differences = difference(round_trip.up, round_trip.again).as_evidence()
    promise.measured(
        rows=round_trip.rows, unread=round_trip.unread, seconds=round(round_trip.seconds, 3), differences=differences
    )
    promise.holds(round_trips.judge_round_trip(round_trip))
