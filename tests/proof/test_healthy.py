"""A healthy service is all green, every time, in any order, alone and on four workers. The long form: `make proof`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHUFFLE = """
import random

def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("workers", ["0", "4"])
def test_a_healthy_service_is_all_green(tmp_path: Path, workers: str, seed: int) -> None:
    (tmp_path / "shuffled.py").write_text(SHUFFLE.format(seed=seed), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PRODVERIFY_REPORTS": str(tmp_path / "reports")}
    command = [sys.executable, "-m", "pytest", "checks/", "--target", "local", "-n", workers, "-p", "shuffled"]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)

    record = json.loads((tmp_path / "reports" / "latest" / "record.json").read_text(encoding="utf-8"))
    troubles = {check["id"]: check["findings"] for check in record["checks"] if check["state"] not in ("pass", "warn")}
    assert {} == troubles, done.stdout
    assert done.returncode == 0
