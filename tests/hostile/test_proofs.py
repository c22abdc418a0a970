"""No case is green that proved nothing, and none is red for what nobody promised."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from urllib.request import Request, urlopen

import pytest

from tests.hostile.test_innocence import REVOCATION
from tests.session.small import HEALTHY
from tests.session.test_placement import BUSY

HEADERS = '[headers]\non_all_answers = true\nredirect_path = "/old"\n'
AUDIT = """
[audit]
path = "/log"
role = "user"
entries_at = ""
filters = { actor = "Ann & Co" }
"""
LIMITED = """
[[journeys]]
name = "read"
steps = [{ method = "GET", path = "/limited" }]
[rate_limit]
requests = 5
window_seconds = 60.0
role = "anonymous"
journey = "read"
headers = []
"""
WEBHOOK = """
[[journeys]]
name = "send"
steps = [{ path = "/send" }]
[[webhooks]]
name = "sent"
secret = "signing"
role = "anonymous"
journey = "send"
deliver_to = "callback"
request_id_header = "%s"
"""
SIGNING = "whsec-practice-0001"


@pytest.mark.parametrize(("status", "state"), [(302, "fail"), (200, "inconclusive")])
def test_what_does_not_redirect_is_no_redirect_whose_headers_are_judged(verify, target, small, status, state):
    small.answers["/old"] = (status, {"Location": "/things"}, b"{}")

    run = verify("checks/test_security_headers.py", "--target", target(HEADERS), "-k", "sniffed and redirect")

    assert {"test_security_headers.py::test_types_are_not_sniffed[redirect]": state} == run.states


def test_a_path_that_is_read_too_is_no_wrong_method(verify, target, small):
    small.answers["/both"] = (200, {}, b"{}")
    both = '[[endpoints]]\nname = "both"\nmethod = "POST"\npath = "/both"\nroles = { user = 200 }\n[errors]\n'

    run = verify("checks/test_contract.py", "--target", target(both), "-k", "one_shape and method")

    (case,) = run.cases.values()
    assert ("not_run", "not applicable: GET /both is no wrong method, it answers 200") == (
        case["state"],
        case["reason"],
    )


@pytest.mark.parametrize(("filtering", "state"), [(True, "pass"), (False, "fail")])
def test_a_filter_that_every_entry_matches_is_told_from_none(verify, target, small, filtering, state):
    def log(handler):
        named = "actor=" not in handler.path or handler.path.endswith("?actor=Ann%20%26%20Co")
        return 200, {}, json.dumps([{"actor": "Ann & Co"}] if named or not filtering else []).encode()

    small.answers["/log"] = log

    run = verify("checks/test_audit.py", "--target", target(AUDIT), "-k", "filter")

    assert {"test_audit.py::test_filter_selects[actor]": state} == run.states


def test_a_revocation_that_leads_nowhere_leaves_the_key_in_the_ledger_and_names_it(verify, target, small):
    small.answers["/keys"] = small.make_key
    nowhere = REVOCATION.replace('"/keys/"', '"/nowhere/"')
    small.answers["/nowhere/1"] = (404, {}, b"{}")

    run = verify("checks/test_auth.py", "--target", target(nowhere, permits="writes = true"), "-k", "revoked_key")

    (entry,) = (verify.reports / "runs" / "ledger" / "small.jsonl").read_text().splitlines()
    case = run.cases["test_auth.py::test_revoked_key_is_refused"]
    assert ("inconclusive", "key-not-revoked") == (case["state"], case["findings"][0]["rule"])
    assert json.loads(entry)["name"] in case["findings"][0]["next_step"]
    assert json.loads(entry)["name"] == case["facts"]["key"]


@pytest.mark.parametrize(("told", "state"), [({}, "not_run"), ({"X-RateLimit-Remaining": "4"}, "fail")])
def test_a_limiter_that_says_nothing_to_whom_it_accepts_counts_nothing(verify, target, small, told, state):
    asked = []

    def limited(handler):
        asked.append(handler.path)
        return (200, told, b"{}") if len(asked) <= 5 else (429, {}, b"{}")

    small.answers["/limited"] = limited

    run = verify("checks/test_rate_limit.py", "--target", target(LIMITED, permits="bursts = true"), "-k", "count_down")

    assert {"test_rate_limit.py::test_accepted_answers_count_down": state} == run.states


@pytest.mark.parametrize(("header", "state"), [("", "not_run"), ("X-Request-ID", "fail")])
def test_a_delivery_that_is_promised_to_name_no_request_need_not(verify, target, small, header, state):
    def send(handler):
        to, body = json.loads(handler.body)["callback"], b'{"sent": true}'
        signature = "sha256=" + hmac.new(SIGNING.encode(), body, hashlib.sha256).hexdigest()
        request = Request(to, body, {"X-Signature": signature, "Content-Type": "application/json"})
        threading.Thread(target=lambda: urlopen(request, timeout=5).close(), daemon=True).start()
        return 200, {}, b"{}"

    small.answers["/send"] = send
    file = target(WEBHOOK % header, permits="writes = true")
    text = file.read_text(encoding="utf-8").replace("[secrets]", '[secrets]\nsigning = { env = "SIGNING" }')
    file.write_text(text, encoding="utf-8")

    run = verify("checks/test_webhooks.py", "--target", file, SIGNING=SIGNING)

    assert "pass" == run.states["test_webhooks.py::test_delivery_is_signed[sent]"]
    case = run.cases[f"test_webhooks.py::test_delivery_names_its_request[{'sent' if header else 'undeclared'}]"]
    assert state == case["state"]
    assert 1 == small.paths().count("/send")
    assert bool(case["exchanges"]) == (state == "fail")


def test_a_component_that_is_unwell_is_told_with_the_answer_that_another_case_asked_for(verify, target, small):
    file = target()
    text = file.read_text(encoding="utf-8").replace("components = {}", 'components = { database = "ok" }')
    file.write_text(text, encoding="utf-8")
    small.answers["/health"] = (200, {}, b'{"version": "7.1", "components": {"database": "down"}}')

    run = verify("checks/test_health.py", "--target", file)

    case = run.cases["test_health.py::test_components_are_well[main]"]
    assert ("fail", f"{small.url}/health") == (case["state"], case["exchanges"][-1]["url"])


def test_the_time_of_a_health_path_is_taken_while_no_other_case_asks(verify, target, small, checks):
    def slowly(handler):
        time.sleep(1.5 if small.asked else 0.0)
        return HEALTHY

    small.answers["/health"] = slowly
    file = target()
    text = file.read_text(encoding="utf-8").replace("components = {}", "answers_within_ms = 9000.0")
    file.write_text(text, encoding="utf-8")

    run = verify(checks(busy=BUSY), "checks/", "--target", file, "-n", 3, "-k", "answers_in_time or busy")

    assert "pass" == run.states["test_health.py::test_answers_in_time[main]"]
    measured = [asked for asked in small.asked if asked.path == "/health"][-1]
    others = [asked for asked in small.asked if asked.path.startswith("/busy")]
    assert others
    assert [] == [asked for asked in others if asked.began < measured.ended and asked.ended > measured.began]
