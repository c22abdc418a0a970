"""Knex's tables as it makes them on PostgreSQL (lib/migrations/migrate/table-creator.js)."""

import psycopg
import pytest

from prodverify.data.migrations import tools
from prodverify.data.migrations.knex import TOOL
from prodverify.record.findings import Unjudged

TABLES = """
CREATE TABLE knex_migrations (
    id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz);
CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer);
INSERT INTO knex_migrations_lock (is_locked) VALUES (0);
"""
FILES = {"20240101000000_one.js": "", "20240201000000_two.js": ""}
EMPTY = "TRUNCATE knex_migrations; UPDATE knex_migrations_lock SET is_locked = 0"


@pytest.fixture(scope="module")
def place(databases):
    return databases(TABLES)


def ran(*names):
    return "INSERT INTO knex_migrations (name, batch, migration_time) VALUES " + ", ".join(
        f"('{name}', 1, now())" for name in names
    )


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        (list(FILES), []),
        # as services record them that told the tool to leave the endings out
        (["20240101000000_one", "20240201000000_two"], []),
        (["20240101000000_one.js"], ["pending"]),
        ([*FILES, "20240301000000_three.js"], ["code-behind"]),
        (["20240101000000_one.js", "20240301000000_three.js"], ["diverged"]),
        # the same scripts, compiled or not, are others to Knex: "the migration directory is corrupt"
        (["20240101000000_one.ts", "20240201000000_two.ts"], ["unknown-revision"]),
        ([*reversed(FILES)], ["applied-out-of-order"]),
    ],
)
def test_rows_and_scripts_are_compared_by_file_name(place, written, looked, names, rules):
    assert rules == list(looked(TOOL, place, written(FILES), EMPTY, ran(*names)))


def test_an_older_script_that_was_merged_later_is_pending_because_knex_will_run_it(place, written, looked):
    found = looked(TOOL, place, written({**FILES, "20240115000000_late.js": ""}), EMPTY, ran(*FILES))

    assert ["pending"] == list(found)
    assert "older than the newest applied" in found["pending"]


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


def test_a_lock_that_nobody_holds_any_more_is_told(place, written, looked):
    locked = "UPDATE knex_migrations_lock SET is_locked = 1"

    assert ["locked"] == list(looked(TOOL, place, written(FILES), EMPTY, ran(*FILES), locked))


def test_a_lock_while_somebody_changes_tables_is_a_running_migration(place, written, looked, altering):
    with altering(place):
        locked = "UPDATE knex_migrations_lock SET is_locked = 1"

        assert ["running"] == list(looked(TOOL, place, written(FILES), EMPTY, ran(*FILES), locked))


def test_a_lock_table_that_is_gone_locks_nothing(databases, written, looked):
    place = databases(TABLES + "DROP TABLE knex_migrations_lock;" + ran(*FILES))

    assert {} == looked(TOOL, place, written(FILES))


def test_a_lock_that_may_not_be_seen_is_no_verdict_and_says_what_to_grant(databases):
    with psycopg.connect(databases(TABLES)) as writing:
        writing.execute("CREATE ROLE lockless; GRANT SELECT ON knex_migrations TO lockless; SET LOCAL ROLE lockless")
        with pytest.raises(Unjudged) as caught:
            tools.read(TOOL, writing)
        writing.rollback()

    assert 'GRANT SELECT ON "public"."knex_migrations_lock" TO "lockless";' == caught.value.finding.next_step


def test_declarations_hidden_files_and_others_are_no_scripts(written):
    more = {"20240101000000_one.d.ts": "", ".hidden.js": "", "readme.md": "", "old/20230101000000_x.js": ""}

    assert set(FILES) == TOOL.history(written({**FILES, **more})).known


def test_modules_are_scripts_where_there_is_nothing_else(written):
    assert {"1_one.mjs"} == TOOL.history(written({"1_one.mjs": ""})).known


def test_our_reading_makes_no_table(databases, written, looked):
    place = databases()

    assert ["table-missing"] == list(looked(TOOL, place, written(FILES)))
    with psycopg.connect(place) as connection:
        assert [] == connection.execute("SELECT relname FROM pg_class WHERE relname ~ 'knex'").fetchall()
