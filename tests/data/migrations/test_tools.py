"""Each tool's own table, as the tool makes it in PostgreSQL, against its own folder of scripts."""

import psycopg
import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import tools
from prodverify.data.migrations.history import Recorded
from prodverify.data.migrations.tool import TableName
from prodverify.data.migrations.tools import TOOLS
from prodverify.judges.migrations import judge, judge_done, judge_unedited
from prodverify.record.findings import Unjudged
from prodverify.target.migrations import MigrationTool
from tests.data.migrations.scenes import SCENES, SPOILT, write


@pytest.fixture(scope="module")
def empty(databases):
    return databases()


@pytest.fixture
def writing(empty):
    """A connection whose changes nobody keeps."""
    with psycopg.connect(empty) as connection:
        yield connection
        connection.rollback()


def found(scene, connection, folder):
    """The rules of every judge."""
    tool = TOOLS[scene.tool]
    code, database = tool.history(write(folder, scene.files)), tools.read(tool, connection)
    findings = [
        *judge(code, database, tool.manner),
        *judge_done(database, tool.manner),
        *judge_unedited(code, database, tool.manner),
    ]
    return tuple(finding.rule for finding in findings)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.tool)
def test_what_a_tool_applied_is_in_sync(writing, tmp_path, scene):
    writing.execute(scene.table)
    writing.execute(scene.rows)

    assert () == found(scene, writing, tmp_path)


@pytest.mark.parametrize(("scene", "statement", "rules"), SPOILT, ids=lambda value: getattr(value, "tool", None))
def test_each_situation_of_a_tool_has_its_verdict(writing, tmp_path, scene, statement, rules):
    for each in (scene.table, scene.rows, statement):
        writing.execute(each)

    assert rules == found(scene, writing, tmp_path)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.tool)
def test_a_tool_is_told_by_its_table_in_whatever_schema(writing, scene):
    writing.execute(f'CREATE SCHEMA "Own"; SET LOCAL search_path TO "Own"; {scene.table}')
    writing.execute("SET LOCAL search_path TO pg_catalog")
    table = TableName("Own", TOOLS[scene.tool].tables[0])

    assert ((TOOLS[scene.tool], table),) == tools.detect(writing)
    assert TOOLS[scene.tool] == tools.only(writing)
    assert frozenset() == tools.found(writing)[0].applied


def test_a_table_without_a_row_is_told_from_none(writing):
    for scene in SCENES:
        tool = TOOLS[scene.tool]
        assert not tools.read(tool, writing).table_exists
        assert not tools.read(tool, writing, "other.versions").table_exists
        assert f"table {tool.tables[0]}" == tools.read(tool, writing).source


def test_a_table_of_another_name_is_read_by_its_name(writing):
    writing.execute('CREATE SCHEMA "Ops-7"; CREATE TABLE "Ops-7".versions (version_num text)')
    writing.execute("""INSERT INTO "Ops-7".versions VALUES ('a')""")

    assert Recorded(frozenset("a"), "table Ops-7.versions") == tools.read(TOOLS["alembic"], writing, "Ops-7.versions")


def test_several_tools_of_one_database_each_have_their_line(writing):
    for number, scene in enumerate(SCENES):
        writing.execute(f"CREATE SCHEMA s{number}; SET LOCAL search_path TO s{number}; {scene.table}; {scene.rows}")
    found_tools = tools.detect(writing)

    assert [(scene.tool, f"s{number}") for number, scene in enumerate(SCENES)] == [
        (tool.name, table.schema) for tool, table in found_tools
    ]
    lines = tools.lines(tools.found(writing))
    assert len(SCENES) == len(lines)
    assert "s0.alembic_version: b" in lines
    assert "s2.schema_migrations: 2" in lines
    assert "s5.goose_db_version: 2 applied, b598b3a62a3f" in lines
    with pytest.raises(Unjudged, match="alembic, dbmate, django"):
        tools.only(writing)


def test_the_same_table_in_two_schemas_has_to_be_named(writing):
    writing.execute("CREATE SCHEMA two; CREATE TABLE two.alembic_version (version_num text)")
    writing.execute("CREATE TABLE alembic_version (version_num text)")

    with pytest.raises(Unjudged, match=r"alembic_version, two\.alembic_version"):
        tools.read(TOOLS["alembic"], writing)
    assert tools.read(TOOLS["alembic"], writing, "two.alembic_version").table_exists


