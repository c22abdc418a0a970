"""node-pg-migrate's table as it makes it (runner.js, ``ensureMigrationsTable``)."""

import pytest

from prodverify.data.migrations.node_pg_migrate import TOOL

FILES = {"1700000000000_one.js": "", "1700000000001_two.sql": ""}
NAMES = ["1700000000000_one", "1700000000001_two"]
EMPTY = "TRUNCATE pgmigrations"


@pytest.fixture(scope="module")
def place(databases):
    return databases(
        "CREATE TABLE pgmigrations (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
    )


def ran(*names):
    return "INSERT INTO pgmigrations (name, run_on) VALUES " + ", ".join(
        f"('{name}', '2026-01-01 00:00:{number:02}')" for number, name in enumerate(names)
    )


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        (NAMES, []),
        (NAMES[:1], ["pending"]),
        # its check of the order refuses to go on
        (NAMES[1:], ["out-of-order"]),
        ([*NAMES, "1700000000002_three"], ["code-behind"]),
        ([NAMES[0], "1700000000002_three"], ["diverged"]),
        ([*reversed(NAMES)], ["applied-out-of-order"]),
    ],
)
def test_rows_and_scripts_are_compared_by_name_without_ending(place, written, looked, names, rules):
    assert rules == list(looked(TOOL, place, written(FILES), EMPTY, ran(*names)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


def test_numbers_are_ordered_by_value_and_17_digits_are_a_time(written):
    names = ["0010_b", "2_a", "20231114221320000_utc", "1700000000001_after", "1699999999999_before"]
    ordered = [revision.identifier for revision in TOOL.history(written({f"{n}.js": "" for n in names})).revisions]

    assert ["2_a", "0010_b", "1699999999999_before", "20231114221320000_utc", "1700000000001_after"] == ordered


def test_a_pair_of_scripts_is_one_migration(written):
    files = {"1_one.up.sql": "", "1_one.down.sql": "", "2_two.ts": "", "2_two.d.ts": "", ".3_hidden.js": ""}

    assert {"1_one", "2_two"} == TOOL.history(written(files)).known


@pytest.mark.parametrize("name", ["99999999999999999_no_time", "x", "9" * 120, "17000000000000009_short"])
def test_odd_numbers_are_ordered_too(written, name):
    revisions = TOOL.history(written({f"{name}.js": "", "1_one.js": ""})).revisions

    assert {name, "1_one"} == {revision.identifier for revision in revisions}
