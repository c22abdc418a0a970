"""
The generator is measured by a command of its own, against what a server logged itself.

Runs are short here and beside others, so the bounds are wide; test_chain.py has the real ones, and `make bench` prints
the numbers of a quiet machine.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def measured(**calls):
    """What functions of ``load.measure`` say, in a process of its own: Locust patches the one that imports it."""
    told = ", ".join(f'"{name}": measure.{call}' for name, call in calls.items())
    done = subprocess.run(
        [sys.executable, "-c", f"import json; from load import measure; print(json.dumps({{{told}}}))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.proof
def test_the_tail_that_is_counted_is_the_one_that_the_server_logged_and_speed_is_told():
    numbers = measured(p99="p99_error_percent(seconds=0.6)", speed="speed(seconds=0.3)")
    assert 0.0 <= numbers["p99"] < 15.0
    speed = numbers["speed"]
    assert set(speed) == {"arrivals_per_s", "lag_p99_ms", "arrivals_vs_fasthttpuser", "load_arrivals_per_core_s"}
    assert speed["load_arrivals_per_core_s"] > 1_000
    assert 0 < speed["lag_p99_ms"] < 1_000
    assert speed["arrivals_vs_fasthttpuser"] > 0.3
