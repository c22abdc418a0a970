"""Tables of many tools in one database are each told for what they are, and rows of nothing make nothing raise."""

import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import tools
from prodverify.data.migrations.history import History
from prodverify.data.migrations.tools import TOOLS
from prodverify.judges import migrations

TABLES = {
    "atlas": "atlas_schema_revisions (version text, applied int, total int, error text, hash text,"
    " executed_at timestamptz)",
    "diesel": "__diesel_schema_migrations (version text, run_on timestamp)",
    "drizzle": "__drizzle_migrations (id int, hash text, created_at bigint)",
    "efcore": '"__EFMigrationsHistory" ("MigrationId" text, "ProductVersion" text)',
    "flyway": "flyway_schema_history (installed_rank int, version text, description text, type text, script text,"
    " checksum int, success boolean)",
    "knex": "knex_migrations (id int, name text, batch int, migration_time timestamptz)",
    "liquibase": "databasechangelog (id text, author text, filename text, dateexecuted timestamp, orderexecuted int,"
    " exectype text, md5sum text)",
    "node-pg-migrate": "pgmigrations (id int, name text, run_on timestamp)",
    "prisma": "_prisma_migrations (migration_name text, checksum text, started_at timestamptz, finished_at timestamptz,"
    " rolled_back_at timestamptz, logs text)",
    "sequelize": '"SequelizeMeta" (name text)',
    "typeorm": 'migrations (id int, "timestamp" bigint, name text)',
}
LARAVEL = "other.migrations (migration text, batch int)"
STRANGE = "strange.migrations (id int, name text, hash text, executed_at timestamp)"


@pytest.fixture(scope="module")
def place(databases):
    tables = [*TABLES.values(), LARAVEL, STRANGE]
    return databases(
        "CREATE SCHEMA other; CREATE SCHEMA strange;" + ";".join(f"CREATE TABLE {each}" for each in tables)
    )


def test_every_table_is_told_for_what_it_is(place):
    with read_only(place, statement_timeout_ms=5000) as connection:
        found = sorted((tool.name, table.schema) for tool, table in tools.detect(connection))

    assert sorted([*((name, "public") for name in TABLES), ("laravel", "other")]) == found


def test_rows_of_nothing_but_null_raise_nothing(databases):
    tables = [*TABLES.values(), LARAVEL]
    rows = "".join(f"CREATE TABLE {each}; INSERT INTO {each.partition(' (')[0]} DEFAULT VALUES;" for each in tables)
    own = databases("CREATE SCHEMA other;" + rows)
    with read_only(own, statement_timeout_ms=5000) as connection:
        recorded = {name: tools.read(TOOLS[name], connection) for name in [*TABLES, "laravel"]}

    for name, each in recorded.items():
        manner = TOOLS[name].manner
        code = History.of_heads(["1"])
        assert [*migrations.judge(code, each, manner), *migrations.judge_done(each, manner)] != [], name
