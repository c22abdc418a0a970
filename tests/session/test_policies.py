"""Header policies, nonces and caches, judged on services of other shapes than the practice service's."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.judges.scene import HELMET

PAGE = '[[endpoints]]\nname = "page"\npath = "/page"\nprofile = "html"\nroles = { anonymous = 200 }\n'
TLS = "[tls]\nterminated = true\n"
HTML = {"Content-Type": "text/html; charset=utf-8"}


def policy(name, exceptions=""):
    return f'[headers]\npolicy = "{name}"\n{exceptions}{TLS}'


def states(run, check):
    return {case.partition("[")[2][:-1]: state for case, state in run.states.items() if f"::{check}" in case}


def test_a_page_behind_default_middleware_keeps_what_the_observatory_counts(verify, target, small):
    small.answers["/page"] = (200, {**HELMET, **HTML}, b"<!doctype html><title>a</title>")

    run = verify("checks/test_security_headers.py", "--target", target(PAGE + policy("observatory")))

    judged = {case: state for case, state in run.states.items() if state != "not_run"}
    assert {"pass"} == set(judged.values())
    assert {"html"} == {case.partition("[")[2][:-1] for case in judged}
    assert "things" not in "".join(judged)


def test_a_rule_that_a_policy_does_not_ask_for_leaves_one_case_with_the_missing_word(verify, target, small):
    run = verify("checks/test_security_headers.py", "--target", target(policy("asvs-l1")), "-k", "sniffed or https")

    case = run.cases["test_security_headers.py::test_types_are_not_sniffed[undeclared]"]
    assert ("not_run", "not declared: nosniff in policy asvs-l1 of any answer declared") == (
        case["state"],
        case["reason"],
    )
    assert {"success": "fail", "error": "fail", "missing": "fail"} == states(run, "test_browsers_stay_on_https")


def test_what_is_excepted_stays_in_the_evidence_with_its_reason(verify, target, small):
    exceptions = 'exceptions = [{ rule = "hsts-missing", reason = "the terminator sends it" }]\n'
    run = verify("checks/test_security_headers.py", "--target", target(policy("baseline", exceptions)), "-k", "https")

    case = run.cases["test_security_headers.py::test_browsers_stay_on_https[success]"]
    (found,) = case["findings"]
    assert ("pass", "info", "Excepted: the terminator sends it") == (
        case["state"],
        found["severity"],
        found["next_step"],
    )


@pytest.mark.parametrize(
    ("nonces", "state"),
    [(["one", "two", "three"], "pass"), (["one", "one", "one"], "fail"), (["", "", ""], "pass")],
    ids=["fresh", "repeated", "none"],
)
def test_a_nonce_is_used_for_one_answer(verify, target, small, nonces, state):
    given = iter(nonces)

    def page(handler):
        nonce = next(given)
        script = f"script-src 'self' 'nonce-{nonce}'" if nonce else "script-src 'self'"
        return 200, {**HTML, "Content-Security-Policy": script}, b"<!doctype html>"

    small.answers["/page"] = page
    run = verify("checks/test_security_headers.py", "--target", target(PAGE + policy("baseline")), "-k", "nonces")

    assert {"page": state} == states(run, "test_nonces_are_fresh")
    assert (2 if any(nonces) else 1) == small.paths().count("/page")


def cached(small, **told):
    """A cache in front of the service that knows nothing of credentials, and keeps what it was given."""
    kept = {}

    def answer(handler):
        status, headers, body = kept.get(handler.path) or small.things(handler)
        if status == 200:
            hit = told if handler.path in kept else {}
            kept[handler.path] = status, headers, body
            return status, {**headers, **hit}, body
        return status, headers, body

    return answer


@pytest.mark.parametrize("told", [{}, {"Age": "1"}], ids=["silent", "telling"])
def test_a_cache_that_serves_strangers_is_found_whether_it_tells_of_itself_or_not(verify, target, small, told):
    small.answers["/things"] = cached(small, **told)

    run = verify("checks/test_caching.py", "--target", target(policy("baseline")))

    assert {"things": "fail"} == states(run, "test_strangers_are_not_served_from_a_cache")
    (finding,) = run.cases["test_caching.py::test_strangers_are_not_served_from_a_cache[things]"]["findings"]
    assert "cache-serves-strangers" == finding["rule"]


def test_what_is_open_to_everybody_is_not_blamed_on_a_cache(verify, target, small):
    small.answers["/things"] = (200, {"Cache-Control": "no-store"}, b'{"things": []}')

    run = verify(
        "checks/test_caching.py", "checks/test_auth.py", "--target", target(policy("baseline")), "-k", "things"
    )

    assert "fail" == run.states["test_auth.py::test_role_gets_its_status[things-anonymous]"]
    assert {"things": "pass"} == states(run, "test_strangers_are_not_served_from_a_cache")
    assert {"things": "pass"} == states(run, "test_private_answers_are_not_kept")


def test_a_healthy_service_is_asked_twice_for_what_is_for_one_caller(verify, target, small):
    run = verify("checks/test_caching.py", "--target", target(policy("baseline")), "-n", 2)

    asked = [path for path in small.paths() if urlsplit(path).path == "/things"]
    assert ["/things", "/things"] == asked
    assert {"things": "pass"} == states(run, "test_strangers_are_not_served_from_a_cache")
    assert {"things": "warn"} == states(run, "test_private_answers_are_not_kept")
