"""A failure that somebody answers for is waived until a day; a waiver that is stale blocks."""

from __future__ import annotations

WAIVER = """
[[waivers]]
check = "checks/test_auth.py::test_role_gets_its_status{cell}"
reason = "the gateway is being replaced"
ticket = "OPS-1"
owner = "ops"
until = "{until}"
"""


def test_a_valid_waiver_lets_a_failure_pass(verify, target, small):
    small.answers["/things"] = (500, {}, b"{}")
    nobody = WAIVER.format(cell="[no-such-cell]", until="2999-12-31")

    run = verify("checks/", "--target", target(WAIVER.format(cell="", until="2999-12-31") + nobody))

    case = run.cases["test_auth.py::test_role_gets_its_status[things-user]"]
    assert "waived" == case["state"]
    assert "the gateway is being replaced (ops, OPS-1, until 2999-12-31)" == case["reason"]
    assert ["used", "unknown"] == [waiver["use"] for waiver in run.record["waivers"]]
    assert "names no case of this run; correct its check, or remove it" in run.output
    assert 2 == run.record["counts"]["waived"]
    # What the same defect breaks elsewhere is not covered.
    failed = {case for case, state in run.states.items() if state == "fail"}
    assert {"test_contract.py::test_trace_context_is_accepted[valid]"} <= failed
    assert 1 == run.status


def test_a_run_whose_only_failure_is_waived_is_a_go(verify, target, small):
    things = small.things
    small.answers["/things"] = lambda handler: things(handler) if handler.headers.get("X-API-Key") else (403, {}, b"")

    run = verify("checks/", "--target", target(WAIVER.format(cell="[things-anonymous]", until="2999-12-31")))

    assert 0 == run.status
    assert "GO" == run.record["verdict"]
    assert 1 == run.record["counts"]["waived"]
    assert "1 waived" in run.last_line


def test_stale_waivers_block(verify, target):
    expired = WAIVER.format(cell="[things-user]", until="2026-01-01")
    unneeded = WAIVER.format(cell="[things-anonymous]", until="2999-12-31")

    run = verify("checks/", "--target", target(expired + unneeded))

    assert 1 == run.status
    assert run.last_line.startswith("NO-GO  1 waiver expired; 1 waiver no longer needed")
    assert ["expired", "unneeded"] == [waiver["use"] for waiver in run.record["waivers"]]
    assert 0 == run.record["counts"]["fail"]
