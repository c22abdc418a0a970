"""Parallel runs ask as one: a slow worker is waited for, and latency is measured alone."""

from __future__ import annotations

SLOW = """
import time

def pytest_collection_finish(session):
    if hasattr(session.config, "workerinput"):
        time.sleep(1.0)
"""


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
        time.sleep(0.005)  # a quick machine would else spend the budget of the sample
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
