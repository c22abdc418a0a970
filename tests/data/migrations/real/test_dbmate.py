"""What dbmate writes is what we read: it runs its own ``migrate``, also out of order, and its status agrees."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from prodverify.data.connection import read_only
from prodverify.data.migrations import tools
from prodverify.data.migrations.dbmate import TOOL
from prodverify.judges.migrations import judge
from tests.data.migrations.scenes import write
from tests.examples.foreign import node_modules

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        shutil.which("npm") is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"),
        reason="needs npm, and the lock pins dbmate for Linux on x86-64",
    ),
]
LOCK = Path(__file__).parent / "dbmate"
SCRIPT = "-- migrate:up\nCREATE TABLE {0} ();\n-- migrate:down\nDROP TABLE {0};\n"


@pytest.fixture(scope="module")
def program():
    return node_modules("migrating-dbmate", LOCK) / "node_modules" / "@dbmate" / "linux-x64" / "bin" / "dbmate"


def test_what_dbmate_itself_migrated_is_in_sync(databases, program, tmp_path):
    dsn = databases()
    values = conninfo_to_dict(dsn)
    url = f"postgres://{values['user']}@/{values['dbname']}?host={values['host']}&sslmode=disable"

    def dbmate(command):
        arguments = [program, "--no-dump-schema", "--migrations-dir", tmp_path, "--url", url, command]
        return subprocess.run(arguments, text=True, capture_output=True, check=True, timeout=60).stdout

    def found():
        with read_only(dsn, statement_timeout_ms=1000) as connection:
            assert TOOL == tools.only(connection)
            database = tools.read(TOOL, connection)
        return [each.observed.rpartition("; ")[2] for each in judge(TOOL.history(tmp_path), database, TOOL.manner)]

    write(tmp_path, {"20240101120000_a.sql": SCRIPT.format("a"), "20240301120000_c.sql": SCRIPT.format("c")})
    dbmate("migrate")
    assert [] == found()

    write(tmp_path, {"20240201120000_b.sql": SCRIPT.format("b"), "20240401120000_d.sql": SCRIPT.format("d")})
    assert ["2 pending: 20240201120000, 20240401120000, older than the newest applied: 20240201120000"] == found()
    assert "Pending: 2" in dbmate("status")

    dbmate("migrate")
    assert [] == found()

    dbmate("rollback")
    assert ["1 pending: 20240401120000"] == found()
