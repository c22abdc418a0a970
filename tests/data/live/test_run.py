"""A whole run against a database that does not let us in: asked once, and told for each promise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[3]


def verified(tmp_path, dsn):
    """The states of the database's cases, of the practice service with another database declared."""
    local = (ROOT / "targets" / "local.toml").read_text()
    declared = local.replace('database_dsn = { embedded = "monitor_dsn" }', 'database_dsn = { env = "OUR_DSN" }')
    assert declared != local
    target = tmp_path / "ours.toml"
    target.write_text(declared.replace('"../', f'"{ROOT}/').replace('name = "local"', 'name = "ours"', 1))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "checks/test_database.py", "--target", str(target), "-q"],
        cwd=ROOT,
        env={**os.environ, "OUR_DSN": dsn, "PRODVERIFY_REPORTS": str(tmp_path / "reports"), "CI": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    (record,) = (tmp_path / "reports" / "runs").glob("*/record.json")
    cases = {case["id"].partition("::")[2]: case for case in json.loads(record.read_text())["checks"]}
    return done, {name: case for name, case in cases.items() if name.startswith("test_") and "ready" not in name}


@pytest.mark.proof
def test_a_server_without_a_connection_left_fails_one_promise_and_leaves_the_others_open(tmp_path, lively):
    with psycopg.connect(lively.dsn(), autocommit=True) as owner:
        owner.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        try:
            done, cases = verified(tmp_path, lively.dsn(user="crowded"))
        finally:
            owner.execute("DROP ROLE crowded")

    states = {name: case["state"] for name, case in cases.items()}
    assert "fail" == states.pop("test_connections_are_left[server]"), done.stdout
    assert states.pop("test_connections_are_left[pool-readers]") in {"pass", "not_run"}  # it is another server
    assert {"inconclusive"} == set(states.values())
    (found,) = cases["test_connections_are_left[server]"]["findings"]
    assert ("connections-exhausted", True) == (found["rule"], "too many connections" in found["observed"])
    assert {"database-unreadable"} == {
        finding["rule"] for name, case in cases.items() if states.get(name) == "inconclusive"
        for finding in case["findings"]
    }  # fmt: skip
    assert 1 == done.returncode
