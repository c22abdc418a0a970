"""Drizzle's table as it makes it (pg-core/dialect.js, ``migrate``)."""

import hashlib
import json

import pytest

from prodverify.data.migrations.drizzle import TOOL
from prodverify.record.findings import Unjudged

SCRIPT = "CREATE TABLE t (id int);\n--> statement-breakpoint\nSELECT 1;"
EMPTY = "TRUNCATE drizzle.__drizzle_migrations"


@pytest.fixture(scope="module")
def place(databases):
    return databases(
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations"
        " (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)"
    )


def journal(*times):
    entries = [{"idx": n, "version": "7", "when": when, "tag": f"{n:04}_x"} for n, when in enumerate(times)]
    scripts = {f"{n:04}_x.sql": f"{SCRIPT} -- {when}" for n, when in enumerate(times)}
    return {"meta/_journal.json": json.dumps({"version": "7", "entries": entries}), **scripts}


def ran(*times, script=None):
    return "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES " + ", ".join(
        f"('{hashlib.sha256((script or f'{SCRIPT} -- {when}').encode()).hexdigest()}', {when})" for when in times
    )


@pytest.mark.parametrize(
    ("listed", "recorded", "rules"),
    [
        ([100, 200], [100, 200], []),
        ([100, 200], [100], ["pending"]),
        ([100, 200], [100, 200, 300], ["code-behind"]),
        ([100, 200], [100, 300], ["diverged"]),
        # a branch that was merged late: Drizzle looks at the newest time alone, and never runs it
        ([100, 200, 150], [100, 200], ["out-of-order"]),
        ([100, 200, 150, 300], [100, 200], ["out-of-order", "pending"]),
    ],
)
def test_rows_and_journal_are_compared_by_all_times(place, written, looked, listed, recorded, rules):
    assert rules == list(looked(TOOL, place, written(journal(*listed)), EMPTY, ran(*recorded)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(journal(100)), EMPTY))


def test_a_script_that_is_not_what_ran_is_edited(place, written, looked):
    assert ["edited"] == list(looked(TOOL, place, written(journal(100)), EMPTY, ran(100, script="SELECT 2;")))


FOLDERS = {"20240101000000_one/migration.sql": SCRIPT, "20240201000000_two/migration.sql": f"{SCRIPT} -- 2"}
TIMES = [1704067200000, 1706745600000]


@pytest.fixture(scope="module")
def newer(databases):
    """A table as version 1 makes it (up-migrations/pg.js)."""
    return databases(
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL,"
        " created_at bigint, name text, applied_at timestamptz DEFAULT now())"
    )


def named(*names, script=None):
    return "INSERT INTO drizzle.__drizzle_migrations (hash, created_at, name) VALUES " + ", ".join(
        f"('{hashlib.sha256((script or FOLDERS.get(f'{name}/migration.sql', '')).encode()).hexdigest()}', 1, '{name}')"
        for name in names
    )


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        (["20240101000000_one", "20240201000000_two"], []),
        (["20240101000000_one"], ["pending"]),
        # from version 1 on it is run, whatever is newer
        (["20240201000000_two"], ["pending"]),
        (["20240101000000_one", "20240201000000_two", "20240301000000_three"], ["code-behind"]),
        (["20240101000000_one", "20240301000000_three"], ["diverged"]),
    ],
)
def test_rows_and_folders_are_compared_by_name_from_version_1_on(newer, written, looked, names, rules):
    assert rules == list(looked(TOOL, newer, written(FOLDERS), EMPTY, named(*names)))


def test_a_folder_that_is_not_what_ran_is_edited(newer, written, looked):
    row = named("20240101000000_one", "20240201000000_two", script="SELECT 3;")

    assert ["edited"] == list(looked(TOOL, newer, written(FOLDERS), EMPTY, row))


def test_rows_of_before_version_1_are_told_by_second_as_its_first_run_does(place, written, looked):
    hashed = [ran(time + 123, script=script) for time, script in zip(TIMES, FOLDERS.values(), strict=True)]

    assert {} == looked(TOOL, place, written(FOLDERS), EMPTY, *hashed)
    assert ["pending"] == list(looked(TOOL, place, written(FOLDERS), EMPTY, hashed[0]))
    # two of one second are told by their hashes
    both = {"20240101000000_one/migration.sql": SCRIPT, "20240101000000_two/migration.sql": f"{SCRIPT} -- 2"}
    rows = [ran(TIMES[0] + 1, script=SCRIPT), ran(TIMES[0] + 2, script=f"{SCRIPT} -- 2")]
    assert {} == looked(TOOL, place, written(both), EMPTY, *rows)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"meta/_journal.json": "{"}, "meta/_journal.json is no journal of Drizzle"),
        ({"meta/_journal.json": "[]"}, "meta/_journal.json is no journal of Drizzle"),
        ({"meta/_journal.json": '{"entries": [{"tag": "a"}]}'}, "meta/_journal.json is no journal of Drizzle"),
        (
            {"meta/_journal.json": '{"entries": [{"tag": "a", "when": 1}]}'},
            "meta/_journal.json lists a, and there is no a.sql",
        ),
        ({"one/migration.sql": ""}, "one does not begin with a time of 14 digits"),
        ({}, "no script"),
    ],
)
def test_a_folder_that_drizzle_could_not_use_says_why(written, files, said):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written(files))

    assert said == caught.value.finding.observed
