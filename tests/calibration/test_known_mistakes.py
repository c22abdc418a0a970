"""
Answers that a well-known tool judges wrongly, one way or the other, are judged rightly.

The mistakes were seen with drheader 2.0.0, on these answers.
"""

from __future__ import annotations

import pytest

from prodverify.judges import cache_control, cookies, policy
from prodverify.judges.policy import JUDGES, Answer
from prodverify.target import policies
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import HELMET, answer, rules, worst

BASELINE = policies.named("baseline")
IDEAL = {
    "Content-Type": "application/json; charset=utf-8",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def judged(rule, profile="html", **changed):
    headers = {**HELMET, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return rules(policy.judge(BASELINE, rule, Answer(HeaderList(headers.items()), profile)))


@pytest.mark.parametrize("rule", [rule for rule in BASELINE.rules if rule in JUDGES])
def test_an_ideal_answer_of_an_api_is_clean(rule):
    found = policy.judge(BASELINE, rule, Answer(HeaderList(IDEAL.items()), "api", body=b'{"a": 1}'))

    assert worst(found) <= {"info"}


@pytest.mark.parametrize("carrier", ["authorization", "cookie", "x-api-key"])
def test_nobody_needs_pragma_or_expires(carrier):
    assert [] == cache_control.judge(answer(200, IDEAL, {"a": 1}), carrier=carrier)


@pytest.mark.parametrize("max_age", [31_536_000, 63_072_000])
def test_more_than_a_year_is_no_less_than_a_year(max_age):
    assert {} == judged("hsts", Strict_Transport_Security=f"max-age={max_age}; includeSubDomains")


@pytest.mark.parametrize("value", ["same-origin", "strict-origin", "no-referrer, strict-origin-when-cross-origin"])
def test_a_referrer_policy_may_be_another_good_one_or_have_fallbacks(value):
    assert {} == judged("referrer-policy", Referrer_Policy=value)


def test_inline_beside_nonce_and_strict_dynamic_is_for_old_browsers():
    modern = "script-src 'nonce-r4nd0m' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'; base-uri 'none'"
    found = judged("csp", Content_Security_Policy=f"{modern}; form-action 'self'; frame-ancestors 'none'")

    assert set(found.values()) <= {"info"}


def test_a_theme_is_no_session():
    lines = HeaderList([("Set-Cookie", "theme=dark; Secure; Path=/; SameSite=Lax")])

    assert worst(cookies.judge(lines, https=True, session=["__Host-session"])) <= {"info"}


@pytest.mark.parametrize("sources", ["*", "https:", "http://*", "'self' *"])
def test_scripts_from_anywhere_are_a_failure(sources):
    found = judged("csp", Content_Security_Policy=f"default-src 'self'; script-src {sources}; object-src 'none'")

    assert "fail" == found["csp-script-broad"]


def test_plug_ins_from_anywhere_are_a_failure():
    found = judged("csp", Content_Security_Policy="default-src 'self'; script-src *; object-src *")

    assert {"csp-script-broad": "fail", "csp-object-broad": "fail"}.items() <= found.items()
