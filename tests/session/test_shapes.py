"""Services of other shapes than the practice service's are verified too, by their target file alone."""

from __future__ import annotations

import time

from tests.session.suite import ALONE_IN_PROOF

LIMIT = """
[[journeys]]
name = "read"
steps = [{{ method = "GET", path = "/limited" }}]
[rate_limit]
requests = 5
window_seconds = {window}
window = "first_request"
scope = "{scope}"
role = "anonymous"
journey = "read"
headers = []
max_wait_seconds = 1.0
"""
HEADERS = '[headers]\npolicy = "baseline"\n'


class Limiter:
    """Lets five requests through in a window that the first of them begins."""

    def __init__(self, window_seconds: float) -> None:
        self.window_seconds, self.began, self.count = window_seconds, 0.0, 0
        self.seen: list[tuple[str, str]] = []

    def __call__(self, handler):
        now = time.monotonic()
        self.seen.append((handler.headers.get("Content-Type", ""), handler.body.decode()))
        if now - self.began >= self.window_seconds:
            self.began, self.count = now, 0
        self.count += 1
        return (200, {}, b"{}") if self.count <= 5 else (429, {}, b"{}")


def test_a_limit_on_reads_needs_no_permit_to_write_and_sends_no_body(verify, target, small):
    small.answers["/limited"] = limiter = Limiter(30.0)
    file = target(LIMIT.format(window=30.0, scope="key"), permits="bursts = true")

    run = verify("checks/test_rate_limit.py", "--target", file)

    assert "pass" == run.states["test_rate_limit.py::test_limit_is_enforced"]
    assert 10 <= len(limiter.seen) <= 15, "limit + 5, and a few while it refuses"
    assert {("", "")} == set(limiter.seen)


def test_a_burst_does_not_keep_to_the_pace_of_the_run(verify, target, small):
    small.answers["/limited"] = Limiter(1.0)
    file = target(LIMIT.format(window=1.0, scope="key"), permits="bursts = true")
    file.write_text(file.read_text(encoding="utf-8").replace("2000.0", "5.0"), encoding="utf-8")

    run = verify("checks/test_rate_limit.py", "--target", file)

    assert "pass" == run.states["test_rate_limit.py::test_limit_is_enforced"]


@ALONE_IN_PROOF
def test_a_limit_on_the_address_is_driven_alone_and_disturbs_no_other_case(verify, target, small, workers):
    statuses = []

    def counted(handler):
        answer = limiter(handler)
        statuses.append(answer[0])
        return small.things(handler) if answer[0] == 200 else answer

    small.answers["/limited"] = limiter = Limiter(0.5)
    small.answers["/things"] = counted
    file = target(LIMIT.format(window=0.5, scope="address") + HEADERS, permits="bursts = true")
    file.write_text(file.read_text(encoding="utf-8").replace("2000.0", "9.0"), encoding="utf-8")

    run = verify("checks/test_rate_limit.py", "checks/test_auth.py", "--target", file, "-n", workers)

    assert 0 == run.record["counts"]["inconclusive"] + run.record["counts"]["fail"]
    assert "pass" == run.states["test_rate_limit.py::test_limit_is_enforced"]
    assert {200} == set(statuses)


def test_a_limit_on_the_address_with_a_long_window_is_not_driven(verify, target, small):
    small.answers["/limited"] = limiter = Limiter(60.0)
    file = target(LIMIT.format(window=60.0, scope="address"), permits="bursts = true")

    run = verify("checks/test_rate_limit.py", "--target", file)

    reasons = {case["reason"] for case in run.cases.values()}
    assert [] == limiter.seen
    assert reasons == {
        "not applicable: the limit counts the address that the whole run asks from, and its window of 60 s is beyond "
        "rate_limit.max_wait_seconds = 1"
    }


