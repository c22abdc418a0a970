"""Liquibase's tables as it makes them on PostgreSQL (CreateDatabaseChangeLog…TableGenerator.java), and changelogs."""

import sys

import psycopg
import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations.liquibase import TOOL
from prodverify.data.migrations.tool import TableName
from prodverify.judges import migrations
from prodverify.record.findings import Unjudged

TABLES = """
CREATE TABLE databasechangelog (
    id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,
    dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35),
    description varchar(255), comments varchar(255), tag varchar(255), liquibase varchar(20), contexts varchar(255),
    labels varchar(255), deployment_id varchar(10));
CREATE TABLE databasechangeloglock (
    id int NOT NULL, locked boolean NOT NULL, lockgranted timestamp, lockedby varchar(255),
    CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (id));
INSERT INTO databasechangeloglock VALUES (1, false, NULL, NULL);
"""
EMPTY = "TRUNCATE databasechangelog; UPDATE databasechangeloglock SET locked = false, lockgranted = NULL"
ROOT = """
databaseChangeLog:
  - include: {file: changes/a.sql, relativeToChangelogFile: true}
  - include: {file: classpath:db/changelog/changes/b.xml}
  - includeAll: {path: more/, relativeToChangelogFile: true}
"""
FORMATTED = """--liquibase formatted sql

--changeset ann:1
create table one (id int);
--rollback drop table one;

--changeset "bob b":"two x" runOnChange:true
create table two (id int);
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">%s</databaseChangeLog>
"""


def xml(attributes='id="3"', more=""):
    changes = '<createTable tableName="three"><column name="id" type="int"/></createTable>'
    return XML % f'{more}<changeSet author="cid" {attributes}>{changes}</changeSet>'


JSON = '{"databaseChangeLog": [{"changeSet": {"id": "4", "author": "dan", "changes": []}}]}'
FILES = {
    "root.yaml": ROOT,
    "changes/a.sql": FORMATTED,
    "changes/b.xml": xml(),
    "more/c.json": JSON,
    "more/d.sql": "create table five (id int);",
    "old/not-included.xml": xml(),
    "data.yaml": "- no changelog",
}
SETS = [
    ("changes/a.sql", "1", "ann"),
    ("changes/a.sql", "two x", "bob b"),
    ("changes/b.xml", "3", "cid"),
    ("more/c.json", "4", "dan"),
    ("more/d.sql", "raw", "includeAll"),
]


@pytest.fixture(scope="module")
def place(databases):
    return databases(TABLES)


def ran(sets, kind="EXECUTED"):
    return "INSERT INTO databasechangelog VALUES " + ", ".join(
        f"('{identifier}', '{author}', '{file}', '2026-01-01', {number}, '{kind}', '9:0')"
        for number, (file, identifier, author) in enumerate(sets)
    )


@pytest.mark.parametrize(
    ("sets", "rules"),
    [
        (SETS, []),
        ([("classpath:db/changelog/" + file, *rest) for file, *rest in SETS], []),
        ([("./" + file, *rest) for file, *rest in SETS], []),
        (SETS[:-1], ["pending"]),
        ([*SETS, ("changes/z.sql", "1", "ann")], ["code-behind"]),
        ([*SETS[:-1], ("changes/z.sql", "1", "ann")], ["diverged"]),
        # the key is the file, the id and the author: one of another author is another
        ([("changes/a.sql", "1", "someone"), *SETS[1:]], ["diverged"]),
    ],
)
def test_rows_and_change_sets_are_compared_by_file_id_and_author(place, written, looked, sets, rules):
    assert rules == list(looked(TOOL, place, written(FILES), EMPTY, ran(sets)))


@pytest.mark.parametrize(
    ("kind", "rules"),
    [("MARK_RAN", []), ("RERAN", []), ("SKIPPED", ["pending"]), ("FAILED", ["failed", "pending"])],
)
def test_what_is_marked_as_run_counts_and_what_was_skipped_does_not(place, written, looked, kind, rules):
    assert rules == sorted(looked(TOOL, place, written(FILES), EMPTY, ran(SETS[:-1]), ran(SETS[-1:], kind)))


