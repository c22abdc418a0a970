"""What a tool's own table and a folder of its scripts come to."""

import shutil
from contextlib import contextmanager

import psycopg
import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import tools
from prodverify.judges import migrations


@pytest.fixture
def written(tmp_path):
    """Writes files, by path, into a folder that is empty before, and returns it."""

    def write(files, under="scripts"):
        folder = tmp_path / under
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in dict(files).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


@pytest.fixture
def altering():
    """Another session that is changing a table of a database, as a long migration does."""

    @contextmanager
    def alter(dsn):
        with psycopg.connect(dsn) as other:
            other.execute("CREATE TABLE being_changed (id int)")
            yield
            other.rollback()

    return alter


@pytest.fixture
def looked():
    """The rules that are not kept, by short name, of what a tool's table in a database records."""

    def look(tool, dsn, folder, *statements):
        if statements:
            with psycopg.connect(dsn, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement)
        with read_only(dsn, statement_timeout_ms=5000) as connection:
            recorded = tools.read(tool, connection)
        code = tool.history(folder)
        found = [
            *migrations.judge(code, recorded, tool.manner),
            *migrations.judge_done(recorded, tool.manner),
            *migrations.judge_unedited(code, recorded, tool.manner),
        ]
        return {finding.rule.removeprefix("migrations-"): finding.observed for finding in found}

    return look
