"""Atlas's table as it makes it on PostgreSQL (cmd/atlas/internal/migrate/ent/migrate/schema.go)."""

import base64
import hashlib

import pytest

from prodverify.data.migrations.atlas import TOOL
from prodverify.record.findings import Unjudged

TABLE = """
CREATE SCHEMA atlas_schema_revisions;
CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (
    version character varying NOT NULL PRIMARY KEY, description character varying NOT NULL,
    type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0,
    executed_at timestamptz NOT NULL, execution_time bigint NOT NULL, error text, error_stmt text,
    hash character varying NOT NULL, partial_hashes jsonb, operator_version character varying NOT NULL)
"""
PLACE = "atlas_schema_revisions.atlas_schema_revisions"
EMPTY = f"""TRUNCATE {PLACE}; INSERT INTO {PLACE} (version, description, executed_at, execution_time, hash,
    operator_version) VALUES ('.atlas_cloud_identifier', 'b0b3', now() - interval '9 days', 0, '', 'x')"""
FILES = {"1_one.sql": "CREATE TABLE one (id int);\n", "2_two.sql": "SELECT 2;\n", "3_three.sql": "SELECT 3;\n"}
CHECKPOINT = "-- atlas:checkpoint\n\nCREATE TABLE one (id int);\n"


@pytest.fixture(scope="module")
def place(databases):
    return databases(TABLE)


def hashes(files):
    running, found = hashlib.sha256(), {}
    for name in sorted(files):
        running.update(name.encode() + files[name].encode())
        found[name] = base64.b64encode(running.digest()).decode()
    return found


def summed(files):
    # the first line is not looked at: it is made of the others
    return {**files, "atlas.sum": "h1:x\n" + "".join(f"{name} h1:{each}\n" for name, each in hashes(files).items())}


def ran(*versions, files=FILES, applied=1, total=1, error="NULL", age="1 minute", kind=2):
    known = {name.partition("_")[0]: each for name, each in hashes(files).items()}
    return f"INSERT INTO {PLACE} VALUES " + ", ".join(
        f"('{version}', 'x', {kind}, {applied}, {total}, now() - interval '{age}' + interval '{number} ms', 1, {error},"
        f" NULL, '{known.get(version, '')}', NULL, 'x')"
        for number, version in enumerate(versions)
    )


@pytest.mark.parametrize(
    ("versions", "rules"),
    [
        ("123", []),
        ("12", ["pending"]),
        ("13", ["out-of-order"]),
        ("1234", ["code-behind"]),
        ("124", ["diverged"]),
        ("132", ["applied-out-of-order"]),
        # what is before the first row is covered by it
        ("23", []),
    ],
)
def test_rows_and_scripts_are_compared_by_version(place, written, looked, versions, rules):
    assert rules == list(looked(TOOL, place, written(summed(FILES)), EMPTY, ran(*versions)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


def test_a_baseline_covers_what_is_before_it(place, written, looked):
    baseline = ran("2", kind=1, applied=0, total=0)

    assert {} == looked(TOOL, place, written(FILES), EMPTY, baseline, ran("3"))
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY, baseline))


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ({"applied": 1, "total": 3, "error": "'no such column secret'"}, ["half-applied", "pending"]),
        ({"applied": 0, "total": 3, "error": "'no such column secret'"}, ["failed", "pending"]),
        ({"applied": 1, "total": 3, "age": "59 minutes"}, ["pending", "running"]),
        ({"applied": 1, "total": 3, "age": "61 minutes"}, ["half-applied", "pending"]),
        ({"applied": 0, "total": 3, "age": "2 days"}, ["failed", "pending"]),
    ],
)
def test_a_script_that_did_not_run_to_its_end_is_told(place, written, looked, row, rules):
    found = looked(TOOL, place, written(FILES), EMPTY, ran("1", "2", age="3 days"), ran("3", **row))

    assert rules == sorted(found)
    assert "secret" not in str(found)


def test_one_that_is_old_is_running_as_long_as_somebody_changes_tables(place, written, looked, altering):
    begun, failed = {"applied": 1, "total": 3, "age": "3 hours"}, {"error": "'no such column'"}
    with altering(place):
        going_on = looked(TOOL, place, written(FILES), EMPTY, ran("1", "2", age="3 days"), ran("3", **begun))
        over = looked(TOOL, place, written(FILES), EMPTY, ran("1", "2", age="3 days"), ran("3", **begun, **failed))

    assert ["pending", "running"] == sorted(going_on)
    assert ["half-applied", "pending"] == sorted(over)


def test_the_first_script_that_is_not_what_ran_is_edited(place, written, looked):
    edited = {**FILES, "2_two.sql": "SELECT 22;\n"}
    found = looked(TOOL, place, written(summed(edited)), EMPTY, ran("1", "2", "3"))

    assert ["edited"] == list(found)
    assert found["edited"].startswith("2 changed")


@pytest.mark.parametrize(
    ("more", "rules"), [({"15_late.sql": "SELECT 15;\n"}, ["out-of-order"]), ({"4_four.sql": ""}, ["pending"])]
)
def test_a_script_that_was_added_does_not_make_others_edited(place, written, looked, more, rules):
    assert rules == list(looked(TOOL, place, written(summed({**FILES, **more})), EMPTY, ran("1", "2", "3")))


def test_a_checkpoint_is_nothing_to_a_database_that_ran_what_it_stands_for(place, written, looked):
    files = {**FILES, "31_checkpoint.sql": CHECKPOINT, "4_four.sql": "SELECT 4;\n"}

    assert {} == looked(TOOL, place, written(summed(files)), EMPTY, ran("1", "2", "3", "4", files=files))


def test_a_checkpoint_covers_what_is_before_it_in_a_new_database(place, written, looked):
    files = {**FILES, "31_checkpoint.sql": CHECKPOINT, "4_four.sql": "SELECT 4;\n"}

    assert {} == looked(TOOL, place, written(summed(files)), EMPTY, ran("31", "4", files=files))


@pytest.mark.parametrize("change", [{"2_two.sql": "SELECT 22;\n"}, {"4_four.sql": ""}])
def test_a_folder_that_is_not_what_its_sum_says_is_refused_as_atlas_does(written, change):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written({**summed(FILES), **change}))

    assert "atlas.sum does not fit the scripts, so Atlas refuses to go on (`atlas migrate hash`)" == (
        caught.value.finding.observed
    )


def test_a_script_without_sum_is_a_migration_without_checksum(written):
    files = {"1_one.sql": "-- atlas:sum ignore\nSELECT 1;\n", "2.10.x-20_two_words.sql": "SELECT 2;\n"}

    assert {"1", "2.10.x-20"} == TOOL.history(written(files)).known
    assert {"2.10.x-20"} == set(TOOL.history(written(files)).checksums)
