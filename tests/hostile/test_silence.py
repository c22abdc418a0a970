"""No way of asking for less ends as if everything had been verified."""

from __future__ import annotations

import pytest

from tests.session.suite import ALONE_IN_PROOF

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
NEVER_CALLS = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call():
    return True
"""
BREAKS_AT_THE_END = """
def pytest_sessionfinish():
    raise LookupError("a plugin broke")
"""
DIES = """
import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os._exit(3)
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


@pytest.mark.parametrize("part", ["fixtures.applicability", "fixtures.evidence", "prodverify-controller"])
def test_the_suite_does_not_run_in_parts(verify, target, small, part):
    run = verify("checks/", "--target", target(), "-p", f"no:{part}")

    assert 4 == run.status
    assert f"leave out -p no:{part}" in run.output
    assert [] == small.asked


def test_collecting_less_by_a_setting_is_partial(verify, target, small):
    small.answers["/things"] = BROKEN

    run = verify("checks/", "--target", target(), "-o", "python_functions=test_health_answers")

    assert "PARTIAL" == run.record["verdict"]


@ALONE_IN_PROOF
def test_a_conftest_that_removes_cases_without_a_word_makes_it_partial(verify, target, small, checks, workers):
    small.answers["/things"] = BROKEN
    folder = checks(ours="def test_ours():\n    pass\n")
    (folder / "conftest.py").write_text(REMOVES, encoding="utf-8")

    run = verify("checks/", folder, "--target", target(), "-n", workers)

    assert "PARTIAL" == run.record["verdict"]
    assert run.last_line.startswith(f"PARTIAL GO {run.record['collected']} of {run.record['expected']}")
    assert run.record["collected"] < run.record["expected"]


def test_a_debugger_without_input_turns_nothing_green(verify, target, small):
    small.answers["/things"] = BROKEN

    run = verify("checks/", "--target", target(), "--trace", "-n", 2)

    assert 10 == run.status
    assert {"error", "not_run"} == set(run.states.values())


def test_a_check_that_a_plugin_never_called_is_an_error(verify, target, checks):
    folder = checks(ours="def test_ours():\n    assert False\n")
    (folder / "conftest.py").write_text(NEVER_CALLS, encoding="utf-8")

    run = verify("checks/", folder, "--target", target())

    assert 10 == run.status
    assert "error" == run.states["test_ours.py::test_ours"]
    assert "did not run to its end" in run.cases["test_ours.py::test_ours"]["reason"]


@ALONE_IN_PROOF
def test_a_plugin_that_breaks_at_the_end_leaves_the_evidence(verify, target, checks, workers):
    folder = checks(ours="def test_ours():\n    pass\n")
    (folder / "conftest.py").write_text(BREAKS_AT_THE_END, encoding="utf-8")

    run = verify("checks/", folder, "--target", target(), "-n", workers)

    assert 10 == run.status
    assert "a plugin broke" in run.cases["pytest"]["reason"]


def test_workers_that_die_before_the_first_case_are_an_error(verify, target, checks):
    run = verify("checks/", checks(dies=DIES), "--target", target(), "-n", 2, "--max-worker-restart", 0)

    assert 10 == run.status
    assert "crashed" in run.cases["collection"]["reason"]
    assert run.last_line.startswith("INCONCLUSIVE  the suite itself broke")


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
