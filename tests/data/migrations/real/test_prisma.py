"""What Prisma's own engine writes is what we read."""

import shutil

import psycopg
import pytest

from prodverify.data.migrations.prisma import TOOL
from tests.data.migrations.real import tools

pytestmark = [pytest.mark.proof, pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm")]

ONE = {"20240101000000_one/migration.sql": "CREATE TABLE one (id int);\n"}
TWO = {**ONE, "20240201000000_two/migration.sql": "CREATE TABLE two (id int);\n"}
BROKEN = {**ONE, "20240201000000_two/migration.sql": "CREATE TABLE two (id no_such_type);\n"}
LOCK = {"migration_lock.toml": 'provider = "postgresql"\n'}


@pytest.fixture
def place(databases):
    return databases()


@pytest.fixture
def up(place, written, tmp_path):
    """Runs the migrations given; returns whether it succeeded."""

    def run(files):
        return tools.prisma(place, written({**files, **LOCK}), tmp_path)[0]

    return run


def test_what_prisma_ran_is_in_sync_and_what_it_did_not_is_pending(place, up, written, looked):
    assert up(TWO)

    assert [] == list(looked(TOOL, place, written(TWO)))
    assert ["code-behind"] == list(looked(TOOL, place, written(ONE)))
    more = {**TWO, "20240301000000_three/migration.sql": "SELECT 1;\n"}
    assert ["pending"] == list(looked(TOOL, place, written(more)))


def test_a_script_that_prisma_ran_and_somebody_changed_is_edited(place, up, written, looked):
    assert up(TWO)

    assert ["edited"] == list(looked(TOOL, place, written(BROKEN)))
    windows = {name: content.replace("\n", "\r\n") for name, content in TWO.items()}
    assert [] == list(looked(TOOL, place, written(windows)))


def test_one_that_failed_is_told_until_it_is_resolved(place, up, written, looked):
    assert not up(BROKEN)
    assert ["failed", "pending"] == sorted(looked(TOOL, place, written(BROKEN)))

    with psycopg.connect(place) as connection:
        # as `prisma migrate resolve --rolled-back` does
        connection.execute("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL")
    assert ["pending"] == list(looked(TOOL, place, written(TWO)))
    assert up(TWO)
    assert [] == list(looked(TOOL, place, written(TWO)))