@pytest.mark.parametrize(("last", "rules"), [("RERAN", []), ("EXECUTED", ["migrations-run-later"])])
def test_beside_heads_alone_what_ran_later_is_told_and_what_ran_again_is_not(place, last, rules):
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(EMPTY)
        connection.execute(ran(SETS[1:3]))
        connection.execute(ran(SETS[:1], last).replace("2026-01-01", "2026-01-02"))
    with read_only(place, statement_timeout_ms=5000) as connection:
        recorded = TOOL.read(connection, TableName.of("databasechangelog"))

    found = migrations.judge(TOOL.declared(["::".join(SETS[2])]), recorded, TOOL.manner)

    assert rules == [finding.rule for finding in found]


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


@pytest.mark.parametrize(
    ("granted", "rules"),
    [
        ("interval '61 minutes'", ["locked"]),
        ("interval '59 minutes'", ["running"]),
        # the clock of one in the east, without its zone
        ("interval '-13 hours'", ["running"]),
        ("interval '-15 hours'", ["locked"]),
    ],
)
def test_a_lock_is_left_behind_once_it_is_old(place, written, looked, granted, rules):
    locked = (
        "UPDATE databasechangeloglock SET locked = true, lockedby = 'host (10.1.2.3)',"
        f" lockgranted = timezone('UTC', now()) - {granted}"
    )
    found = looked(TOOL, place, written(FILES), EMPTY, ran(SETS), locked)

    assert rules == list(found)
    assert "10.1.2.3" not in str(found)


def test_an_old_lock_while_somebody_changes_tables_is_a_running_migration(place, written, looked, altering):
    locked = "UPDATE databasechangeloglock SET locked = true, lockgranted = now() - interval '2 days'"
    with altering(place):
        assert ["running"] == list(looked(TOOL, place, written(FILES), EMPTY, ran(SETS), locked))


@pytest.mark.parametrize(
    ("files", "names"),
    [
        # without an include every changelog is one, in order of path
        ({"b.xml": xml(), "a.sql": FORMATTED}, ["a.sql::1::ann", "a.sql::two x::bob b", "b.xml::3::cid"]),
        ({"a.xml": xml('id="3" dbms="mysql,h2"')}, []),
        ({"a.xml": xml('id="3" dbms="!postgresql"')}, []),
        ({"a.xml": xml('id="3" dbms="none"')}, []),
        ({"a.xml": xml('id="3" dbms="postgresql, h2"')}, ["a.xml::3::cid"]),
        ({"a.xml": xml('id="3" dbms="!mysql"')}, ["a.xml::3::cid"]),
        ({"a.xml": xml('id="3" ignore="true"')}, []),
        ({"a.xml": xml('id="3" logicalFilePath="x/a.xml"')}, ["x/a.xml::3::cid"]),
        (
            {"a.sql": FORMATTED.replace("formatted sql", "formatted sql logicalFilePath:x/y.sql")},
            ["x/y.sql::1::ann", "x/y.sql::two x::bob b"],
        ),
        ({"a.json": JSON.replace('[{"changeSet"', '[{"logicalFilePath": "l.json"}, {"changeSet"')}, ["l.json::4::dan"]),
    ],
)
def test_change_sets_are_found_as_liquibase_finds_them(written, files, names):
    history = TOOL.history(written({**files, "z.xml": xml('id="last"')}))

    assert [*names, "z.xml::last::cid"] == [revision.identifier for revision in history.revisions]


