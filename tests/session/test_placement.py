"""Parallel runs ask as one: groups stay together, latency is measured alone, and the order does not matter."""

from __future__ import annotations

SHUFFLE = """
import random

def pytest_collection_modifyitems(items):
    random.Random(7).shuffle(items)
"""
SLOW = """
import time

def pytest_collection_finish(session):
    if hasattr(session.config, "workerinput"):
        time.sleep(1.0)
"""
TOGETHER = ("test_rate_limit.py", "limited]", "test_webhooks.py")


def test_any_order_is_a_go_and_groups_stay_on_one_worker(verify, tmp_path):
    (tmp_path / "shuffling.py").write_text(SHUFFLE, encoding="utf-8")

    run = verify(
        "checks/", "--target", "local", "-n", 4, "-p", "shuffling", "-k", "not objective", PYTHONPATH=str(tmp_path)
    )

    assert 0 == run.status, run.output
    assert {"pass"} == set(run.states.values())
    assert list(run.states) != sorted(run.states)
    assert 4 == len({case["worker"] for case in run.cases.values()})
    for shared in TOGETHER:
        assert 1 == len({case["worker"] for name, case in run.cases.items() if shared in name}), shared


def test_a_worker_that_is_slow_to_collect_is_waited_for(verify, target, checks):
    folder = checks(ours="def test_ours():\n    pass\n")
    (folder / "conftest.py").write_text(SLOW, encoding="utf-8")

    run = verify("checks/", folder, "--target", target(), "-n", 2)

    assert 0 == run.status
    assert 0 == run.record["counts"]["error"]


OBJECTIVE = """
[[slos]]
name = "light"
endpoints = ["things"]
role = "user"
threshold_ms = 1000.0
objective_percent = 90.0
sample = 100
"""
BUSY = """
import pytest
import time

@pytest.mark.parametrize("number", range(2))
def test_it_is_busy(service, number):
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        service.ask("GET", f"/busy/{number}")
"""


def test_latency_is_measured_while_no_other_case_asks(verify, target, small, checks):
    run = verify(checks(busy=BUSY), "checks/", "--target", target(OBJECTIVE), "-n", 3, "-k", "objective or busy")

    assert "pass" == run.states["test_objectives.py::test_objective_is_met[light-things]"], run.output
    sample = [asked for asked in small.asked if asked.path == "/things"]
    others = [asked for asked in small.asked if asked.path.startswith("/busy")]
    assert len(sample) >= 100
    assert len(others) >= 100
    began, ended = min(asked.began for asked in sample), max(asked.ended for asked in sample)
    assert [] == [asked for asked in others if asked.began < ended and asked.ended > began]
