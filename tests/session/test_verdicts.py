"""The verdict, its exit status and its words, at every number of workers."""

from __future__ import annotations

import pytest

from tests.session.suite import WORKERS, WORKERS_IN_PROOF

THINGS = "test_auth.py::test_role_gets_its_status[things-user]"
ANONYMOUS = "test_auth.py::test_role_gets_its_status[things-anonymous]"


@WORKERS_IN_PROOF
def test_kept_promises_are_a_go(verify, target, workers):
    run = verify("checks/", "--target", target(), "-n", workers)

    assert 0 == run.status
    assert "GO" == run.record["verdict"]
    assert 0 == run.record["exit_status"]
    assert run.last_line.startswith("GO  ")
    assert run.last_line.endswith("report.html")
    assert "practice" not in run.output
    assert {"pass", "not_run"} == set(run.states.values())
    assert "Traceback" not in run.output
    assert "Generated html report" not in run.output


@WORKERS_IN_PROOF
def test_a_wrong_status_is_a_no_go_with_everything_that_a_person_needs(verify, target, small, workers):
    small.answers["/things"] = (500, {}, b"{}")

    run = verify("checks/test_auth.py", "--target", target(), "-n", workers, "-k", "role_gets_its_status")

    assert 1 == run.status
    assert "NO-GO" == run.record["verdict"]
    assert run.last_line.startswith("NO-GO  2 of 2 cases failed")
    assert {THINGS: "fail", ANONYMOUS: "fail"} == run.states
    told = {}
    for line in run.output.splitlines():
        told.setdefault(line[:14].strip(), []).append(line[14:])
    assert "Each role gets from each endpoint exactly the status that it was promised." in run.output
    for label, text in {
        "expected": "GET as user: status 200",
        "observed": "status 500",
        "asked": f"GET {small.url}/things as user -> 500 in ",
        "required": "target file: endpoints.roles",
        "repeat": "curl ",
        "run again": "pytest ",
        "runbook": "docs/runbooks/auth.md",
    }.items():
        assert any(line.startswith(text) for line in told[label])


@pytest.mark.parametrize(
    ("answer", "asking", "who", "workers"),
    [
        ((429, {"Retry-After": "0"}, b"{}"), "", "limiter", 2),
        (
            (503, {"Content-Type": "text/html", "X-App": ""}, b"<h1>Service Unavailable</h1>"),
            'application_header = "X-App"',
            "proxy",
            0,
        ),
    ],
    ids=["limiter", "proxy"],
)
def test_an_answer_of_somebody_else_is_inconclusive(verify, target, small, workers, answer, asking, who):
    small.answers["/things"] = answer

    run = verify("checks/", "--target", target(asking=asking), "-n", workers, "-k", "role_gets_its_status or health")

    assert 10 == run.status
    assert "INCONCLUSIVE" == run.record["verdict"]
    assert "inconclusive" == run.states[THINGS]
    assert f"a {who} answered with" in run.output
    assert "could not be judged" in run.last_line


BROKEN = """
def test_it_raises():
    '''Never.'''
    raise LookupError("no such thing")

def test_it_passes():
    '''Always.'''
"""


@WORKERS
def test_a_check_that_breaks_is_an_error(verify, target, checks, workers):
    ours = checks(broken=BROKEN)

    run = verify("checks/", ours, "--target", target(), "-n", workers, "--tb=long")

    assert 10 == run.status
    assert "error" == run.states["test_broken.py::test_it_raises"]
    assert "pass" == run.states["test_broken.py::test_it_passes"]
    assert "no such thing" in run.cases["test_broken.py::test_it_raises"]["reason"]
    assert "the suite itself broke in 1 of" in run.last_line
    assert not run.record["narrowed"]


@WORKERS_IN_PROOF
def test_a_file_that_cannot_be_collected_is_an_error(verify, target, checks, workers):
    ours = checks(unreadable="import no_such_module\n")

    run = verify("checks/", ours, "--target", target(), "-n", workers)

    assert 10 == run.status
    assert "INCONCLUSIVE" == run.record["verdict"]
    assert not run.record["aborted"]
    assert 1 == run.record["counts"]["error"]
    assert "error" == run.states["test_unreadable.py"]
    assert "no_such_module" in run.output


CRASH = """
import os
import pytest

pytestmark = pytest.mark.shares("crash")

def test_before():
    pass

def test_it_crashes():
    os._exit(3)

def test_after():
    pass

def test_it_crashes_too():
    os._exit(3)
"""