def test_a_service_that_sends_strangers_to_its_log_in_is_guarded(verify, target, small):
    def page(handler):
        status, _, body = small.things(handler)
        return (status, {}, body) if status == 200 else (302, {"Location": "/log-in"}, b"")

    small.answers["/things"] = page
    file = target(fuzz="true")
    text = file.read_text(encoding="utf-8").replace("anonymous = 401", "anonymous = 302")
    file.write_text(text, encoding="utf-8")

    run = verify("checks/test_auth.py", "--target", file)

    assert "pass" == run.states["test_auth.py::test_wrong_credential_is_rejected[things]"]
    assert "pass" == run.states["test_auth.py::test_worthless_credential_is_rejected[things-user-altered]"]


def test_a_service_that_is_only_written_to_is_not_asked_to_be_read(verify, target, small):
    file = target()
    text = file.read_text(encoding="utf-8").replace('path = "/things"', 'path = "/things"\nmethod = "POST"')
    file.write_text(text, encoding="utf-8")

    run = verify("checks/test_contract.py", "--target", file)

    missing = "not declared: an endpoint with method GET that some role gets 200 from"
    assert missing == run.cases["test_contract.py::test_trace_context_is_accepted[valid]"]["reason"]


def test_a_page_is_asked_for_as_a_page_and_judged_as_one(verify, target, small):
    html = b"<!doctype html><title>Attention required: captcha</title>"
    small.answers["/page"] = (200, {"Content-Type": "text/html"}, html)
    page = '[[endpoints]]\nname = "page"\npath = "/page"\nprofile = "html"\ntext = "captcha"\n'
    file = target(f"{page}roles = {{ anonymous = 200 }}\n{HEADERS}")

    run = verify("checks/test_contract.py", "checks/test_security_headers.py", "--target", file)

    assert "pass" == run.states["test_contract.py::test_body_has_its_schema[page]"]
    csp = run.cases["test_security_headers.py::test_scripts_come_from_the_service[html]"]
    assert ("fail", "an enforced policy on an answer of profile html") == (csp["state"], csp["findings"][0]["expected"])
    assert {"text/html, */*;q=0.8"} == {asked.headers["accept"] for asked in small.asked if asked.path == "/page"}


def test_refusals_of_other_shapes_are_told_apart(verify, target, small):
    small.answers["/wrong"] = (400, {}, b'{"status": "error", "error": "no query"}')
    small.answers["/gone"] = (404, {"Content-Type": "text/plain"}, b"gone")
    extra = """
[[endpoints]]
name = "wrong-query"
path = "/wrong?query="
profile = "error"
roles = { anonymous = 400 }
[errors]
media_type = "application/json"
members = ["error"]
missing_path = "/gone"
exceptions = [{ refusal = "missing", reason = "the router answers in text" }]
"""
    run = verify("checks/test_contract.py", "--target", target(extra), "-k", "one_shape")

    shapes = {case.rpartition("[")[2]: state for case, state in run.states.items()}
    assert {"unauthenticated]": "pass", "missing]": "pass", "wrong-query]": "pass"} == shapes
    assert {"info"} == {
        found["severity"]
        for case in run.cases.values()
        for found in case["findings"]
        if case["id"].endswith("missing]")
    }


def test_declared_malformed_bodies_are_sent_where_generated_ones_are_not(verify, target, small):
    bodies = []

    def refuse(handler):
        bodies.append(handler.body.decode())
        return (400, {}, b"{}")

    small.answers["/orders"] = refuse
    orders = '[[endpoints]]\nname = "orders"\nmethod = "POST"\npath = "/orders"\nroles = { user = 400 }\nfuzz = false\n'

    run = verify(
        "checks/test_auth.py", "--target", target(orders + 'malformed = [{ id = "no" }]\n', permits="writes = true")
    )

    assert "pass" == run.states["test_auth.py::test_malformed_input_is_refused[orders]"]
    assert '{"id":"no"}' in [body.replace(" ", "") for body in bodies]
