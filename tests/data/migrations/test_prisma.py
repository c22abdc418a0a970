"""Prisma's table as schema-engine makes it (sql-schema-connector, flavour/postgres, ``create_migrations_table``)."""

import hashlib

import pytest

from prodverify.data.migrations.prisma import TOOL
from prodverify.record.findings import Unjudged

TABLE = """
CREATE TABLE _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)"""
ONE, TWO, THREE = "20240101000000_one", "20240201000000_two", "20240301000000_three"
SCRIPT = "CREATE TABLE t (id int);\n-- end\n"
BOTH = {f"{ONE}/migration.sql": SCRIPT, f"{TWO}/migration.sql": SCRIPT}
EMPTY = "TRUNCATE _prisma_migrations"


@pytest.fixture(scope="module")
def place(databases):
    return databases(TABLE)


def row(name, *, script=SCRIPT, finished="now()", rolled_back="NULL", logs="NULL", age="1 minute"):
    checksum = script if len(script) > 60 else hashlib.sha256(script.encode()).hexdigest()
    return (
        "INSERT INTO _prisma_migrations SELECT gen_random_uuid()::text,"
        f" '{checksum}', {finished}, '{name}', {logs}, {rolled_back}, now() - interval '{age}', 1"
    )


def test_what_is_finished_and_unchanged_is_in_sync(place, written, looked):
    assert {} == looked(TOOL, place, written(BOTH), EMPTY, row(ONE, age="2 minutes"), row(TWO))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(BOTH), EMPTY))


def test_a_folder_without_row_is_pending_and_a_row_without_folder_is_ahead(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(BOTH), EMPTY, row(ONE)))
    assert ["code-behind"] == list(looked(TOOL, place, written(BOTH), row(TWO), row(THREE)))
    assert ["diverged"] == list(looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(THREE)))


def test_one_that_failed_was_mended_and_ran_again_is_applied(place, written, looked):
    rows = [
        row(ONE, age="4 minutes"),
        row(TWO, script="broken", finished="NULL", logs="'syntax error'", rolled_back="now()", age="3 minutes"),
        row(TWO),
    ]

    assert {} == looked(TOOL, place, written(BOTH), EMPTY, *rows)


def test_one_with_logs_and_no_end_failed(place, written, looked):
    found = looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(TWO, finished="NULL", logs="'no such column'"))

    assert ["failed", "pending"] == sorted(found)
    assert "no such column" not in str(found)


def test_one_without_end_is_running_while_it_is_young_and_dead_when_it_is_old(place, written, looked):
    young = looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(TWO, finished="NULL", age="59 minutes"))
    old = looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(TWO, finished="NULL", age="61 minutes"))

    assert ["pending", "running"] == sorted(young)
    assert ["failed", "pending"] == sorted(old)


def test_one_that_is_old_is_running_as_long_as_somebody_changes_tables(place, written, looked, altering):
    with altering(place):
        found = looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(TWO, finished="NULL", age="3 hours"))

    assert ["pending", "running"] == sorted(found)


def test_a_script_that_is_not_what_ran_is_edited(place, written, looked):
    assert ["edited"] == list(looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(TWO, script="SELECT 1;")))


@pytest.mark.parametrize(
    "recorded",
    [
        hashlib.sha256(SCRIPT.replace("\n", "\r\n").encode()).hexdigest(),
        "".join(f"{byte:x}" for byte in hashlib.sha256(SCRIPT.encode()).digest()),
    ],
    ids=["other ends of lines", "without leading zeros"],
)
def test_what_prisma_takes_for_the_same_script_is_the_same(place, written, looked, recorded):
    assert {} == looked(TOOL, place, written(BOTH), EMPTY, row(ONE), row(TWO, script=recorded))


def test_a_script_written_on_windows_is_the_same_as_the_one_that_ran_elsewhere(place, written, looked):
    windows = {name: content.replace("\n", "\r\n") for name, content in BOTH.items()}

    assert {} == looked(TOOL, place, written(windows), EMPTY, row(ONE), row(TWO))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({f"{ONE}/readme": ""}, f"{ONE} holds no migration.sql"),
        ({**BOTH, "migration_lock.toml": '# x\nprovider = "mysql"\n'}, "migrations for mysql"),
        ({"migrations/a/migration.sql": ""}, "only a folder named migrations"),
        ({"readme": ""}, "no script"),
    ],
)
def test_a_folder_that_prisma_would_refuse_says_why(written, files, said):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written(files))

    assert said in caught.value.finding.observed


def test_the_file_that_names_postgresql_is_no_migration(written):
    files = {**BOTH, "migration_lock.toml": 'provider = "postgresql"\n'}

    assert {ONE, TWO} == TOOL.history(written(files)).known
