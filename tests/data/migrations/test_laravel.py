"""Laravel's table as it makes it (DatabaseMigrationRepository.php, ``createRepository``)."""

import pytest

from prodverify.data.migrations.laravel import TOOL

ONE, TWO, THREE = "2024_01_01_000000_one", "2024_02_01_000000_two", "2024_03_01_000000_three"
OLD = "2014_10_12_000000_create_users_table"
FILES = dict.fromkeys([f"migrations/{name}" for name in (f"{ONE}.php", f"{TWO}.php", "Helper.php", "a_b.txt")], "")
DUMP = f"""--
-- PostgreSQL database dump
--
CREATE TABLE public.migrations (id integer NOT NULL, migration character varying(255) NOT NULL, batch integer);
COPY public.migrations (id, migration, batch) FROM stdin;
1\t{OLD}\t1
2\t{ONE}\t1
\\.
"""
EMPTY = "TRUNCATE migrations"


@pytest.fixture(scope="module")
def place(databases):
    return databases(
        "CREATE TABLE migrations"
        " (id serial PRIMARY KEY NOT NULL, migration varchar(255) NOT NULL, batch integer NOT NULL)"
    )


def ran(*names):
    return "INSERT INTO migrations (migration, batch) VALUES " + ", ".join(
        f"('{name}', {number})" for number, name in enumerate(names, 1)
    )


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        ([ONE, TWO], []),
        ([ONE], ["pending"]),
        ([TWO], ["pending"]),
        ([ONE, TWO, THREE], ["code-behind"]),
        ([ONE, THREE], ["diverged"]),
        # of a package, whose scripts lie elsewhere
        ([OLD, ONE, TWO], []),
        ([TWO, ONE], ["applied-out-of-order"]),
    ],
)
def test_rows_and_scripts_are_compared_by_name(place, written, looked, names, rules):
    assert rules == list(looked(TOOL, place, written(FILES) / "migrations", EMPTY, ran(*names)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


@pytest.mark.parametrize(
    ("names", "rules"),
    [([OLD, ONE, TWO], []), ([OLD, ONE], ["pending"]), ([OLD, ONE, TWO, THREE], ["code-behind"])],
)
def test_what_a_schema_dump_stands_for_needs_no_script(place, written, looked, names, rules):
    files = {f"migrations/{TWO}.php": "", "schema/pgsql-schema.sql": DUMP}

    assert rules == list(looked(TOOL, place, written(files), EMPTY, ran(*names)))


def test_a_schema_dump_is_the_first_migration_of_an_empty_database(place, written, looked):
    found = looked(TOOL, place, written({f"migrations/{TWO}.php": "", "schema/pgsql-schema.sql": DUMP}), EMPTY)

    assert ["pending"] == list(found)
    assert "2 pending: pgsql-schema.sql" in found["pending"]


def test_a_schema_dump_whose_scripts_are_all_there_changes_nothing(written):
    files = {**FILES, "schema/pgsql-schema.sql": DUMP.replace(OLD, TWO)}

    assert {ONE, TWO} == TOOL.history(written(files)).known
