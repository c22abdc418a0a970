"""
A healthy service has the same states every time, in any order, alone and on four workers; groups stay together.

The first order on four workers is among the whole gates of ``tests/gate``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHUFFLE = """
import random

def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""
TOGETHER = ("test_rate_limit.py", "limited]", "test_backups.py", "test_drill.py", "test_webhooks.py")
"""Cases that share what can be exhausted, or one costly observation."""
NOT_APPLICABLE = {
    **{
        f"checks/test_comparison.py::test_candidate_is_no_worse[{slo}-{endpoint}]": "not_run"  # without a baseline
        for slo in ("light-endpoints", "light-errors")
        for endpoint in ("list", "preview", "audit")
    },
    "checks/test_migrations.py::test_no_applied_migration_was_edited[alembic]": "not_run",  # its table does not say
    "checks/test_migrations.py::test_no_migration_is_half_done[alembic]": "not_run",  # nor this
    "checks/test_schema.py::test_newest_migration_goes_down_and_up[newest]": "not_run",  # in mode drill
}
ORDERS = [*(("4", seed) for seed in range(1, 50)), *(("0", seed) for seed in range(6))]


def shuffled(folder: Path, seed: int) -> dict[str, str]:
    """The environment of a gate that is given ``-p shuffled``, whose module is written to ``folder``."""
    (folder / "shuffled.py").write_text(SHUFFLE.format(seed=seed), encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(folder), "PRODVERIFY_REPORTS": str(folder / "reports")}


def judge(record: Mapping[str, Any], workers: str) -> None:
    """Fails unless the record of a shuffled gate has the states that a healthy service always has."""
    states = {check["id"]: check["state"] for check in record["checks"]}
    ran_on = {check["id"]: check["worker"] for check in record["checks"]}
    expected = (ROOT / "targets" / "local.roster").read_text(encoding="utf-8").split("[gate]")[1]
    assert NOT_APPLICABLE == {case: state for case, state in states.items() if state != "pass"}
    assert states.keys() == {case.strip() for case in expected.splitlines() if "::" in case}
    assert list(states) != sorted(states)
    assert len(set(ran_on.values())) == max(1, int(workers))
    for shared in TOGETHER:
        assert 1 == len({worker for case, worker in ran_on.items() if shared in case}), shared


@pytest.mark.proof
@pytest.mark.parametrize(("workers", "seed"), ORDERS)
def test_a_healthy_service_has_the_same_states_in_any_order(tmp_path: Path, workers: str, seed: int) -> None:
    command = [sys.executable, "-m", "pytest", "checks/", "--target", "local", "-n", workers, "-p", "shuffled"]
    environment = shuffled(tmp_path, seed)

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)

    judge(json.loads((tmp_path / "reports" / "latest" / "record.json").read_text(encoding="utf-8")), workers)
    assert done.returncode == 0, done.stdout
