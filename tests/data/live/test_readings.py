"""The live database is read whole, by whoever may, without waiting for anybody."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fixtures.relay.damages.database import DISORDERS
from prodverify.data.connection import read_only
from prodverify.data.health import connections, indexes, session, settings, statements, storage, wraparound
from prodverify.data.health.readings import Readings, read
from prodverify.record.findings import Unjudged

NAMES = tuple(Readings.__dataclass_fields__)


def read_all(dsn, **wanted):
    return read(dsn, statement_timeout_ms=5000, **wanted)


def one(dsn, reader, *arguments):
    with read_only(dsn, statement_timeout_ms=5000) as connection:
        return reader(connection, *arguments)


def test_everything_is_read_on_each_version(each_version):
    readings = read_all(each_version.dsn(), settings_named=("work_mem",), size=True, disk=True)

    assert [] == [name for name in NAMES if getattr(readings, name).refused]
    assert readings.session().version // 10000 in (15, 16, 17, 18)
    assert readings.session().role == "postgres"
    assert readings.settings()["work_mem"] == "4MB"
    assert readings.settings()["fsync"] == "off"
    assert readings.pages() == storage.Pages(True, ())
    assert 5_000_000 < readings.size() < readings.used()
    assert ("transactions", 200_000_000) in readings.ages().limits.items()
    assert 0 < readings.ages().databases[0].age < 100_000
    assert readings.standbys().standbys == readings.slots() == readings.indexes() == ()


def test_who_only_monitors_reads_the_same_and_can_do_nothing(each_version):
    readings = read_all(each_version.dsn(user="monitor"), disk=True)

    assert [] == [name for name in NAMES if getattr(readings, name).refused]
    assert (readings.session().strengths, readings.session().sees_all) == ((), True)
    assert readings.activity().hidden == 0


def test_who_may_not_monitor_says_what_it_cannot_see(each_version):
    with psycopg.connect(each_version.dsn()):
        readings = read_all(each_version.dsn(user="plain"), disk=True)

    assert ["used"] == [name for name in NAMES if getattr(readings, name).refused]
    assert "pg_monitor" in readings.used.refused.next_step
    with pytest.raises(Unjudged, match="permission denied"):
        readings.used()
    assert readings.session().sees_all is False
    assert readings.activity().hidden >= 1


def test_reading_waits_for_nobodys_lock(each_version):
    with psycopg.connect(each_version.dsn()) as writer:
        writer.execute("CREATE TABLE IF NOT EXISTS busy (id integer PRIMARY KEY)")
        writer.commit()
        writer.execute("LOCK TABLE busy IN ACCESS EXCLUSIVE MODE")
        readings = read(each_version.dsn(user="monitor"), statement_timeout_ms=2000, disk=True)

    assert [] == [name for name in NAMES if getattr(readings, name).refused]


@pytest.mark.parametrize(
    ("statement", "strength"),
    [
        ("ALTER ROLE strong CREATEROLE", "allowed to make roles (CREATEROLE)"),
        ("ALTER ROLE strong CREATEDB", "allowed to make databases (CREATEDB)"),
        ("ALTER ROLE strong REPLICATION", "allowed to copy the whole server (REPLICATION)"),
        ("ALTER ROLE strong BYPASSRLS", "above row security (BYPASSRLS)"),
        ("ALTER ROLE strong SUPERUSER", "a superuser"),
        ("GRANT pg_execute_server_program TO strong", "a member of pg_execute_server_program"),
        ("GRANT pg_signal_backend TO strong", "a member of pg_signal_backend"),
        ("GRANT postgres TO strong", "a superuser"),
        ("ALTER DATABASE strength OWNER TO strong", "the database's owner"),
        ("ALTER TABLE owned OWNER TO strong", "the owner of 1 table"),
        ("GRANT TRUNCATE ON owned TO strong", "allowed to write to 1 table"),
        ("GRANT UPDATE (id) ON owned TO strong", "allowed to write to 1 table"),
        ("GRANT SELECT ON owned TO strong", None),
    ],
)
def test_every_right_beyond_reading_is_named(lively, statement, strength):
    with psycopg.connect(lively.dsn(), autocommit=True) as owner:
        owner.execute("CREATE DATABASE strength")
        try:
            with psycopg.connect(lively.dsn("strength"), autocommit=True) as inside:
                inside.execute("CREATE ROLE strong LOGIN; CREATE TABLE owned (id integer)")
                inside.execute(statement)
            seen = one(lively.dsn("strength", user="strong"), session.read)
        finally:
            owner.execute("DROP DATABASE strength")
            owner.execute("DROP ROLE strong")

    assert (strength in seen.strengths) is (strength is not None)
    assert bool(seen.strengths) is (strength is not None)


def test_the_role_is_the_one_whose_rights_count(lively, opened):
    opened().execute("CREATE ROLE guise; GRANT guise TO plain; ALTER ROLE plain SET role = 'guise'")
    try:
        seen = one(lively.dsn(user="plain"), session.read)
    finally:
        opened().execute("ALTER ROLE plain RESET role; DROP ROLE guise")

    assert (seen.role, seen.login, seen.local, seen.encrypted) == ("guise", "plain", True, False)


def test_every_limit_of_connections_is_read(lively, opened):
    opened().execute("ALTER ROLE plain CONNECTION LIMIT 4")
    opened().execute("ALTER DATABASE postgres CONNECTION LIMIT 25")
    try:
        opened(lively.dsn(user="plain"))
        opened(lively.dsn(user="plain"))
        limits = {limit.whose: limit for limit in one(lively.dsn(user="plain"), connections.read)}
    finally:
        opened().execute("ALTER ROLE plain CONNECTION LIMIT -1; ALTER DATABASE postgres CONNECTION LIMIT -1")

    assert (2, 4) == (limits["role plain"].used, limits["role plain"].most)
    assert 25 == limits["database postgres"].most
    assert 27 == limits["the server"].most
    assert limits["database postgres"].used == limits["the server"].used >= 5


def test_a_role_of_ours_that_may_connect_once_is_not_full_of_us(lively, opened):
    opened().execute("ALTER ROLE plain CONNECTION LIMIT 1")
    try:
        limits = {limit.whose: limit.used for limit in one(lively.dsn(user="plain"), connections.read)}
    finally:
        opened().execute("ALTER ROLE plain CONNECTION LIMIT -1")

    assert 0 == limits["role plain"]


def test_a_reader_that_gets_no_connection_says_so(lively, opened):
    opened().execute("ALTER ROLE plain CONNECTION LIMIT 1")
    try:
        opened(lively.dsn(user="plain"))
        with pytest.raises(Unjudged, match='too many connections for role "plain"'):
            read_all(lively.dsn(user="plain"))
    finally:
        opened().execute("ALTER ROLE plain CONNECTION LIMIT -1")


def test_ages_are_those_of_the_server(each_version):
    with DISORDERS["database-never-frozen"].deed(each_version.dsn()):
        ages = one(each_version.dsn(user="plain"), wraparound.read)

    assert "database postgres" == ages.databases[0].whose
    assert 1_500_000_000 <= ages.databases[0].age < 1_500_100_000
    assert ages.table is not None
    assert ages.table.age < 100_000


def test_an_index_that_failed_is_told_from_one_that_is_being_built(lively, opened):
    writer, builder = opened(), opened()
    with DISORDERS["database-index-invalid"].deed(lively.dsn()):
        failed = one(lively.dsn(user="plain"), indexes.read)
    writer.execute("CREATE TABLE building (id integer)")
    writer.execute("BEGIN; INSERT INTO building VALUES (1)")
    builder.pgconn.send_query(b"CREATE INDEX CONCURRENTLY building_id ON building (id)")
    try:
        under_way = until(lambda: one(lively.dsn(user="plain"), indexes.read))
    finally:
        writer.execute("COMMIT")
        while builder.pgconn.get_result() is not None:
            continue
        writer.execute("DROP TABLE building")

    assert failed == (indexes.BadIndex("public.database_fault_once", "database_fault", False),)
    assert under_way == (indexes.BadIndex("public.building_id", "building", True),)
    assert one(lively.dsn(user="plain"), indexes.read) == ()


def test_a_damaged_page_that_somebody_read_is_counted(each_version):
    with DISORDERS["database-page-damaged"].deed(each_version.dsn()):
        pages = one(each_version.dsn(user="plain"), storage.read_pages)

    ((whose, failures),) = pages.failures
    assert (whose, failures > 0) == ("database database_fault", True)


def test_a_setting_that_is_not_there_is_absent(lively):
    assert one(lively.dsn(user="plain"), settings.read, ("no_such_setting",)) == {}


def test_a_tablespace_elsewhere_takes_no_room_of_the_data_folders_disk(lively, opened):
    elsewhere = lively.server.supervisor.make_folder(lively.server.place / "elsewhere", lively.server.account)
    owner = opened()
    before = one(lively.dsn(user="monitor"), storage.read_used)
    owner.execute(f"CREATE TABLESPACE elsewhere LOCATION '{elsewhere}'")
    owner.execute("CREATE UNLOGGED TABLE there (filler text) TABLESPACE elsewhere")
    owner.execute("ALTER TABLE there ALTER filler SET STORAGE plain")
    owner.execute("INSERT INTO there SELECT repeat('x', 8000) FROM generate_series(1, 1000)")
    ((there,),) = owner.execute("SELECT pg_tablespace_size('elsewhere')").fetchall()
    after = one(lively.dsn(user="monitor"), storage.read_used)
    owner.execute("DROP TABLE there")
    owner.execute("DROP TABLESPACE elsewhere")

    assert there > 8_000_000
    assert after < before + there / 2


@pytest.mark.parametrize(("name", "found"), [("timezone", "TimeZone"), ("DATESTYLE", "DateStyle")])
def test_a_setting_is_found_however_its_name_is_written(lively, name, found):
    assert [found] == [*one(lively.dsn(user="plain"), settings.read, (name,))]


def test_statements_are_counted_where_the_extension_is(each_version):
    with psycopg.connect(each_version.dsn(), autocommit=True) as owner:
        missing = one(each_version.dsn(user="plain"), statements.read, 1)
        owner.execute("CREATE SCHEMA counting; CREATE EXTENSION pg_stat_statements SCHEMA counting")
        try:
            owner.execute("SELECT pg_sleep(0.02), 'a literal'")
            refused = one(each_version.dsn(user="plain"), statements.read, 1)
            owner.execute("GRANT USAGE ON SCHEMA counting TO PUBLIC")
            owner.execute("ALTER ROLE monitor SET timezone = 'Pacific/Auckland'")
            seen = one(each_version.dsn(user="monitor"), statements.read, 1)
        finally:
            owner.execute("ALTER ROLE monitor RESET timezone; DROP SCHEMA counting CASCADE")

    assert missing.missing == "the extension pg_stat_statements is not in this database"
    assert refused.missing == "our role may not use the schema that pg_stat_statements is in"
    assert seen.missing == ""
    assert seen.since is not None
    assert abs(datetime.now(UTC).replace(tzinfo=None) - seen.since.replace(tzinfo=None)) < timedelta(hours=1)
    assert max(each.mean_ms for each in seen.counted) >= 20
    assert "literal" not in repr(seen)


def test_slow_statements_that_ran_once_hide_none_that_run_often(lively, opened):
    owner = opened()
    owner.execute("CREATE EXTENSION pg_stat_statements")
    try:
        for number in range(statements.MOST_STATEMENTS):
            owner.execute(f"SELECT pg_sleep(0.004) AS once_{number}, {', '.join('1' * (number + 1))}")
        for _ in range(3):
            owner.execute("SELECT 'often'::text, pg_sleep(0.001)")
        seen = one(lively.dsn(user="monitor"), statements.read, 3)
    finally:
        owner.execute("DROP EXTENSION pg_stat_statements")

    assert max(each.mean_ms for each in seen.counted if each.calls == 3) >= 1
    assert 3 <= min(each.calls for each in seen.counted)


def test_an_extension_of_an_older_server_is_told_and_leaves_the_rest_judged(lively, opened):
    opened().execute("CREATE EXTENSION pg_stat_statements VERSION '1.7'")
    try:
        seen = one(lively.dsn(user="monitor"), statements.read, 1)
    finally:
        opened().execute("DROP EXTENSION pg_stat_statements")

    assert ("pg_stat_statements is of an older server here", "ALTER EXTENSION pg_stat_statements UPDATE") == (
        seen.missing,
        seen.step,
    )


def test_an_extension_that_was_not_loaded_is_told(shop, databases):
    dsn = databases("CREATE EXTENSION pg_stat_statements")

    assert one(dsn, statements.read, 1).missing == "pg_stat_statements is not in shared_preload_libraries"


def until(look):
    from prodverify.wire import clock

    return clock.poll(lambda: look() or None, within_seconds=10, what="the server shows it")
