"""Mistakes in ``[[migrations]]``: each one complaint that says what was expected."""

import pytest

from prodverify.target.migrating import complaints
from prodverify.target.partial import shaped
from tests.target.wrong_files import BOTH, TOP, wrong

LIVE = BOTH + '[database]\ndsn = "key"\n'
ONE = '[[migrations]]\nfolder = "versions"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "nothing",
            TOP + "[migrations]\n",
            '[[migrations]] "alembic" folder: expected one of folder, heads, manifest or code_path, came none of them',
            '[[migrations]] "alembic" reported_path: is missing; without [database] or [backups] the service has to '
            "report its heads somewhere",
        ),
        wrong(
            "two-sources",
            LIVE + ONE + 'heads = ["1"]\nmanifest = "heads"\n',
            '[[migrations]] "alembic" folder: expected one of folder, heads, manifest or code_path, '
            "came folder and heads and manifest",
        ),
        wrong(
            "version-table",
            LIVE + ONE + 'version_table = "a; drop table b"\n',
            '[[migrations]] "alembic" version_table: expected table or schema.table, as "alembic_version", '
            'came "a; drop table b"',
        ),
        wrong(
            "unknown-key",
            LIVE + '[migrations]\nfolders = "versions"\nheads = ["1"]\n',
            '[[migrations]] "alembic" folders: no such key; did you mean "folder"?',
        ),
        wrong(
            "unknown-tool",
            LIVE + ONE + 'tool = "flywai"\n',
            '[[migrations]] "flywai" tool: expected "alembic", "atlas", "dbmate", "diesel", "django", "drizzle", '
            '"ecto", "efcore", "flyway", "golang-migrate", "goose", "knex", "laravel", "liquibase", '
            '"node-pg-migrate", "prisma", "rails", "sequelize", "sqlx", "typeorm" or "detect", came "flywai"; '
            'did you mean "flyway"?',
        ),
        wrong(
            "same-name",
            LIVE + ONE + ONE + 'version_table = "other.alembic_version"\n',
            '[[migrations]] "alembic" name: 2 entries are called "alembic", by their tool where they have no name; '
            "expected one",
        ),
        wrong(
            "revision-of-nothing",
            LIVE + ONE + 'git_revision = "v1"\n',
            '[[migrations]] "alembic" repository: is missing; git_revision speaks of a folder in it',
        ),
        wrong(
            "more-of-nothing",
            LIVE + '[[migrations]]\nheads = ["1"]\nmore_folders = ["b"]\n',
            '[[migrations]] "alembic" folder: is missing; more_folders speaks of that',
        ),
        wrong(
            "repository-alone",
            LIVE + ONE + 'repository = ".."\n',
            '[[migrations]] "alembic" git_revision: is missing; repository speaks of that',
        ),
        wrong(
            "revision-that-is-an-option",
            LIVE + ONE + 'repository = ".."\ngit_revision = "--upload-pack=x"\n',
            '[[migrations]] "alembic" git_revision: expected a commit, tag or branch, came "--upload-pack=x"',
        ),
        wrong(
            "pointer-into-nothing",
            LIVE + ONE + 'manifest_at = "/heads"\ncode_at = "/heads"\nreported_at = "/heads"\n',
            '[[migrations]] "alembic" manifest: is missing; manifest_at speaks of that',
            '[[migrations]] "alembic" code_path: is missing; code_at speaks of that',
            '[[migrations]] "alembic" reported_path: is missing; reported_at speaks of that',
        ),
        wrong(
            "detect-without-database",
            TOP + ONE + 'tool = "detect"\nreported_path = "/"\n',
            '[[migrations]] "detect" tool: is "detect", which needs a database with its table, as [database]; '
            "expected the name of the tool",
        ),
        wrong(
            "detect-one-table",
            LIVE + ONE + 'tool = "detect"\nversion_table = "a"\n',
            '[[migrations]] "detect" version_table: speaks of one tool; expected its name as tool instead of "detect"',
        ),
        wrong(
            "branches-of-a-tool-without",
            LIVE + ONE + 'tool = "goose"\nbranches = ["a"]\n',
            '[[migrations]] "goose" branches: says nothing where tool is "goose"; expected a tool with branches: '
            '"alembic" or "django"',
        ),
        wrong(
            "branches-of-heads",
            LIVE + '[[migrations]]\nheads = ["1"]\nbranches = ["a"]\n',
            '[[migrations]] "alembic" branches: says nothing without folder: heads alone do not tell their branch',
        ),
        wrong(
            "two-latest",
            LIVE + '[[migrations]]\ntool = "golang-migrate"\nheads = ["1", "2"]\n',
            '[[migrations]] "golang-migrate" heads: expected one head where tool is "golang-migrate", '
            "which records the latest alone",
        ),
        wrong(
            "no-such-role",
            LIVE + ONE + 'name = "main"\nrole = "uss"\n',
            '[[migrations]] "main" role: no role "uss"; did you mean "us"?',
        ),
        wrong(
            "no-table",
            "migrations = 7\n" + TOP,
            "(top level) migrations: expected a list of tables, each begun by [[migrations]], came 7",
        ),
    ],
)
def test_everything_that_is_wrong_is_said(complaints_about, content, complaints):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize("name", ["Ops.versions", "tenant-7.schema_migrations", "2024.größen", "__EFMigrationsHistory"])
def test_a_version_table_may_be_called_whatever_it_is(name):
    entry = {"folder": "versions", "reported_path": "/heads", "version_table": name}

    assert [] == list(complaints(shaped({"version": 1, "name": "ours", "migrations": entry}).promises))


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ({}, []),
        ({"tool": "detect"}, []),
        ({"tool": "detect", "reported_path": "/heads"}, ["tool"]),  # whose heads these are, nothing tells
    ],
)
def test_a_restored_database_is_enough_to_compare_the_code_with(entry, wrong):
    said = {"version": 1, "name": "ours", "backups": {"directory": "backups"}}
    promises = shaped({**said, "migrations": {"folder": "versions", **entry}}).promises

    assert wrong == [complaint.place[-1] for complaint in complaints(promises)]


def test_one_table_is_a_list_of_one():
    said = {"version": 1, "name": "ours", "migrations": {"folder": "versions", "reported_path": "/heads"}}

    one = shaped(said).promises
    listed = shaped({**said, "migrations": [said["migrations"]]}).promises

    assert one == listed
    assert ("alembic", "alembic", "warn") == (
        one.migrations[0].label,
        one.migrations[0].tool,
        one.migrations[0].code_behind,
    )
