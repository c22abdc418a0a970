"""A failure that somebody answers for, until a day; and permits, modes and versions as a user meets them."""

from __future__ import annotations

import pytest

from tests.session.suite import WORKERS

BROKEN = (500, {}, b'{"error": "broken"}')
ENDPOINT = """
[[endpoints]]
name = "store"
path = "/store"
roles = { user = 200 }
fuzz = false
"""
CASE = "checks/test_auth.py::test_role_gets_its_status[store-user]"
WAIVER = """
[[waivers]]
check = "{check}"
reason = "the store is being moved, see the ticket"
ticket = "OPS-77"
owner = "k.ito"
until = "{until}"
"""


@WORKERS
def test_a_valid_waiver_turns_a_failure_into_waived(verify, target, small, workers):
    small.answers["/store"] = BROKEN

    run = verify(
        "checks", "--target", target(ENDPOINT + WAIVER.format(check=CASE, until="2099-12-31")), "-n", str(workers)
    )

    case = run.cases["test_auth.py::test_role_gets_its_status[store-user]"]
    assert (0, "waived") == (run.status, case["state"])
    assert "k.ito" in case["reason"]
    assert "OPS-77" in case["reason"]
    assert 1 == run.record["counts"]["waived"]


def test_an_expired_waiver_is_a_no_go(verify, target, small):
    small.answers["/store"] = BROKEN

    run = verify("checks", "--target", target(ENDPOINT + WAIVER.format(check=CASE, until="2020-01-01")))

    assert 1 == run.status
    assert "fail" == run.states["test_auth.py::test_role_gets_its_status[store-user]"]
    assert "expired" in run.output


def test_a_waiver_that_is_no_longer_needed_is_a_no_go(verify, target, small):
    small.answers["/store"] = (200, {}, b"{}")

    run = verify("checks", "--target", target(ENDPOINT + WAIVER.format(check=CASE, until="2099-12-31")))

    assert (1, "NO-GO") == (run.status, run.record["verdict"])
    assert "no longer needed" in run.last_line


def test_without_a_permit_nothing_but_reading_leaves(verify, target, small):
    extra = """
[[endpoints]]
name = "make"
method = "POST"
path = "/make"
roles = { user = 201 }
body = { name = "x" }
"""
    run = verify("checks", "--target", target(extra))

    case = run.cases["test_auth.py::test_role_gets_its_status[make-user]"]
    assert ("not_run", "not permitted: permits.writes") == (case["state"], case["reason"])
    assert {"GET"} == {asked.method for asked in small.asked}


def test_read_only_drops_every_permit(verify, target, small):
    extra = """
[[endpoints]]
name = "make"
method = "POST"
path = "/make"
roles = { user = 201 }
"""
    run = verify("checks", "--target", target(extra, permits="writes = true"), "--read-only")

    assert [] == run.record["permits"]
    assert "permits: none" in run.output
    assert {"GET"} == {asked.method for asked in small.asked}


@pytest.mark.parametrize(("mode", "runs", "rests"), [("probe", "test_health.py", "test_auth.py")])
def test_a_mode_says_which_checks_run(verify, target, mode, runs, rests):
    run = verify("checks", "--target", target(), "--mode", mode)

    ran = {case.partition("::")[0] for case, state in run.states.items() if state != "not_run"}
    assert (0, mode) == (run.status, run.record["mode"])
    assert runs in ran
    assert rests not in ran


def test_a_canary_prints_and_records_its_seed(verify, target):
    run = verify("checks", "--target", target(), "--mode", "canary")

    assert 0 == run.status
    assert f"seed: {run.record['seed']}" in run.output
    assert isinstance(run.record["seed"], int)


@WORKERS
def test_the_expected_version_is_waited_for(verify, target, workers):
    run = verify("checks", "--target", target(), "--expect-version", "7.1", "-n", str(workers))

    assert (0, ["7.1"]) == (run.status, run.record["versions"]["service"])
    assert "7.1" == run.record["expected_version"]


def test_another_version_is_one_failing_case_and_the_rest_did_not_run(verify, target, small):
    run = verify("checks", "--target", target(asking="").resolve(), "--expect-version", "7.2")

    failed = [case for case, state in run.states.items() if state == "fail"]
    assert (1, ["test_readiness.py::test_service_is_ready"]) == (run.status, failed)
    assert {"fail", "not_run"} == set(run.states.values())
    assert "/things" not in small.paths()


@WORKERS
def test_two_versions_in_one_run_are_inconclusive(verify, target, small, workers):
    seen = []

    def changing(_):
        seen.append(1)
        return 200, {}, b'{"status": "ok", "version": "%s"}' % (b"7.1" if len(seen) < 2 else b"7.2")

    small.answers["/health"] = changing

    run = verify("checks", "--target", target(), "-n", str(workers))

    assert (10, "INCONCLUSIVE") == (run.status, run.record["verdict"])
    assert ["7.1", "7.2"] == run.record["versions"]["service"]


def test_a_dead_host_is_a_no_go_by_readiness_alone(verify, target, small):
    path = target()
    path.write_text(path.read_text().replace(small.url, "http://127.0.0.1:9"), encoding="utf-8")

    run = verify("checks", "--target", path)

    assert (1, "NO-GO") == (run.status, run.record["verdict"])
    assert {"fail", "not_run"} == set(run.states.values())
    assert "Traceback" not in run.output


def test_a_name_that_nobody_knows_is_our_own_trouble(verify, target, small):
    path = target()
    path.write_text(path.read_text().replace(small.url, "http://no-such-host.invalid"), encoding="utf-8")

    run = verify("checks", "--target", path)

    assert (10, "INCONCLUSIVE") == (run.status, run.record["verdict"])
    assert {"inconclusive", "not_run"} == set(run.states.values())


def test_a_spent_budget_is_inconclusive_and_nothing_more_is_sent(verify, target, small):
    run = verify("checks", "--target", target(asking="requests = 3"))

    assert 10 == run.status
    assert 3 == run.record["requests"] == len(small.asked)
    assert "inconclusive" in run.states.values()
