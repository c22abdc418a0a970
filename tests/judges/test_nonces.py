"""A nonce is used once."""

import pytest
from hypothesis import given, settings

from prodverify.judges import nonces
from prodverify.record.findings import Finding
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules


def page(*values, body=b"", **more):
    lines = [("Content-Security-Policy", f"script-src 'nonce-{value}'; style-src 'self'") for value in values]
    return answer(200, [*lines, *more.items()], body)


def test_a_new_nonce_in_every_answer_is_as_it_should_be():
    assert nonces.judge(page("one"), page("two")) == []
    assert nonces.judge(page("one"), page("ONE")) == []
    assert nonces.judge(page("one"), page()) == nonces.judge(page(), page()) == []


def test_a_nonce_that_repeats_fails_in_the_header_and_in_the_page():
    repeated = {"csp-nonce-repeated": "fail"}
    stated = page(body=b"<meta http-equiv='Content-Security-Policy' content=\"script-src 'nonce-one'\">")
    assert repeated == rules(nonces.judge(page("one"), page("two", "one")))
    assert repeated == rules(nonces.judge(stated, stated)) == rules(nonces.judge(stated, page("one")))


@pytest.mark.parametrize(("age", "cached"), [("7", True), ("1", True), ("0", False), ("", False), ("old", False)])
def test_a_cache_that_repeats_the_whole_answer_fails_too_and_is_told(age, cached):
    (repeated,) = nonces.judge(page("one"), page("one", age=age))
    assert cached == ("(cached)" in repeated.observed) == ("cache" in repeated.next_step)


def test_a_page_without_nonces_is_remarked_upon():
    assert rules(nonces.judge(page(), None)) == {"csp-nonce-absent": "info"}


def test_a_policy_that_only_reports_has_no_nonce():
    reporting = answer(200, {"Content-Security-Policy-Report-Only": "script-src 'nonce-one'"})
    assert nonces.judge(reporting, reporting) == []


@settings(derandomize=True, max_examples=200, deadline=None)
@given(first=exchanges(), second=exchanges())
def test_no_answer_makes_the_judge_raise(first, second):
    for found in nonces.judge(first, second):
        assert isinstance(found, Finding)
        assert found.observed.isprintable()
