"""A run that has spent what it may spend says so, and judges nothing that it did not ask."""

from __future__ import annotations

import time

from tests.session.suite import WORKERS_IN_PROOF


@WORKERS_IN_PROOF
def test_a_spent_budget_is_inconclusive(verify, target, small, workers):
    run = verify("checks/", "--target", target(asking="requests = 4"), "-n", workers)

    assert 10 == run.status
    assert 4 == run.record["requests"] == run.record["budget"] == len(small.asked)
    assert "4 of 4 requests" in run.output
    assert "at most 4 requests in one run" in run.output
    assert 0 == run.record["counts"]["fail"]
    assert 0 < run.record["counts"]["inconclusive"]


def test_a_spent_deadline_is_inconclusive(verify, target, small):
    def slow(handler):
        time.sleep(0.8)
        return small.things(handler)

    small.answers["/things"] = slow
    run = verify("checks/", "--target", target(asking="run_deadline_seconds = 1.2"), "-n", 2)

    assert 10 == run.status
    assert 0 == run.record["counts"]["fail"]
    assert 0 == run.record["counts"]["error"]
    late = [case for case in run.cases.values() if any("deadline" in found["rule"] for found in case["findings"])]
    assert late
    assert {"inconclusive"} == {case["state"] for case in late}


def test_a_limiter_that_says_403_refuses_no_credential(verify, target, small):
    """What nobody counts as a limit (no [rate_limit]) is no proof that a credential is worth nothing."""

    def limited(handler):
        answer = small.things(handler)
        return answer if answer[0] == 200 else (403, {"X-RateLimit-Remaining": "0"}, b'{"message": "rate limit"}')

    small.answers["/things"] = limited
    run = verify("checks/test_auth.py", "-k", "worthless or wrong", "--target", target(fuzz="true"), "-n", 0)

    assert 10 == run.status
    assert {"inconclusive"} == {case["state"] for case in run.cases.values() if case["findings"]}
    assert {"answered-by-limiter"} == {found["rule"] for case in run.cases.values() for found in case["findings"]}
