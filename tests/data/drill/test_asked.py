"""What is asked of a restored database: its files by amcheck, and the target's own queries."""

from datetime import UTC, datetime

import psycopg
import pytest

from prodverify.data.drill import amcheck, questions
from prodverify.data.drill.wishes import Question

TAKEN = datetime(2026, 1, 2, tzinfo=UTC)
MOVED = """
UPDATE pg_catalog.pg_index SET indisready = false WHERE indexrelid = 'keys_by_workspace'::regclass;
WITH moved AS (DELETE FROM api_keys WHERE id = 7 RETURNING *) INSERT INTO api_keys SELECT * FROM moved;
UPDATE pg_catalog.pg_index SET indisready = true WHERE indexrelid = 'keys_by_workspace'::regclass;
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sound_database_is_sound(own_shop, jobs, monkeypatch):
    monkeypatch.setattr(amcheck, "ONE_CONNECTION_BYTES", 0)
    seen = amcheck.check(own_shop, jobs)

    assert ((), (), "") == (seen.problems, seen.unchecked, seen.unavailable)
    assert seen.relations > 15


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_row_that_its_index_does_not_know_is_found(own_shop, jobs, monkeypatch):
    monkeypatch.setattr(amcheck, "ONE_CONNECTION_BYTES", 0)
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute(MOVED)
    (problem,) = amcheck.check(own_shop, jobs).problems

    assert problem.startswith("index keys_by_workspace: heap tuple")


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_takes_too_long_is_named_and_the_others_are_looked_at(own_shop, jobs, monkeypatch):
    monkeypatch.setattr(amcheck, "ONE_CONNECTION_BYTES", 0)
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION dwells(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$"
            " BEGIN PERFORM pg_sleep(CASE current_setting('application_name') WHEN '' THEN 60 ELSE 0 END);"
            " RETURN $1; END $$;"
            "CREATE TABLE dwelt AS SELECT 1 AS a; SET application_name = 'maker';"
            "CREATE INDEX dwelling ON dwelt (dwells(a))"
        )
        connection.execute(MOVED)
    seen = amcheck.check(own_shop, jobs, deadline_seconds=1.0)

    assert ("dwelling",) == seen.unended
    assert seen.problems[0].startswith("index keys_by_workspace")


def test_the_backups_own_amcheck_is_used(own_shop):
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "Its own"; CREATE EXTENSION amcheck SCHEMA "Its own"')
    seen = amcheck.check(own_shop, 1)

    assert ((), "") == (seen.problems, seen.unavailable)


def test_a_trigger_of_the_backup_does_not_keep_amcheck_out(own_shop):
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuses() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
            "CREATE EVENT TRIGGER refuses ON ddl_command_start EXECUTE FUNCTION refuses()"
        )

    assert "" == amcheck.check(own_shop, 1).unavailable


def test_an_extension_that_cannot_be_made_is_told(own_shop):
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA prodverify_amcheck")

    assert "cannot be made" in amcheck.check(own_shop, 1).unavailable


@pytest.mark.parametrize(
    ("sql", "expect", "equal"),
    [
        ("SELECT count(*) FROM workspaces", "40", True),
        ("SELECT count(*) FROM workspaces;", "39", False),
        ("SELECT 2.50", "2.5", True),
        ("SELECT true", "true", True),
        ("SELECT false", "true", False),
        ("SELECT 'a%b'", "a%b", True),
        ("SELECT NULL", "", False),
        ("SELECT 1 WHERE false", "1", False),
        ("SELECT WHERE true", "1", False),
    ],
)
def test_the_first_value_is_compared_as_text_or_as_a_number(shop, sql, expect, equal):
    (answer,) = questions.ask(shop, [Question("q", sql, expect)], TAKEN, 1000)

    assert (equal, "") == (answer.equal, answer.refused)


@pytest.mark.parametrize(
    ("sql", "seconds"),
    [
        ("SELECT timestamptz '2026-01-01 23:00:00+00'", 3600.0),
        ("SELECT timestamp '2026-01-01 23:00:00'", 3600.0),
        ("SELECT date '2026-01-01'", 86400.0),
        ("SELECT timestamptz '2026-01-02 01:00:00+00'", -3600.0),
        ("SELECT 'yesterday'", None),
        ("SELECT NULL::timestamptz", None),
        ("SELECT now() WHERE false", None),
    ],
)
def test_a_time_is_told_by_how_long_before_the_backup_it_lies(shop, sql, seconds):
    (answer,) = questions.ask(shop, [Question("q", sql, dated=True)], TAKEN, 1000)

    assert (seconds, "") == (answer.older_seconds, answer.refused)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nothing", 'column "nothing" does not exist'),
        ("SELECT 'secret'::int", "ERROR 22P02 invalid_text_representation"),
        ("SELECT ('\"' || chr(115) || 'ecret\"')::regclass", 'relation "..." does not exist'),
        ("SELECT query_to_xml('SELECT ' || chr(115) || 'ecret', true, true, '')", "ERROR 42703 undefined_column"),
        ("SELECT 4294967296::int", "ERROR 22003 numeric_value_out_of_range"),
        ("SELECT pg_sleep(9)", "canceling statement due to statement timeout"),
        ("INSERT INTO sessions VALUES (1)", "syntax error at or near"),
        ("SELECT nextval('api_keys_id_seq')", "cannot execute nextval() in a read-only transaction"),
    ],
)
def test_what_postgresql_refuses_is_told_without_a_value(shop, sql, said):
    (answer,) = questions.ask(shop, [Question("q", sql)], TAKEN, 200)

    assert said in answer.refused
    assert "secret" not in answer.refused


def test_a_time_that_python_cannot_hold_is_told_without_it(shop):
    (answer,) = questions.ask(shop, [Question("q", "SELECT timestamptz '29999-12-31'", dated=True)], TAKEN, 200)

    assert "data_error" == answer.refused


def test_no_more_rows_are_fetched_than_are_asked_for(shop):
    everything = "SELECT generate_series(1, 100000000)"
    (answer,) = questions.ask(shop, [Question("q", everything, at_least=3)], TAKEN, 2000)

    assert (3, "") == (answer.rows, answer.refused)
