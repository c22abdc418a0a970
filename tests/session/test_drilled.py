"""A backup of somebody's own database is taken by the verb and drilled by the suite, from one target file."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.data.conftest import cluster, databases, programs
from tests.session.suite import ROOT

__all__ = ["cluster", "databases", "programs"]

SCHEMA = "CREATE TABLE orders AS SELECT 1 AS id; CREATE TABLE our_version AS SELECT text '0007' AS version_num"
DATABASE = """
[database]
dsn = "dsn"
"""
SECTIONS = """
[migrations]
heads = ["0007"]
reported_path = "/heads"
version_table = "our_version"
[backups]
directory = "kept"
key_tables = ["orders"]
"""


def test_a_version_table_of_another_name_is_the_same_in_backup_and_drill(verify, target, small, databases):
    small.answers["/heads"] = (200, {"Content-Type": "application/json"}, b'{"heads": ["0007"]}')
    live = target(DATABASE + SECTIONS, name="live.toml")
    live.write_text(live.read_text().replace("[secrets]", '[secrets]\ndsn = { env = "DSN" }'), encoding="utf-8")
    command = [sys.executable, "-m", "prodverify", "backup", "--target", str(live)]
    values = {"DSN": databases(SCHEMA), "SMALL_KEY": "x" * 12}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **values}, timeout=60, check=True)

    # Without [database], as this cluster has the identifier of the drill's own: both are copies of one template.
    run = verify("checks/", "--target", target(SECTIONS, permits="restores = true"), "--mode", "drill")

    assert 0 == run.status
    assert "pass" == run.states["test_drill.py::test_backup_restores"]
    assert "pass" == run.states["test_drill.py::test_content_is_restored[automatic]"]
