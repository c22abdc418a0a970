"""Large objects and names of indexes of partitions: one line about all of a kind, another for each change."""

import psycopg
import pytest

from prodverify.data.archives.archive import examine
from prodverify.data.catalog.beside import lines_beside
from prodverify.data.catalog.checksums import pin
from prodverify.data.catalog.contents import BESIDE
from prodverify.data.catalog.difference import difference
from prodverify.data.catalog.lines import about, kind_of
from prodverify.data.connection import read_only
from tests.data.archives.damaging import written

THINGS = """
CREATE TABLE orders (id integer PRIMARY KEY, note text) PARTITION BY RANGE (id);
CREATE TABLE orders_first PARTITION OF orders FOR VALUES FROM (0) TO (10);
CREATE INDEX orders_by_note ON orders (note);
SELECT lo_from_bytea(900001, decode(repeat('ab', 300000), 'hex')), lo_from_bytea(900002, '');
SELECT lo_put(lo_from_bytea(900003, ''), 700000, 'the end of one with a hole');
CREATE INDEX orders_by_sum ON orders ((id + 1));
CREATE FOREIGN DATA WRAPPER away;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER away;
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere;
CREATE CONVERSION odd FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
"""
CHANGES = {
    "SELECT lo_put(900001, 299999, 'x')": "large objects:",
    "SELECT lo_put(900002, 0, 'x')": "large objects:",
    "SELECT lo_put(900003, 262144, 'x')": "large objects:",
    "SELECT lo_unlink(900002)": "large objects:",
    "SELECT lo_create(900004)": "large objects:",
    "GRANT SELECT ON LARGE OBJECT 900001 TO PUBLIC": "large objects:",
    "ALTER LARGE OBJECT 900002 OWNER TO pg_monitor": "large objects:",
    "ALTER INDEX orders_first_note_idx RENAME TO orders_second_note_idx": "indexes of partitions:",
    "ALTER INDEX orders_by_sum ALTER COLUMN 1 SET STATISTICS 30": "other objects:",
    "DROP USER MAPPING FOR PUBLIC SERVER elsewhere": "other objects:",
    "ALTER CONVERSION odd RENAME TO odder": "other objects:",
    "DROP CONVERSION odd": "other objects:",
    "CREATE SUBSCRIPTION followed CONNECTION 'dbname=x' PUBLICATION one WITH (connect = false)": "other objects:",
    "CREATE TRUSTED LANGUAGE again HANDLER plpgsql_call_handler": "other objects:",
}


def lines_of(dsn):
    with read_only(dsn, statement_timeout_ms=10_000) as connection:
        pin(connection)
        return {about(line): line for line in lines_beside(connection)}


@pytest.fixture(scope="module")
def kept(databases):
    return databases(THINGS)


def test_a_database_without_them_has_no_line(databases):
    assert {} == lines_of(databases("CREATE TABLE plain (id integer PRIMARY KEY)"))


def test_each_kind_has_one_line_that_belongs_to_no_schema(kept):
    lines = lines_of(kept)

    assert set(BESIDE) == lines.keys()
    assert lines["large objects:"].startswith("large objects: 3, 1000026 bytes, checksum ")
    assert {""} == {kind_of(line) for line in lines.values()}
    assert not difference([], lines.values())


@pytest.mark.parametrize("statement", CHANGES)
def test_each_change_changes_its_line_alone(kept, databases, statement):
    dsn = databases(template=psycopg.conninfo.conninfo_to_dict(kept)["dbname"])
    with psycopg.connect(dsn) as connection:
        connection.execute(statement)
    before, after = lines_of(kept), lines_of(dsn)

    assert {CHANGES[statement]} == {kind for kind in before if before[kind] != after[kind]}


def test_they_are_the_same_after_a_restore(kept, databases, programs, tmp_path):
    for path in written(programs, kept, tmp_path).files.values():
        dsn = databases()
        examine(path).restore(programs, dsn, jobs=1, deadline_seconds=60.0)

        assert lines_of(kept) == lines_of(dsn)


def test_a_role_without_any_right_reads_what_is_beside_but_subscriptions(databases):
    dsn = databases(
        "CREATE ROLE reads_nothing LOGIN; CREATE CONVERSION odd FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;"
        "CREATE SUBSCRIPTION followed CONNECTION 'dbname=x' PUBLICATION one WITH (connect = false);"
    )

    assert lines_of(dsn)["other objects:"].startswith("other objects: 2, ")
    seen = lines_of(psycopg.conninfo.make_conninfo(dsn, user="reads_nothing"))
    assert seen["other objects:"].startswith("other objects: 1, ")
