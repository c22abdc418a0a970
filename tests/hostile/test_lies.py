"""A service that lies, floods and mocks breaks neither the run nor its evidence."""

from __future__ import annotations

import json

import pytest

from tests.session.small import KEY

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 100_000 + b"]" * 100_000


def test_a_body_nested_without_end_is_a_failure_and_no_crash(verify, target, small):
    small.answers["/health"] = (200, JSON, DEEP)

    run = verify("checks/test_health.py", "checks/test_readiness.py", "--target", target())

    assert 1 == run.status
    assert "INTERNALERROR" not in run.output
    assert "fail" == run.states["test_health.py::test_version_is_reported[main]"]
    assert 0 == run.record["counts"]["error"]


def test_a_version_of_a_megabyte_is_none_and_fills_nothing(verify, target, small):
    small.answers["/health"] = (200, JSON, json.dumps({"status": "ok", "version": "v" * 1_000_000}).encode())

    run = verify("checks/test_health.py", "checks/test_readiness.py", "--target", target())

    assert "fail" == run.states["test_health.py::test_version_is_reported[main]"]
    assert 20_000 > len(run.output)
    assert [201] == [len(seen) for seen in run.record["versions"]["service"]]
    assert 300_000 > max(path.stat().st_size for path in run.folder.iterdir())


def test_a_version_with_control_characters_is_none(verify, target, small):
    small.answers["/health"] = (200, JSON, b'{"status": "ok", "version": "1\\u001b[31mred\\u0000"}')

    run = verify("checks/test_health.py", "checks/test_readiness.py", "--target", target())

    assert "fail" == run.states["test_health.py::test_version_is_reported[main]"]
    assert "\x1b" not in run.output
    assert "\0" not in run.output


def test_thousands_of_headers_leave_a_record_that_opens(verify, target, small):
    small.answers["/things"] = (200, {**JSON, **{f"X-{number}": "x" * 9 for number in range(5000)}}, b"{}")

    run = verify("checks/", "--target", target())

    assert 1 == run.status
    assert 3_000_000 > (run.folder / "record.json").stat().st_size
    headers = run.cases["test_auth.py::test_role_gets_its_status[things-anonymous]"]["exchanges"][-1]["headers"]
    assert "[cut]" == headers[-1][0]
    assert "further header lines are left out" in headers[-1][1]


def test_headers_made_to_keep_us_busy_do_not(verify, target, small):
    busy = ("?" + "token" * 5_000, '"' + "token" * 5_000 + '"', "\\" * 25_000 + '"token')
    small.answers["/things"] = (200, {**JSON, **{f"X-{number}": line for number, line in enumerate(busy)}}, b"{}")

    run = verify("checks/test_auth.py", "--target", target(), "-k", "role_gets_its_status")

    assert 1 == run.status
    assert 5_000 > run.record["duration_ms"]


@pytest.mark.parametrize("date", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "9" * 5000])
def test_no_retry_after_breaks_the_suite(verify, target, small, date):
    small.answers["/things"] = (503, {**JSON, "Retry-After": date}, b"{}")

    run = verify("checks/test_auth.py", "--target", target(), "-k", "role_gets_its_status")

    assert 10 == run.status
    assert {"inconclusive"} == set(run.states.values())


@pytest.mark.parametrize("before", [100, 110])
def test_a_secret_that_a_finding_cuts_in_two_leaves_no_half(verify, target, small, before):
    small.answers["/health"] = lambda handler: (
        (500, JSON, b"x" * before + KEY.encode()) if len(small.asked) > 0 else (200, JSON, b'{"version": "7.1"}')
    )

    run = verify("checks/test_health.py", "--target", target(), "-k", "health")

    assert "fail" == run.states["test_health.py::test_health_answers[main]"]
    assert KEY[:8] not in run.output
    for path in run.folder.iterdir():
        assert KEY[:8].encode() not in path.read_bytes(), path.name
