"""Where nothing listens one promise of a database, a pooler and a cache is broken each, and no other is judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TARGET = """version = 1
name = "ours"
[secrets]
dsn = { env = "OUR_DSN" }
console = { env = "OUR_CONSOLE" }
address = { env = "OUR_CACHE" }
[database]
dsn = "dsn"
[[database.pools]]
name = "main"
dsn = "console"
[cache]
address = "address"
policy = "allkeys-lru"
memory_percent = 50
"""
BROKEN = {
    "test_cache_answers": "cache-unreachable",
    "test_connections_are_left[server]": "database-unreachable",
    "test_connections_are_left[pool-main]": "database-unreachable",
}


def test_nothing_that_listens_breaks_one_promise_each_and_leaves_the_others_open(tmp_path):
    target = tmp_path / "ours.toml"
    target.write_text(TARGET)
    nowhere = {"OUR_DSN": f"postgresql://reader:secretword@/shop?host={tmp_path}", "OUR_CACHE": f"unix://{tmp_path}/c"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "checks/test_database.py", "checks/test_cache.py", "--target", str(target)],
        cwd=ROOT,
        env={
            **os.environ,
            **nowhere,
            "OUR_CONSOLE": f"postgresql://looker@/pgbouncer?host={tmp_path}&port=6432",
            "PRODVERIFY_REPORTS": str(tmp_path / "reports"),
            "CI": "",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    (record,) = (tmp_path / "reports" / "runs").glob("*/record.json")
    cases = {case["id"].partition("::")[2]: case for case in json.loads(record.read_text())["checks"]}
    asked = {name: case for name, case in cases.items() if case["state"] != "not_run"}
    failed = {name: case["findings"][0]["rule"] for name, case in asked.items() if case["state"] == "fail"}

    assert failed == BROKEN, done.stdout
    assert {"inconclusive"} == {case["state"] for name, case in asked.items() if name not in BROKEN}
    assert {"database-unreadable", "cache-not-verified"} == {
        finding["rule"] for name, case in asked.items() if name not in BROKEN for finding in case["findings"]
    }
    assert 1 == done.returncode
    assert "secretword" not in done.stdout