def test_a_table_of_somebody_elses_is_no_version_table(writing):
    writing.execute("CREATE TABLE schema_migrations (id integer, note text)")

    assert () == tools.detect(writing)
    with pytest.raises(Unjudged, match="a version table of Rails as table schema_migrations; no column version"):
        tools.read(TOOLS["rails"], writing, "schema_migrations")


def test_a_tool_that_is_named_needs_its_columns_alone(writing):
    """As Rails has ``use_metadata_table: false``, and as that table stays behind where dbmate took over."""
    writing.execute("CREATE TABLE schema_migrations (version varchar PRIMARY KEY)")
    assert ["dbmate"] == [tool.name for tool, _ in tools.detect(writing)]
    assert tools.read(TOOLS["rails"], writing).table_exists

    writing.execute("CREATE TABLE ar_internal_metadata (key varchar PRIMARY KEY)")
    assert ["rails"] == [tool.name for tool, _ in tools.detect(writing)]
    assert tools.read(TOOLS["dbmate"], writing).table_exists


def test_a_table_with_its_neighbour_comes_before_one_without(writing):
    writing.execute("CREATE SCHEMA auth; CREATE TABLE auth.schema_migrations (version varchar PRIMARY KEY)")
    writing.execute("CREATE TABLE schema_migrations (version varchar PRIMARY KEY)")
    writing.execute("CREATE TABLE ar_internal_metadata (key varchar PRIMARY KEY)")

    assert "table schema_migrations" == tools.read(TOOLS["rails"], writing).source
    assert "table auth.schema_migrations" == tools.read(TOOLS["dbmate"], writing).source


def test_a_table_of_another_tool_is_never_read_as_ones_own(writing):
    writing.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)")

    missing = tools.read(TOOLS["rails"], writing)
    assert (False, "table schema_migrations of Rails") == (missing.table_exists, missing.source)
    with pytest.raises(Unjudged, match="table schema_migrations; a column dirty, which that tool does not make"):
        tools.read(TOOLS["rails"], writing, "schema_migrations")


def test_what_may_not_be_read_is_no_verdict_and_says_what_to_grant(writing):
    writing.execute("CREATE SCHEMA hidden; CREATE TABLE hidden.alembic_version (version_num text)")
    writing.execute("CREATE ROLE unlettered; SET LOCAL ROLE unlettered")

    with pytest.raises(Unjudged) as caught:
        tools.found(writing)

    assert (
        'GRANT USAGE ON SCHEMA "hidden" TO "unlettered"; GRANT SELECT ON "hidden"."alembic_version" TO "unlettered";'
        == caught.value.finding.next_step
    )


def test_a_table_larger_than_any_history_is_not_read(writing, monkeypatch):
    monkeypatch.setattr("prodverify.data.migrations.tool.MOST_ROWS", 2)
    writing.execute("CREATE TABLE alembic_version (version_num text)")
    writing.execute("INSERT INTO alembic_version SELECT generate_series(1, 2)::text")
    assert {"1", "2"} == tools.read(TOOLS["alembic"], writing).applied

    writing.execute("INSERT INTO alembic_version VALUES ('3')")
    with pytest.raises(Unjudged, match="at most 2 rows in table alembic_version; more"):
        tools.read(TOOLS["alembic"], writing)
    assert () == tools.found(writing)  # so that a backup is taken all the same


def test_reading_needs_no_right_but_to_read(databases):
    dsn = databases(";".join(f"CREATE SCHEMA s{n}; SET search_path TO s{n}; {s.table}" for n, s in enumerate(SCENES)))

    with read_only(dsn, statement_timeout_ms=1000) as connection:
        assert len(SCENES) == len(tools.found(connection))


def test_a_target_may_name_every_tool():
    assert {*TOOLS, "detect"} == set(MigrationTool.__args__)


def test_every_tool_says_what_to_run():
    for tool in TOOLS.values():
        manner = tool.manner
        assert all((manner.title, manner.scripts, manner.upgrade, manner.look)), tool.name
        assert bool(manner.repair) >= manner.tells_trouble, tool.name


@pytest.mark.parametrize("name", ["rails", "goose", "dbmate", "sqlx", "ecto"])
def test_several_folders_are_one_history_in_the_order_of_its_numbers(tmp_path, name):
    (scene,) = [scene for scene in SCENES if scene.tool == name]
    files = sorted(scene.files)
    for number, each in enumerate(files):
        write(tmp_path / str(number % 2), {each: scene.files[each]})

    joined = TOOLS[name].history(tmp_path / "1", (), [tmp_path / "0"])

    assert TOOLS[name].history(write(tmp_path / "all", scene.files)) == joined