def test_a_change_set_for_some_contexts_may_have_been_left_out(place, written, looked):
    files = {
        "a.sql": "--liquibase formatted sql\n--changeset a:1\nx\n--changeset a:2 context:test\nx\n"
        "--changeset a:3 labels:later\nx\n"
    }

    found = looked(TOOL, place, written(files), EMPTY, ran([("a.sql", "1", "a")]))
    assert ["left-out"] == list(found)
    assert found["left-out"].startswith("a.sql::2::a, a.sql::3::a, whose contexts or labels none that ran has")
    assert ["left-out"] == list(looked(TOOL, place, written(files), ran([("a.sql", "2", "a")])))
    assert {} == looked(TOOL, place, written(files), ran([("a.sql", "3", "a")]))
    assert ["pending", "left-out"] == list(looked(TOOL, place, written(files), EMPTY, ran([("a.sql", "2", "a")])))


def test_a_change_set_for_contexts_of_which_others_ran_is_pending(place, written, looked):
    """So that "not in tests", which every change set may say, hides nothing."""
    script = "--liquibase formatted sql\n" + "".join(f"--changeset a:{n} context:!test\nx\n" for n in "123")

    found = looked(TOOL, place, written({"a.sql": script}), EMPTY, ran([("a.sql", "1", "a"), ("a.sql", "2", "a")]))

    assert ["pending"] == list(found)
    assert found["pending"].endswith("1 pending: a.sql::3::a")
    assert ["pending"] == list(looked(TOOL, place, written({"a.sql": script}), EMPTY))


@pytest.mark.parametrize(
    ("include", "rules"),
    [
        ('<include file="b.xml"/>', ["pending"]),
        ('<include file="b.xml" contextFilter="seed"/>', ["left-out"]),
        ('<include file="b.xml" context="seed"/>', ["left-out"]),
        ('<include file="b.xml" labels="later"/>', ["left-out"]),
        ('<include file="b.xml" ignore="true"/>', []),
        ('<includeAll path="b.xml/" errorIfMissingOrEmpty="false"/>', []),
    ],
)
def test_what_is_included_inherits_the_contexts_of_the_include(place, written, looked, include, rules):
    files = {"a.xml": xml(more=include), "b.xml": xml('id="4"')}
    if not rules:
        files["c.xml"] = XML % '<include file="a.xml"/>'  # or no file is included, and each is one by itself

    assert rules == list(looked(TOOL, place, written(files), EMPTY, ran([("a.xml", "3", "cid")])))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.xml": "<databaseChangeLog>"}, "a.xml cannot be read: no element found: line 1, column 19"),
        ({"a.xml": '<!DOCTYPE x [<!ENTITY a "b">]><databaseChangeLog/>'}, "a.xml cannot be read: it defines entities"),
        ({"a.json": '{"databaseChangeLog": '}, "a.json cannot be read: Expecting value"),
        ({"a.json": '{"databaseChangeLog": [1]}'}, "a.json cannot be read: "),
        ({"a.yaml": "databaseChangeLog: [a: {"}, "a.yaml cannot be read: while parsing"),
        ({"a.xml": xml('id="${x}"')}, "a.xml computes the id of a change set"),
        (
            {"a.xml": XML % '<include file="b.xml"/>', "b.xml": XML % '<include file="a.xml"/>'},
            "the changelogs include each other in a circle",
        ),
        (
            {
                "a.xml": XML % '<include file="b.xml"/>',
                "b.xml": XML % '<include file="c.xml"/>',
                "c.xml": XML % '<include file="b.xml"/>',
            },
            "includes itself",
        ),
        ({"a.xml": XML % '<include file="x.xml"/>'}, "a.xml includes x.xml, which is not in the folder"),
        ({"a.xml": XML % '<includeAll path="x"/>'}, "a.xml includes x, which is not in the folder"),
        ({"a.sql": "create table t (id int);"}, "no script"),
    ],
)
def test_a_changelog_that_cannot_be_used_says_why(written, files, said):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written(files))

    assert said in caught.value.finding.observed


def test_change_sets_are_in_the_order_of_the_includes(written):
    ordered = [revision.identifier for revision in TOOL.history(written(FILES)).revisions]

    assert ["::".join(each) for each in SETS] == ordered


def test_a_changelog_in_yaml_says_what_it_needs(written, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written(FILES))

    assert "a changelog in YAML needs the extra liquibase, or declare heads" == caught.value.finding.observed
