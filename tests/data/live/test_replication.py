"""A real standby, followed over a unix socket: near, behind, and gone; and a subscriber, which is none."""

import struct

import psycopg
import pytest
from psycopg import pq

from prodverify.data.connection import read_only
from prodverify.data.health import replication
from prodverify.data.health.readings import Readings, read
from prodverify.judges import replication as judged
from prodverify.wire import clock
from tests.data.live.raising import raised


@pytest.fixture(scope="module")
def standby(lively, programs):
    """A standby of the lively server."""
    settings = {"max_prepared_transactions": "4", "hot_standby": "on", "shared_preload_libraries": ""}
    with raised(programs, settings, copy_of=f"{lively.dsn()}&application_name=follower") as server:
        yield server


def looked(dsn):
    with read_only(dsn, statement_timeout_ms=5000) as connection:
        return replication.read(connection)


def until(look):
    return clock.poll(lambda: look() or None, within_seconds=10, what="the server shows it")


def written(lively):
    with psycopg.connect(lively.dsn(), autocommit=True) as writer:
        writer.execute("CREATE TABLE IF NOT EXISTS followed AS SELECT n FROM generate_series(1, 1000) AS n")
        writer.execute("INSERT INTO followed SELECT n FROM generate_series(1, 100000) AS n")


def streaming(lively):
    return until(lambda: [each for each in looked(lively.dsn(user="monitor")).standbys if each.streaming])


def test_everything_is_read_on_a_standby(lively, standby):
    streaming(lively)

    readings = read(standby.dsn(user="monitor"), statement_timeout_ms=5000, disk=True)

    assert [] == [name for name in Readings.__dataclass_fields__ if getattr(readings, name).refused]
    assert readings.session().standby is True
    assert readings.slots() == ()


def test_a_standby_that_follows_is_near_for_both(lively, standby):
    streaming(lively)
    written(lively)
    near = until(lambda: (itself := looked(standby.dsn(user="monitor"))).standbys[0].bytes == 0 and itself)
    primary = until(lambda: (seen := looked(lively.dsn(user="monitor"))).standbys[0].bytes == 0 and seen)

    assert near == replication.Replication(True, (replication.Standby("this server", True, 0.0, 0),))
    assert [] == [finding for finding in judged.judge_standbys(near, None, 5.0, 1.0) if finding.rule != "lag"]
    assert (primary.itself, len(primary.standbys), primary.hidden) == (False, 1, 0)
    assert [] == [finding for finding in judged.judge_standbys(primary, 1, 60.0, 1.0) if finding.rule != "lag"]


def test_a_standby_that_does_not_replay_is_behind_for_both(lively, standby):
    streaming(lively)
    with psycopg.connect(standby.dsn(), autocommit=True) as pausing:
        pausing.execute("SELECT pg_wal_replay_pause()")
        until(lambda: pausing.execute("SELECT pg_get_wal_replay_pause_state() = 'paused'").fetchone()[0])
        try:
            written(lively)
            behind = until(lambda: (seen := looked(lively.dsn(user="monitor"))).standbys[0].bytes > 1_000_000 and seen)
            itself = until(lambda: (seen := looked(standby.dsn(user="monitor"))).standbys[0].bytes > 1_000_000 and seen)
        finally:
            pausing.execute("SELECT pg_wal_replay_resume()")

    assert "replication-lag" in [finding.rule for finding in judged.judge_standbys(behind, 1, None, 1.0)]
    assert {"standby-missing", "replication-lag"} == {
        finding.rule for finding in judged.judge_standbys(itself, None, None, 1.0)
    }


def test_without_the_right_to_monitor_a_standby_is_hidden(lively, standby):
    streaming(lively)

    (finding,) = judged.judge_standbys(looked(lively.dsn(user="plain")), 1, 5.0, None)

    assert (finding.rule, finding.severity) == ("standbys-hidden", "inconclusive")


def test_who_reads_changes_through_a_logical_slot_is_no_standby(lively):
    reader = pq.PGconn.connect(f"{lively.dsn()}&replication=database&application_name=subscriber".encode())
    with psycopg.connect(lively.dsn(), autocommit=True) as owner:
        owner.execute("CREATE PUBLICATION changes FOR ALL TABLES")
        try:
            reader.exec_(b"CREATE_REPLICATION_SLOT reading TEMPORARY LOGICAL pgoutput")
            reader.send_query(
                b"START_REPLICATION SLOT reading LOGICAL 0/0 (proto_version '1', publication_names 'changes')"
            )
            reader.get_result()
            reader.put_copy_data(b"r" + struct.pack("!QQQQB", 1, 1, 1, 0, 0))
            reader.flush()
            until(lambda: owner.execute("SELECT 1 FROM pg_stat_replication WHERE replay_lsn = '0/1'").fetchone())
            seen = [looked(lively.dsn(user=user)) for user in ("monitor", "plain")]
        finally:
            reader.finish()
            owner.execute("DROP PUBLICATION changes")

    assert [] == [each for each in seen[0].standbys if each.name == "subscriber"]
    assert seen[1].hidden == len(seen[0].standbys)


def test_a_slot_that_nobody_uses_holds_back_the_log(lively):
    with psycopg.connect(lively.dsn(), autocommit=True) as owner:
        owner.execute("SELECT pg_create_physical_replication_slot('abandoned', true)")
        try:
            written(lively)
            with read_only(lively.dsn(user="plain"), statement_timeout_ms=5000) as connection:
                (slot,) = replication.read_slots(connection)
        finally:
            owner.execute("SELECT pg_drop_replication_slot('abandoned')")

    assert (slot.name, slot.active, slot.lost) == ("abandoned", False, False)
    assert slot.retained_bytes > 1_000_000
    assert ["slot-retains"] == [finding.rule for finding in judged.judge_slots([slot], 1.0)]
    assert ["slot-idle"] == [finding.rule for finding in judged.judge_slots([slot], 1000.0)]
