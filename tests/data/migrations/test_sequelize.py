"""Sequelize's table as Umzug makes it (storage/sequelize.js)."""

import pytest

from prodverify.data.migrations.sequelize import TOOL

FILES = {"20240101000000-one.js": "", "20240201000000-two.js": ""}
EMPTY = 'TRUNCATE "SequelizeMeta"'


@pytest.fixture(scope="module")
def place(databases):
    # a table in another spelling is not the one
    return databases('CREATE TABLE "SequelizeMeta" (name varchar(255) PRIMARY KEY); CREATE TABLE sequelizemeta (x int)')


def ran(*names):
    return 'INSERT INTO "SequelizeMeta" VALUES ' + ", ".join(f"('{name}')" for name in names)


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        (list(FILES), []),
        # as services record them that told the tool to leave the endings out
        (["20240101000000-one", "20240201000000-two"], []),
        (["20240101000000-one.js"], ["pending"]),
        (["20240201000000-two.js"], ["pending"]),
        ([*FILES, "20240301000000-three.js"], ["code-behind"]),
        (["20240101000000-one.js", "20240301000000-three.js"], ["diverged"]),
    ],
)
def test_rows_and_scripts_are_compared_by_file_name(place, written, looked, names, rules):
    assert rules == list(looked(TOOL, place, written(FILES), EMPTY, ran(*names)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


def test_a_table_with_times_is_the_same_tool(databases, written, looked):
    place = databases(
        'CREATE TABLE "SequelizeMeta" (name varchar(255) PRIMARY KEY, "createdAt" timestamptz, "updatedAt" timestamptz)'
    )

    assert {} == looked(TOOL, place, written(FILES), 'INSERT INTO "SequelizeMeta" (name) ' + ran(*FILES)[28:])


def test_declarations_are_no_scripts(written):
    assert set(FILES) == TOOL.history(written({**FILES, "20240101000000-one.d.ts": "", "helper.sql": ""})).known
