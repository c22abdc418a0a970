"""A scratch database has a few rows of each table, and every row that they refer to."""

from contextlib import nullcontext

import psycopg
import pytest

from prodverify.data.catalog.scratch import scratch
from prodverify.record.findings import Unjudged

TANGLED = """
CREATE TABLE places (country text, number integer, PRIMARY KEY (country, number));
CREATE TABLE people (
    id bigint PRIMARY KEY, country text, number integer, boss bigint REFERENCES people, code uuid UNIQUE,
    FOREIGN KEY (country, number) REFERENCES places);
CREATE TABLE badges (code uuid NOT NULL REFERENCES people (code), holder bigint REFERENCES people);
ALTER TABLE people ADD best uuid;
INSERT INTO places SELECT 'it''s ' || n, n FROM generate_series(1, 100) n;
INSERT INTO people
    SELECT n, 'it''s ' || 101 - n, 101 - n, nullif(n - 1, 0), md5(n::text)::uuid FROM generate_series(1, 100) n;
INSERT INTO badges SELECT md5((101 - n)::text)::uuid, nullif(n % 7, 0) FROM generate_series(1, 100) n;
CREATE TABLE secrets (a integer);
INSERT INTO secrets VALUES (1);
CREATE TABLE empty ();
"""


RECORDS = """
CREATE TABLE goose_db_version AS SELECT n AS id, n AS version_id, true AS is_applied, now() AS tstamp
    FROM generate_series(1, 5) n;
CREATE SCHEMA ops;
CREATE TABLE ops."Ours" AS SELECT 'm' || n AS name FROM generate_series(1, 5) n;
CREATE TABLE plain AS SELECT generate_series(1, 5) AS n;
GRANT USAGE ON SCHEMA ops TO PUBLIC;
GRANT SELECT ON goose_db_version, ops."Ours", plain TO PUBLIC;
"""


@pytest.fixture(autouse=True)
def lent(cluster, monkeypatch):
    """The scratch database is made in the server that is there already, which saves half a second for each."""

    class Lent:
        dsn, binaries, server = staticmethod(cluster.dsn), cluster.binaries, cluster.server

    monkeypatch.setattr("prodverify.data.catalog.scratch.empty_cluster", lambda *_, **__: nullcontext(Lent()))


@pytest.fixture(scope="module")
def tangled(databases):
    return databases(TANGLED)


def counts(made):
    with psycopg.connect(made.dsn) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("places", "people", "badges", "secrets")
        }


def test_every_row_has_the_rows_that_it_refers_to(tangled):
    with scratch(tangled, rows=3, deadline_seconds=60, statement_timeout_ms=5000) as made:
        found = counts(made)

    # the first three badges are of the last three people, who have a boss each, down to the first of all
    assert {"places": 100, "people": 100, "badges": 3, "secrets": 1} == found
    assert made.rows == sum(found.values())


def test_a_deadline_that_passes_while_it_is_made_is_inconclusive(tangled):
    with (
        pytest.raises(Unjudged, match=r"raise deadline_seconds in \[schema.scratch\]"),
        scratch(tangled, rows=3, deadline_seconds=0.001, statement_timeout_ms=5000),
    ):
        pass


def test_no_row_at_all_is_a_choice(tangled):
    with scratch(tangled, rows=0, deadline_seconds=60, statement_timeout_ms=5000) as made:
        assert {"places": 0, "people": 0, "badges": 0, "secrets": 0} == counts(made)


def test_rows_that_the_role_may_not_see_are_left_out_and_named(tangled):
    with psycopg.connect(tangled) as connection:
        connection.execute("DO $$ BEGIN CREATE ROLE peeping LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO peeping")
        connection.execute("ALTER TABLE secrets ENABLE ROW LEVEL SECURITY")
    role = tangled.replace("postgres@", "peeping@")
    with scratch(role, rows=2, deadline_seconds=60, statement_timeout_ms=5000) as made:
        assert ("secrets",) == made.unread
        assert 0 == counts(made)["secrets"]


def test_a_tool_has_all_of_its_record_whatever_that_is_called(databases):
    with (
        scratch(
            databases(RECORDS), rows=2, deadline_seconds=60, statement_timeout_ms=5000, version_tables=["ops.Ours"]
        ) as made,
        psycopg.connect(made.dsn) as connection,
    ):
        held = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("goose_db_version", 'ops."Ours"', "plain")
        ]

    assert [5, 5, 2] == held


def test_without_the_record_of_its_tool_no_migration_is_tried(databases):
    dsn = databases(RECORDS)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DO $$ BEGIN CREATE ROLE peeping LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        connection.execute("ALTER TABLE goose_db_version ENABLE ROW LEVEL SECURITY")

    with (
        pytest.raises(Unjudged, match="every row of table goose_db_version"),
        scratch(dsn.replace("postgres@", "peeping@"), rows=2, deadline_seconds=60, statement_timeout_ms=5000),
    ):
        pass
