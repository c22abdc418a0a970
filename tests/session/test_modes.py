"""What may be done to a service, and how deep a run goes."""

from __future__ import annotations

WRITING = """
[[endpoints]]
name = "orders"
method = "POST"
path = "/orders"
body = { count = 1 }
roles = { user = 200 }
fuzz = false
"""
ORDERS = "test_auth.py::test_role_gets_its_status[orders-user]"


def test_read_only_drops_every_permit(verify, target, small):
    small.answers["/orders"] = (200, {}, b"{}")
    file = target(WRITING, permits="writes = true\nbursts = true")

    run = verify("checks/", "--target", file, "--read-only")

    assert 0 == run.status
    assert "not_run" == run.states[ORDERS]
    assert "not permitted: permits.writes" == run.cases[ORDERS]["reason"]
    assert "permits: none" in run.output
    assert [] == run.record["permits"]
    assert {"GET"} == {asked.method for asked in small.asked}


def test_a_permitted_write_is_asked(verify, target, small):
    small.answers["/orders"] = (200, {}, b"{}")

    run = verify(
        "checks/test_auth.py", "--target", target(WRITING, permits="writes = true"), "-k", "role_gets_its_status"
    )

    assert "pass" == run.states[ORDERS]
    assert ["POST"] == [asked.method for asked in small.asked if asked.path == "/orders"]


def test_a_probe_asks_health_alone(verify, target, small):
    run = verify("checks/", "--target", target(), "--mode", "probe")

    assert 0 == run.status
    assert "probe" == run.record["mode"]
    assert {"/health"} == set(small.paths())
    assert (
        "not in mode probe: runs in canary, gate"
        == (run.cases["test_auth.py::test_role_gets_its_status[things-user]"]["reason"])
    )


def test_a_canary_tells_its_seed(verify, target):
    run = verify("checks/", "--target", target(fuzz="true"), "--mode", "canary", "-n", 0)

    assert 0 == run.status
    assert "canary" == run.record["mode"]
    assert f", seed: {run.record['seed']}" in run.output
    assert "pass" == run.states["test_auth.py::test_worthless_credential_is_rejected[things-user-altered]"]


def test_a_drill_leaves_the_service_alone(verify, target, small):
    run = verify("checks/", "--target", target(), "--mode", "drill")

    assert 10 == run.status
    assert "nothing was verified" in run.last_line
    assert "drill" == run.record["mode"]
    assert run.record["seed"] is not None
    assert "pass" == run.states["test_readiness.py::test_service_is_ready"]
    assert {"/health"} == set(small.paths())
