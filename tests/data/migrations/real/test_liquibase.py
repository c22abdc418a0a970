"""What Liquibase's own run writes is what we read."""

import shutil

import psycopg
import pytest

from prodverify.data.migrations.liquibase import TOOL
from prodverify.wire import clock
from tests.data.migrations.real import tools

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not (shutil.which("npm") and shutil.which("java")), reason="needs java, and npm to fetch it"),
]

SCHEMA = "http://www.liquibase.org/xml/ns/dbchangelog"
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog xmlns="{SCHEMA}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="{SCHEMA} {SCHEMA}/dbchangelog-4.20.xsd">
  <changeSet id="3" author="cid"><createTable tableName="three"><column name="id" type="int"/></createTable></changeSet>
  <changeSet id="mine" author="cid" dbms="mysql"><sql>no such statement</sql></changeSet>
  <changeSet id="some" author="cid" context="!prod"><sql>CREATE TABLE elsewhere (id int)</sql></changeSet>
</databaseChangeLog>
"""
FILES = {
    "root.yaml": """
databaseChangeLog:
  - include: {file: changes/a.sql, relativeToChangelogFile: true}
  - include: {file: changes/b.xml}
  - includeAll: {path: more, relativeToChangelogFile: true}
""",
    "changes/a.sql": """--liquibase formatted sql

--changeset ann:1
CREATE TABLE one (id int);
--rollback DROP TABLE one;

--changeset "bob b":"two x" runOnChange:true
CREATE TABLE two (id int);
""",
    "changes/b.xml": XML,
    "more/c.json": '{"databaseChangeLog": [{"changeSet": {"id": "4", "author": "dan",'
    ' "changes": [{"sql": {"sql": "CREATE TABLE four (id int)"}}]}}]}',
    "more/d.sql": "CREATE TABLE five (id int);",
    "not-included.sql": "--liquibase formatted sql\n--changeset nobody:1\nno such statement\n",
}
MORE = {
    **FILES,
    "more/e.sql": "--liquibase formatted sql\n--changeset eve:6 logicalFilePath:else/where.sql\nSELECT 6;\n",
}
BROKEN = {**FILES, "more/e.sql": "--liquibase formatted sql\n--changeset eve:6\nno such statement\n"}


@pytest.fixture
def place(databases):
    return databases()


def up(place, folder):
    """Whether Liquibase succeeded."""
    with tools.liquibase(place, folder, "root.yaml") as run:
        return run.wait(timeout=120) == 0


def test_what_liquibase_ran_is_in_sync_in_every_format_and_what_it_did_not_is_pending(place, written, looked):
    assert up(place, written(FILES))
    with psycopg.connect(place) as connection:
        recorded = connection.execute(
            "SELECT filename || '::' || id || '::' || author FROM databasechangelog ORDER BY orderexecuted"
        ).fetchall()

    assert [(name,) for name in (r.identifier for r in TOOL.history(written(FILES)).revisions)] == recorded
    assert [] == list(looked(TOOL, place, written(FILES)))
    assert ["pending"] == list(looked(TOOL, place, written(MORE)))

    assert up(place, written(MORE))
    assert [] == list(looked(TOOL, place, written(MORE)))
    assert ["code-behind"] == list(looked(TOOL, place, written(FILES)))


def test_one_that_failed_has_no_row_and_is_pending(place, written, looked):
    assert not up(place, written(BROKEN))

    assert ["pending"] == list(looked(TOOL, place, written(BROKEN)))


def test_a_run_that_was_killed_leaves_its_lock(place, written, looked):
    slow = {**FILES, "more/e.sql": "--liquibase formatted sql\n--changeset eve:6\nSELECT pg_sleep(60);\n"}
    with tools.liquibase(place, written(slow), "root.yaml") as run:
        clock.poll(lambda: asleep(place), within_seconds=60, what="the change set that sleeps has begun")
        assert ["pending", "running"] == sorted(looked(TOOL, place, written(slow)))
        run.kill()

    older = "UPDATE databasechangeloglock SET lockgranted = lockgranted - interval '1 day'"
    assert ["locked", "pending"] == sorted(looked(TOOL, place, written(slow), older))


def asleep(place):
    with psycopg.connect(place) as connection:
        return connection.execute("SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'").fetchone()
