"""A long load run keeps its memory and its record small, and says so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.proof
def test_a_soak_tells_its_memory_and_the_size_of_its_record(tmp_path):
    command = [sys.executable, "tests/bench/soak.py", "--seconds", "8"]
    environ = {**os.environ, "PRODVERIFY_REPORTS": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    lines, _, told = done.stdout.partition("{")
    assert len(lines.splitlines()) >= 7, done
    assert all(line.endswith(" MiB") for line in lines.splitlines())
    numbers = json.loads("{" + told)
    assert (done.returncode, numbers["verdict"], numbers["arrivals"]) == (0, "GO", 1_600), done
    assert 5_000 < numbers["record_bytes"] < 2_000_000
    assert 20.0 < numbers["rss_early_mib"]
    assert [Path(numbers["record"])] == list(tmp_path.glob("runs/*/record.json"))
