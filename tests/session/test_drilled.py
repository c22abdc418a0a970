"""A backup of somebody's own database is taken by the verb and drilled by the suite, from one target file."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.data.conftest import cluster, databases, programs
from tests.session.suite import ROOT

__all__ = ["cluster", "databases", "programs"]

SCHEMA = """
CREATE TABLE orders AS SELECT 1 AS id;
CREATE TABLE our_version AS SELECT text '0007' AS version_num;
CREATE TABLE goose_db_version AS SELECT 1 AS id, 3 AS version_id, true AS is_applied, now() AS tstamp;
"""
DATABASE = """
[database]
dsn = "dsn"
"""
SECTIONS = """
[[migrations]]
heads = ["0007"]
version_table = "our_version"
[[migrations]]
tool = "detect"
heads = ["4"]
[backups]
directory = "kept"
key_tables = ["orders"]
"""


def test_a_version_table_of_another_name_is_the_same_in_backup_and_drill(verify, target, databases):
    live = target(DATABASE + SECTIONS, name="live.toml")
    live.write_text(live.read_text().replace("[secrets]", '[secrets]\ndsn = { env = "DSN" }'), encoding="utf-8")
    command = [sys.executable, "-m", "prodverify", "backup", "--target", str(live)]
    values = {"DSN": databases(SCHEMA), "SMALL_KEY": "x" * 12}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **values}, timeout=60, check=True)

    # Without [database], as on a bare machine, and as this cluster has the identifier of the drill's own.
    run = verify("checks/", "--target", target(SECTIONS, permits="restores = true"), "--mode", "drill")

    assert 1 == run.status  # for one head alone, which no database was needed to tell
    at_head = "test_drill.py::test_restored_database_is_at_head"
    assert ["pass", "fail"] == [run.states[f"{at_head}[{tool}]"] for tool in ("alembic", "detect")]
    found = [each["rule"] for case in run.cases.values() if case["state"] == "fail" for each in case["findings"]]
    assert ["migrations-pending"] == found
    assert "not_run" == run.states["test_migrations.py::test_database_is_at_head[detect]"]
    assert "pass" == run.states["test_drill.py::test_backup_restores"]
    assert "pass" == run.states["test_drill.py::test_content_is_restored[automatic]"]
