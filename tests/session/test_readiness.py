"""One outage is one failing case, and a fault of ours is none of the service's."""

from __future__ import annotations

import pytest

from tests.session.suite import WORKERS_IN_PROOF

READY = "test_readiness.py::test_service_is_ready"
CLOSED = "http://127.0.0.1:9"


def others(run):
    return {state for case, state in run.states.items() if case != READY}


def test_a_service_that_is_not_there_is_a_no_go_in_one_case(verify, target):
    run = verify("checks/", "--target", target(url=CLOSED), "-n", 2)

    assert 1 == run.status
    assert "fail" == run.states[READY]
    assert {"not_run"} == others(run)
    assert (
        "service not ready: see the check readiness" == run.cases["test_health.py::test_health_answers[main]"]["reason"]
    )
    assert run.last_line.startswith("NO-GO  1 of ")
    assert "no connection: Connection refused" in run.output


@pytest.mark.parametrize(
    ("url", "observed"),
    [
        ("http://no-such-host.invalid", "the host's name was not resolved"),
        ("http://255.255.255.255:81", "no connection: "),
    ],
    ids=["name", "route"],
)
def test_our_own_network_is_inconclusive(verify, target, url, observed):
    run = verify("checks/", "--target", target(url=url))

    assert 10 == run.status
    assert "inconclusive" == run.states[READY]
    assert {"not_run"} == others(run)
    assert observed in run.output
    assert "INCONCLUSIVE" == run.record["verdict"]


def test_the_expected_version_is_verified(verify, target):
    run = verify("checks/", "--target", target(), "--expect-version", "7.1")

    assert 0 == run.status
    assert "7.1" == run.record["expected_version"]
    assert ["7.1"] == run.record["versions"]["service"]
    assert "version seen: 7.1" in run.output


def test_another_version_is_not_ready(verify, target, small):
    run = verify("checks/", "--target", target(), "--expect-version", "7.2", "-n", 0)

    assert 1 == run.status
    assert "fail" == run.states[READY]
    assert {"not_run"} == others(run)
    assert "version 7.2 in 3 answers in a row" in run.output
    assert {"/health"} == set(small.paths())


def deployed_after(asked):
    """Health of a service that is replaced after so many answers."""
    answers = iter(range(1000))
    return lambda _: (200, {}, b'{"version": "7.%d"}' % (1 if next(answers) < asked else 2))


def test_two_versions_in_one_run_are_inconclusive(verify, target, small):
    small.answers["/health"] = deployed_after(2)

    run = verify("checks/", "--target", target(), "-n", 2, "-k", "role_gets_its_status or health_answers")

    assert 10 == run.status
    assert ["7.1", "7.2"] == run.record["versions"]["service"]
    assert "the service answered with 2 versions: 7.1, 7.2" in run.last_line


@WORKERS_IN_PROOF
def test_a_version_on_any_answer_counts(verify, target, small, workers):
    small.answers["/things"] = (200, {"X-Version": "8"}, b"{}")
    small.answers["/health"] = (200, {"X-Version": "7.1"}, b'{"version": "7.1"}')

    run = verify(
        "checks/", "--target", target(asking='version_header = "X-Version"'), "-n", workers, "-k", "things-user"
    )

    assert 10 == run.status
    assert ["7.1", "8"] == run.record["versions"]["service"]
