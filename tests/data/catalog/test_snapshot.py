"""A snapshot has one line for each object, and every change of an object is a change of that line alone."""

import os

import psycopg
import pytest

from prodverify.data import binaries
from prodverify.data.binaries import BinariesMissing
from prodverify.data.catalog.difference import difference
from prodverify.data.catalog.lines import about, kind_of
from prodverify.data.catalog.snapshot import Snapshot, SnapshotError, read_snapshot
from prodverify.data.connection import read_only
from prodverify.data.empty import empty_cluster
from prodverify.judges.drift import judge_difference
from prodverify.record.findings import Severity
from tests.data.catalog.changes import CHANGES, FROM_15
from tests.data.catalog.conftest import EVERYTHING, ROLES


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_an_object_is_a_change_of_its_line_alone(everything, everything_lines, lines_of, change):
    told = difference(everything_lines, lines_of(everything, change)).as_lines()

    assert len(CHANGES[change]) == len(told), told
    assert [True] * len(told) == [line.startswith(each) for line, each in zip(told, CHANGES[change], strict=True)], told


@pytest.mark.parametrize("change", FROM_15)
def test_what_newer_servers_have_is_told_there(everything, everything_lines, lines_of, programs, change):
    if programs.major < 15:
        pytest.skip(f"PostgreSQL {programs.major} has none")
    try:
        told = difference(everything_lines, lines_of(everything, change)).as_lines()
    except psycopg.errors.FeatureNotSupported as lacking:
        pytest.skip(str(lacking))  # a PostgreSQL without ICU

    assert [True] * len(FROM_15[change]) == [
        line.startswith(each) for line, each in zip(told, FROM_15[change], strict=True)
    ]


def test_reading_a_view_leaves_no_lock(everything):
    with read_only(everything, statement_timeout_ms=10_000) as connection:
        read_snapshot(connection)
        held = connection.execute(
            "SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384"
        ).fetchall()

    assert [] == held


def test_every_line_is_about_another_object_of_a_known_kind(everything_lines):
    assert len(everything_lines) == len({about(line) for line in everything_lines})
    assert [] == [line for line in everything_lines if not kind_of(line)]
    assert list(everything_lines) == sorted(everything_lines)


@pytest.mark.parametrize(
    "line",
    [
        'column "order ""by"" (x)"." public.y" text',
        "function shout(text,integer) returns text, sql, definition ",
        'owner of table "order ""by"" (x)": postgres',
        "constraint app.orders.orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)",
        "table events partition by RANGE (at)",
        "server far by nowhere options host c54358f2b2c28ff4, password",
        "extension plpgsql version 1.0",
    ],
)
def test_a_line_says_what_a_person_would(everything_lines, line):
    assert 1 == sum(each.startswith(line) for each in everything_lines)


def test_no_value_of_an_option_and_no_argument_of_a_trigger_is_told(everything_lines):
    assert [] == [line for line in everything_lines if "hush" in line or "db.internal" in line]


def test_a_comment_that_is_no_utf_8_is_no_obstacle(cluster):
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE made_of_bytes TEMPLATE template0 ENCODING 'SQL_ASCII'")
    with psycopg.connect(cluster.dsn("made_of_bytes"), client_encoding="LATIN1") as connection:
        connection.execute("CREATE TABLE plain (id integer); COMMENT ON TABLE plain IS '\u00e9'")

    with read_only(cluster.dsn("made_of_bytes"), statement_timeout_ms=10_000) as connection:
        lines = read_snapshot(connection).lines

    assert 1 == sum(line.startswith("comment on table plain: ") for line in lines)


def test_what_an_object_is_called_is_found_in_its_line():
    assert [
        'function "odd name"("a (b", text)',
        "cast (app.pair as text)",
        'column "a.b".c."d e"',
        'grants on function "f: (x"(integer) to PUBLIC',
        "nothing that we know: at all",
    ] == [
        about('function "odd name"("a (b", text) returns text, sql, definition 0'),
        about("cast (app.pair as text) without function"),
        about('column "a.b".c."d e" text default \'x y\'::text'),
        about('grants on function "f: (x"(integer) to PUBLIC: none'),
        about("nothing that we know: at all"),
    ]


def test_a_definition_of_many_lines_is_one_line_and_a_long_one_a_hash(databases, lines_of):
    long = " || ".join(f"'{number} public.x'" for number in range(100))
    dsn = databases(
        "CREATE TABLE t (a text DEFAULT E'one\\ntwo', b regclass DEFAULT 'public.t'::regclass);"
        f"CREATE VIEW v AS SELECT a,\n 'public.x  y'::text AS b, 1 AS \"it's\npublic.z\" FROM t;"
        f"CREATE VIEW w AS SELECT {long} AS x"
    )
    lines = lines_of(dsn)

    assert r"column t.a text default 'one\ntwo'::text" in lines
    assert "column t.b regclass default 't'::regclass" in lines
    assert any(line.startswith("view v as SELECT ") and "'public.x  y'" in line for line in lines)
    assert any('"it\'s\\npublic.z"' in line for line in lines)
    (hashed,) = (line for line in lines if line.startswith("view w "))
    assert len(hashed) < 200
    assert " md5 " in hashed


def test_a_snapshot_that_was_written_is_read_again(everything):
    with read_only(everything, statement_timeout_ms=10_000) as connection:
        snapshot = read_snapshot(connection)

    assert snapshot == Snapshot.from_text(snapshot.as_text())
    assert snapshot == Snapshot.from_text(snapshot.as_text().replace("\n", "\r\n") + "\n# a remark of ours\n")


@pytest.mark.parametrize("text", ["", "table a\n", "# prodverify snapshot 3, PostgreSQL 15\n", "\0"])
def test_a_text_that_is_no_snapshot_is_refused_in_one_sentence(text):
    with pytest.raises(SnapshotError, match="write it anew"):
        Snapshot.from_text(text)


def test_a_snapshot_of_an_older_version_is_refused_as_its_lines_say_less():
    with pytest.raises(SnapshotError, match="an older version of this program wrote it; write it anew"):
        Snapshot.from_text("# prodverify snapshot 1, PostgreSQL 15\ntable users\n")


def test_two_major_versions_tell_the_same_objects(everything_lines, programs, lines_of):
    try:
        others = [binaries.find(at_least=18)]
    except BinariesMissing:
        others = []
    if (not others or others[0].major == programs.major) and "CI" not in os.environ:
        pytest.skip("there is one major version of PostgreSQL here")
    with empty_cluster(others[0], name="pv", small=True) as cluster:
        with psycopg.connect(cluster.dsn("postgres")) as connection:
            connection.execute(ROLES)
            connection.execute(EVERYTHING)
        lines = lines_of(cluster.dsn("postgres"))
    told = difference(everything_lines, lines)
    findings = judge_difference(told, expected_in="here", found_in="there", same_major=False)

    assert ((), ()) == (told.missing, told.unknown)
    assert {"view"} >= {kind_of(before) for before, _ in told.changed}
    assert {Severity.WARN} >= {finding.severity for finding in findings}
