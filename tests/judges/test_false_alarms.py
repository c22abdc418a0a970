"""
Answers that are in order and that other tools have raised alarms about.

Each test names the alarm that is not raised here.
"""

from prodverify.judges import (
    access,
    cache_control,
    cookies,
    csp,
    disclosure,
    hsts,
    leaks,
    nosniff,
    policy,
    problem,
    rate_limit,
)
from prodverify.target import policies
from prodverify.target.promises import Errors
from prodverify.target.rate_limit import RateLimit
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import NOON, RELAY, answer, rules, worst


def test_more_than_asked_for_is_not_less():
    two_years = HeaderList([("strict-transport-security", "max-age=63072000; includeSubDomains; preload")])
    assert hsts.judge(two_years, profile="html", https=True) == []


def test_redirects_and_errors_are_not_judged_like_pages():
    for profile in ("redirect", "error", "preflight"):
        assert worst(csp.judge_scripts(HeaderList(), profile=profile)) == {"info"}


def test_html_headers_are_not_demanded_of_json():
    assert rules(csp.judge_scripts(HeaderList(), profile="api")) == {"csp-missing": "warn"}
    strict = HeaderList([("content-security-policy", "default-src 'none'; frame-ancestors 'none'")])
    assert csp.judge_scripts(strict, profile="api") == []


def test_inline_beside_a_nonce_is_for_old_browsers():
    modern = "script-src 'nonce-r4nd0m' 'strict-dynamic' 'unsafe-inline' https:; object-src 'none'; base-uri 'none'"
    modern += "; form-action 'self'"
    assert csp.judge_scripts(HeaderList([("content-security-policy", modern)]), profile="html") == []


def test_a_missing_directive_is_not_called_a_wildcard():
    found = csp.judge_scripts(HeaderList([("content-security-policy", "default-src 'none'")]), profile="html")
    assert set(rules(found)) == {"csp-base-uri-missing", "csp-form-action-missing"}


def test_a_policy_in_the_page_counts():
    stated = "default-src 'self'; base-uri 'none'; form-action 'self'"
    page = policy.Answer(
        HeaderList(), "html", body=f'<meta http-equiv=content-security-policy content="{stated}">'.encode()
    )
    assert policy.judge(policies.named("baseline"), "csp", page) == []


def test_what_nobody_asked_for_is_not_missed():
    """No CORS, Clear-Site-Data, Permissions-Policy, COOP, COEP or CORP: none of them fails for being absent."""
    page = policy.Answer(HeaderList(RELAY.items()), "html")
    found = {rule: policy.judge(policies.named("baseline"), rule, page) for rule in policy.JUDGES}
    assert {severity for told in found.values() for severity in worst(told)} <= {"info"}


def test_an_answer_for_one_caller_may_say_private_beside_a_lifetime_for_shared_caches():
    """As well-known APIs do, whose answers are selected by the credential too."""
    told = [("Cache-Control", "private, max-age=60, s-maxage=60"), ("Vary", "Accept, Authorization, Cookie")]
    assert worst(cache_control.judge(answer(200, told, b"{}"), carrier="authorization")) == {"warn"}


def test_deleted_cookies_balancers_and_csrf_tokens_are_in_order():
    sent = [
        "sid=; Max-Age=0",
        "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "heroku-session-affinity=1; Path=/",
        "csrftoken=1; Secure; SameSite=Strict",
    ]
    headers = HeaderList([("Set-Cookie", line) for line in sent])
    assert cookies.judge(headers, https=True, session=["sid"]) == []


def test_repeated_lines_combine_as_their_field_says():
    kept = [("Cache-Control", "private, max-age=0"), ("Cache-Control", "no-cache, no-store")]
    assert cache_control.judge(answer(200, kept, b"{}"), carrier="cookie") == []
    assert worst(nosniff.judge(HeaderList([("X-Content-Type-Options", "nosniff")] * 2), profile="api")) == {"warn"}


def test_401_is_not_the_only_refusal():
    for status in (400, 403, 404, 422, 431):
        assert access.judge_rejection(answer(200, {}, b"{}"), answer(status)) == []


def test_a_limiter_is_no_evidence_about_anything_else():
    limited = answer(429)
    found = [
        *access.judge_status(limited, 403, "viewer"),
        *access.judge_rejection(answer(200), limited),
        *access.judge_malformed(limited),
        *access.judge_unharmed(limited),
    ]
    assert [finding.severity.value for finding in found] == ["inconclusive"] * 4


def test_numbers_and_common_phrases_leak_nothing():
    body = {"title": "Internal Server Error", "status": 500, "type": "about:blank", "at": 1700000000, "n": 31536000}
    said = answer(500, {"Content-Type": "application/problem+json"}, body)
    assert leaks.judge(said) == []
    assert problem.judge(said, Errors()) == []


def test_servers_may_name_themselves():
    assert worst(disclosure.judge(HeaderList([("Server", "nginx")]), profile="api")) == {"info"}


def test_a_service_without_limit_headers_is_in_order():
    promise = RateLimit(requests=2, window_seconds=60.0, role="burster", journey="execution", headers=())
    burst = [answer(200, at=NOON), answer(200, at=NOON), answer(429, at=NOON)]
    found = [
        *rate_limit.judge_burst(burst, promise),
        *rate_limit.judge_refusal(burst[-1], promise),
        *rate_limit.judge_countdown(burst, promise),
    ]
    assert found == []
