"""Diesel's table as it makes it (diesel/src/migration/setup_migration_table.sql)."""

import pytest

from prodverify.data.migrations.diesel import TOOL
from prodverify.record.findings import Unjudged

FILES = {
    "00000000000000_diesel_initial_setup/up.sql": "",
    "2024-01-01-000000_one/up.sql": "",
    "2024-01-01-000000_one/down.sql": "",
    "2024-02-01-000000_two/up.sql": "",
    ".hidden/x": "",
    "readme.md": "",
}
SETUP, ONE, TWO, THREE = "00000000000000", "20240101000000", "20240201000000", "20240301000000"
EMPTY = "TRUNCATE __diesel_schema_migrations"


@pytest.fixture(scope="module")
def place(databases):
    return databases(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,"
        " run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    )


def ran(*versions):
    return "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES " + ", ".join(
        f"('{version}', '2026-01-01 00:00:{number:02}')" for number, version in enumerate(versions)
    )


@pytest.mark.parametrize(
    ("versions", "rules"),
    [
        ([SETUP, ONE, TWO], []),
        ([SETUP, ONE], ["pending"]),
        ([SETUP, TWO], ["pending"]),
        ([SETUP, ONE, TWO, THREE], ["code-behind"]),
        ([SETUP, ONE, THREE], ["diverged"]),
        ([SETUP, TWO, ONE], ["applied-out-of-order"]),
    ],
)
def test_rows_and_folders_are_compared_by_version(place, written, looked, versions, rules):
    assert rules == list(looked(TOOL, place, written(FILES), EMPTY, ran(*versions)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


def test_a_folder_without_script_is_refused_as_diesel_does(written):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written({**FILES, "2024-03-01-000000_three/down.sql": ""}))

    assert "2024-03-01-000000_three holds no up.sql" == caught.value.finding.observed
