"""No way of asking for less ends as if everything had been verified."""

from __future__ import annotations

import pytest

BARE = """
version = 1
name = "bare"
base_url = "{url}"
"""
HEALTH = """
[[health]]
name = "main"
path = "/health"
"""
REMOVES = """
def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if "health" in item.nodeid]
"""
BROKEN = (500, {}, b"{}")


def test_a_target_that_promises_nothing_is_no_go(verify, small, tmp_path):
    small.answers["/"] = BROKEN
    file = tmp_path / "bare.toml"
    file.write_text(BARE.format(url=small.url), encoding="utf-8")

    run = verify("checks/", "--target", file)

    assert 10 == run.status
    assert {"pass", "not_run"} == set(run.states.values())
    assert "nothing was verified" in run.last_line


def test_a_drill_without_anything_to_drill_is_no_go(verify, small, tmp_path):
    file = tmp_path / "bare.toml"
    file.write_text(BARE.format(url=small.url) + HEALTH, encoding="utf-8")

    run = verify("checks/", "--target", file, "--mode", "drill")

    assert 10 == run.status
    assert "nothing was verified" in run.last_line


@pytest.mark.parametrize("part", ["applicability", "evidence"])
def test_the_suite_does_not_run_in_parts(verify, target, small, part):
    run = verify("checks/", "--target", target(), "-p", f"no:fixtures.{part}")

    assert 4 == run.status
    assert f"leave out -p no:fixtures.{part}" in run.output
    assert [] == small.asked


def test_collecting_less_by_a_setting_is_partial(verify, target, small):
    small.answers["/things"] = BROKEN

    run = verify("checks/", "--target", target(), "-o", "python_functions=test_health_answers")

    assert "PARTIAL" == run.record["verdict"]


@pytest.mark.parametrize("workers", [0, 2], ids=["n0", "n2"])
def test_a_conftest_that_removes_cases_without_a_word_makes_it_partial(verify, target, small, checks, workers):
    small.answers["/things"] = BROKEN
    folder = checks(ours="def test_ours():\n    pass\n")
    (folder / "conftest.py").write_text(REMOVES, encoding="utf-8")

    run = verify("checks/", folder, "--target", target(), "-n", workers)

    assert "PARTIAL" == run.record["verdict"]
    assert run.last_line.startswith(f"PARTIAL GO {run.record['collected']} of {run.record['expected']}")
    assert run.record["collected"] < run.record["expected"]


def test_objectives_that_nobody_sampled_are_told(verify, target):
    slo = """
[[slos]]
name = "fast-things"
endpoints = ["things"]
role = "user"
threshold_ms = 100.0
objective_percent = 99.0
"""
    run = verify("checks/", "--target", target(slo))

    assert 0 == run.status
    assert "load runs alone judge them: fast-things; not declared: slos.sample" in run.output
