"""The generator is measured by a command of its own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_measuring_prints_one_object():
    code = "from load.measure import measure; import json; print(json.dumps(measure(seconds=0.3)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    numbers = json.loads(done.stdout)
    assert set(numbers) == {"load_arrivals_per_core_s", "load_lag_p99_ms"}
    assert numbers["load_arrivals_per_core_s"] > 1_000
    assert 0 < numbers["load_lag_p99_ms"] < 1_000