def test_a_worker_that_crashes_is_an_error(verify, target, checks):
    ours = checks(crash=CRASH)

    run = verify("checks/", ours, "--target", target(), "-n", 2)

    assert 10 == run.status
    for case, state in {"before": "pass", "it_crashes": "error", "after": "pass", "it_crashes_too": "error"}.items():
        assert state == run.states[f"test_crash.py::test_{case}"]
    assert "crashed" in run.cases["test_crash.py::test_it_crashes"]["reason"]
    assert 2 == run.record["counts"]["error"]
    assert "the run ended before this case" not in {case["reason"] for case in run.cases.values()}


@WORKERS_IN_PROOF
def test_stopping_at_the_first_failure_is_still_a_no_go(verify, target, small, workers):
    small.answers["/things"] = (500, {}, b"{}")

    run = verify("checks/", "--target", target(), "-n", workers, "-x")

    assert 1 == run.status
    assert not run.record["aborted"]
    assert "the run ended before this case" in {case["reason"] for case in run.cases.values()}


def test_stopping_at_the_first_doubt_is_inconclusive(verify, target, small):
    small.answers["/things"] = (429, {}, b"{}")

    run = verify("checks/test_auth.py", "--target", target(), "-n", 2, "-x", "-k", "role_gets_its_status")

    assert 10 == run.status
    assert "INCONCLUSIVE" == run.record["verdict"]


@WORKERS_IN_PROOF
def test_a_run_that_verified_nothing_is_inconclusive(verify, target, workers):
    run = verify("checks/", "--target", target(), "-n", workers, "-k", "migrations or webhooks")

    assert 10 == run.status
    assert {"not_run"} == set(run.states.values())
    assert "not declared: [migrations]" in {case["reason"] for case in run.cases.values()}
    assert "nothing was verified" in run.last_line


def test_selecting_nothing_keeps_the_status_of_pytest(verify, target):
    run = verify("checks/", "--target", target(), "-n", 2, "-k", "no_such_check")

    assert 5 == run.status
    assert run.record is None


ODD = """
import gc
import socket
import sys

def test_it_exits():
    sys.exit(0)

def test_it_leaks():
    gc.disable()
    leak = [socket.socket()]
    leak.append(leak)
"""
SKIPS_ITSELF = "import pytest\npytest.skip('no Redis here', allow_module_level=True)\n"


@WORKERS_IN_PROOF
def test_what_a_check_should_not_do_never_ends_the_run_or_turns_it_green(verify, target, checks, workers):
    ours = checks(odd=ODD, skips=SKIPS_ITSELF, health="def test_a_file_named_like_one_of_the_suite():\n    pass\n")

    run = verify("checks/", ours, "--target", target(), "-n", workers)

    assert 10 == run.status
    assert "error" == run.states["test_odd.py::test_it_exits"]
    assert "pass" == run.states["test_odd.py::test_it_leaks"]
    assert "pass" == run.states["test_health.py::test_a_file_named_like_one_of_the_suite"]
    assert "not_run" == run.states["test_skips.py"]
    assert "Skipped: no Redis here" == run.cases["test_skips.py"]["reason"]
    assert 1 == run.record["counts"]["error"]
    assert run.last_line.startswith("INCONCLUSIVE  ")


INTERNAL = """
import pytest

class Broken:
    def pytest_runtest_logreport(self, report):
        raise LookupError("a plugin broke")

@pytest.fixture
def broken(pytestconfig):
    if not hasattr(pytestconfig, "workerinput"):
        pytestconfig.pluginmanager.register(Broken())

def test_it(broken):
    pass
"""


def test_an_error_of_pytest_is_not_taken_for_a_secret(verify, target, checks):
    run = verify("checks/", checks(internal=INTERNAL), "--target", target(), "-n", 0)

    assert 10 == run.status
    assert "error" == run.states["pytest"]
    assert "a plugin broke" in run.cases["pytest"]["reason"]


WARNING = """
from prodverify.record.findings import warn

def test_it_warns(promise):
    '''A claim.'''
    promise.holds([warn("wording", "a better word", "this word")])
"""


def test_warnings_block_only_where_they_are_told_to(verify, target, checks):
    ours, file = checks(warning=WARNING), target()

    run = verify("checks/", ours, "--target", file)
    assert 0 == run.status
    assert "warn" == run.states["test_warning.py::test_it_warns"]
    assert "1 with warnings" in run.last_line

    run = verify("checks/", ours, "--target", file, "--fail-on-warn")
    assert 1 == run.status
    assert "NO-GO" == run.record["verdict"]
