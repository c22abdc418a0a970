"""What is not the service's doing is not its failure, and what the suite makes does not stay, whatever is answered."""

from __future__ import annotations

import json
import time

import pytest

from tests.session.small import KEY

REVOKED = """
[roles.revoked]
scheme = "header"
credential = "revoked"
expect = "rejected"
"""
LIMITED = """
[roles.burster]
scheme = "header"
credential = "burst"

[[journeys]]
name = "reading"
[[journeys.steps]]
method = "GET"
path = "/limited"

[rate_limit]
requests = 10
window_seconds = 60.0
role = "burster"
journey = "reading"
"""
REVOCATION = """
[revocation]
role = "user"
create = { path = "/keys", body = {}, status = 201 }
key_at = "/key"
id_at = "/id"
revoke_path = "/keys/"
probe = "things"
"""


def test_what_everybody_may_read_convicts_no_revoked_key(verify, target, small):
    small.answers["/public"] = (200, {}, b"{}")
    file = target(REVOKED)
    text = file.read_text().replace("[secrets]", '[secrets]\nrevoked = { env = "REVOKED_KEY" }')
    public = (
        '[[endpoints]]\nname = "public"\npath = "/public"\nroles = { anonymous = 200, user = 200 }\n\n[[endpoints]]'
    )
    file.write_text(text.replace("[[endpoints]]", public, 1), encoding="utf-8")

    run = verify("checks/test_auth.py", "--target", file, "-k", "rejected_role", REVOKED_KEY="revoked-long-ago")

    assert "pass" == run.states["test_auth.py::test_rejected_role_is_rejected[revoked]"]


def limited(trouble_at, trouble):
    """A limit of ten, and something else that answers once."""
    asked = []

    def answer(handler):
        if "burst" not in handler.headers.get("X-API-Key", ""):
            return 401, {"WWW-Authenticate": "ApiKey"}, b"{}"
        asked.append(time.monotonic())
        if len(asked) == trouble_at:
            return trouble
        return (200, {}, b"{}") if len(asked) <= 10 else (429, {"Retry-After": "40"}, b"{}")

    return answer


def test_a_gateway_in_the_middle_of_a_burst_is_no_failure_of_the_limiter(verify, target, small):
    small.answers["/limited"] = limited(5, (502, {"Content-Type": "text/html"}, b"<html>bad gateway</html>"))
    file = target(LIMITED, permits="bursts = true")
    file.write_text(file.read_text().replace("[secrets]", '[secrets]\nburst = { env = "BURST_KEY" }'), encoding="utf-8")

    run = verify("checks/test_rate_limit.py", "--target", file, "-k", "rate_limit", BURST_KEY="burst-key-0001")

    assert 10 == run.status
    assert 0 == run.record["counts"]["fail"]
    assert 15 >= len([path for path in small.paths() if path == "/limited"])


@pytest.mark.parametrize(
    ("answer", "removed"),
    [
        ({"id": "7"}, "/keys/7"),
        ({"id": "7", "key": "half-\ud800-a-pair"}, "/keys/7"),
        ({"id": "../things?all=1", "key": "made-key-000001"}, "/keys/..%2Fthings%3Fall%3D1"),
    ],
    ids=["without-key", "lone-surrogate", "id-that-leads-away"],
)
def test_a_key_is_removed_by_its_id_and_nothing_else_whatever_was_answered(verify, target, small, answer, removed):
    small.answers["/keys"] = (201, {}, json.dumps(answer).encode())

    run = verify("checks/test_auth.py", "--target", target(REVOCATION, permits="writes = true"), "-k", "revoked_key")

    assert run.record is not None
    assert {removed} == {asked.path for asked in small.asked if asked.method == "DELETE"}


@pytest.mark.parametrize("identifier", ["..", None], ids=repr)
def test_an_id_that_is_none_removes_nothing_and_is_told(verify, target, small, identifier):
    small.answers["/keys"] = (201, {}, json.dumps({"id": identifier, "key": "made-key-000001"}).encode())

    run = verify("checks/test_auth.py", "--target", target(REVOCATION, permits="writes = true"), "-k", "revoked_key")

    assert 10 == run.status
    assert [] == [asked for asked in small.asked if asked.method == "DELETE"]
    found = run.cases["test_auth.py::test_revoked_key_is_refused"]["findings"][-1]
    assert "by hand if it is there" in found["next_step"]
    assert KEY not in run.output
