"""What the suite makes in a service is gone afterwards, after a crash too."""

from __future__ import annotations

import json
import os
import threading

from tests.session.small import SmallService

REVOCATION = """
[revocation]
role = "user"
create = { path = "/keys", body = { role = "viewer" }, status = 201 }
key_at = "/key"
id_at = "/id"
name_member = "name"
revoke_path = "/keys/"
probe = "things"
refused_within_seconds = 1.0
"""
REVOKED = "test_auth.py::test_revoked_key_is_refused"


def ledger(verify):
    file = verify.reports / "runs" / "ledger" / "small.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_key_is_made_and_revoked(verify, target, small):
    small.answers["/keys"] = small.make_key

    run = verify("checks/test_auth.py", "--target", target(REVOCATION, permits="writes = true"), "-k", "revoked_key")

    assert "pass" == run.states[REVOKED]
    assert {} == small.keys
    assert [("POST", "/keys"), ("DELETE", "/keys/1")] == [
        (asked.method, asked.path) for asked in small.asked if asked.method != "GET"
    ]
    assert [] == ledger(verify)


def killed_while_the_key_is_used(verify, small: SmallService, file) -> None:
    """A run that is killed with its key made and not revoked."""
    used, released = threading.Event(), threading.Event()

    def things(handler):
        if "made-key" in handler.headers.get("X-API-Key", ""):
            used.set()
            released.wait(20)
        return small.things(handler)

    small.answers["/keys"] = small.make_key
    small.answers["/things"] = things
    process = verify.start("checks/test_auth.py", "--target", file, "-k", "revoked_key")
    assert used.wait(20), "the made key is used"
    process.kill()
    process.communicate()
    released.set()
    small.answers["/things"] = small.things


def test_a_key_of_a_run_that_was_killed_is_revoked_by_the_next(verify, target, small):
    file = target(REVOCATION, permits="writes = true")
    killed_while_the_key_is_used(verify, small, file)
    assert ["1"] == list(small.keys)
    assert ["/keys/1"] == [made["removed_by"] for made in ledger(verify)]

    run = verify("checks/test_auth.py", "--target", file, "-k", "revoked_key")

    assert "pass" == run.states[REVOKED]
    assert {} == small.keys
    assert [] == ledger(verify)


def test_a_process_that_has_the_number_of_the_one_that_was_killed_keeps_no_key(verify, target, small):
    file = target(REVOCATION, permits="writes = true")
    killed_while_the_key_is_used(verify, small, file)
    (left,) = ledger(verify)
    (verify.reports / "runs" / "ledger" / "small.jsonl").write_text(json.dumps({**left, "pid": os.getpid()}) + "\n")

    verify("checks/test_auth.py", "--target", file, "-k", "revoked_key")

    assert {} == small.keys
    assert [] == ledger(verify)


def test_a_key_that_cannot_be_revoked_yet_stays_in_the_ledger(verify, target, small):
    file = target(REVOCATION, permits="writes = true")
    killed_while_the_key_is_used(verify, small, file)
    small.answers["/keys/1"] = (503, {}, b"{}")

    run = verify("checks/test_auth.py", "--target", file, "-k", "revoked_key")

    assert "pass" == run.states[REVOKED]
    assert ["1"] == list(small.keys)
    assert ["/keys/1"] == [made["removed_by"] for made in ledger(verify)]
