"""Framing, sniffing, referrers and disclosure: what browsers make of a header line."""

import pytest

from prodverify.judges import disclosure, framing, members, nosniff, referrer_policy
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import rules

MISSING_ANCESTORS = {"framing-ancestors-missing": "info"}


@pytest.mark.parametrize(
    ("policies", "options", "expected"),
    [
        (["frame-ancestors 'none'"], ["DENY"], {}),
        (["frame-ancestors 'self'"], ["sameorigin"], {}),
        (["frame-ancestors 'none'"], [], {"framing-options-missing": "info"}),
        (["frame-ancestors https://partner.example"], ["DENY"], {}),
        (["frame-ancestors *"], ["DENY"], {"framing-ancestors-broad": "fail"}),
        (["frame-ancestors https:"], ["DENY"], {"framing-ancestors-broad": "fail"}),
        (["frame-ancestors *", "frame-ancestors 'none'"], ["DENY"], {}),
        (["frame-ancestors 'none'"], ["ALLOWALL"], {"framing-options-overridden": "info"}),
        ([], ["DENY"], MISSING_ANCESTORS),
        ([], ["DENY", "deny"], MISSING_ANCESTORS),
        ([], ["SAMEORIGIN, SAMEORIGIN"], MISSING_ANCESTORS),
        ([], ["DENY", "SAMEORIGIN"], {"framing-options-invalid": "fail"}),
        ([], ["ALLOW-FROM https://a.example"], {"framing-options-invalid": "fail"}),
        ([], [], {"framing-allowed": "fail"}),
    ],
)
def test_framing(policies, options, expected):
    headers = HeaderList(
        [("content-security-policy", value) for value in policies] + [("x-frame-options", value) for value in options]
    )
    assert expected == rules(framing.judge(headers, profile="html"))


@pytest.mark.parametrize("profile", ["api", "redirect", "error", "static", "preflight"])
def test_what_is_no_page_need_not_forbid_framing(profile):
    assert {"framing-allowed": "info"} == rules(framing.judge(HeaderList(), profile=profile))
    contradictory = HeaderList([("X-Frame-Options", "DENY"), ("X-Frame-Options", "SAMEORIGIN")])
    assert {"framing-options-invalid": "info"} == rules(framing.judge(contradictory, profile=profile))
    anybody = HeaderList([("Content-Security-Policy", "frame-ancestors *")])
    assert {"framing-ancestors-broad": "info"} == rules(framing.judge(anybody, profile=profile))


def test_a_policy_that_only_reports_frames_nobody_out():
    headers = HeaderList([("content-security-policy-report-only", "frame-ancestors 'none'")])
    assert rules(framing.judge(headers, profile="html")) == {"framing-allowed": "fail"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["nosniff"], {}),
        (["NoSniff"], {}),
        ([" nosniff\t"], {}),
        (["nosniff, nosniff"], {"nosniff-repeated": "warn"}),
        (["nosniff", "nosniff"], {"nosniff-repeated": "warn"}),
        (['"nosniff"'], {"nosniff-invalid": "fail"}),
        (["no-sniff"], {"nosniff-invalid": "fail"}),
        (["sniff, nosniff"], {"nosniff-invalid": "fail"}),
        ([""], {"nosniff-invalid": "fail"}),
        ([], {"nosniff-missing": "fail"}),
    ],
)
def test_nosniff(values, expected):
    headers = HeaderList([("X-Content-Type-Options", value) for value in values])
    assert expected == rules(nosniff.judge(headers, profile="api"))


@pytest.mark.parametrize(
    ("profile", "severity"),
    [("html", "fail"), ("static", "fail"), ("error", "warn"), ("redirect", "info"), ("preflight", "info")],
)
def test_nosniff_weighs_by_what_is_rendered(profile, severity):
    assert {"nosniff-missing": severity} == rules(nosniff.judge(HeaderList(), profile=profile))
    without_body = "info" if profile == "error" else severity
    assert {"nosniff-missing": without_body} == rules(nosniff.judge(HeaderList(), profile=profile, has_body=False))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["no-referrer"], {}),
        (["Same-Origin"], {}),
        (["no-referrer, strict-origin-when-cross-origin"], {}),
        (["unsafe-url, strict-origin"], {}),
        (["strict-origin, unsafe-url"], {"referrer-policy-unsafe": "fail"}),
        (["strict-origin", "unsafe-url"], {"referrer-policy-unsafe": "fail"}),
        (["no-referrer, a-future-token"], {}),
        (["no-referrer-when-downgrade"], {"referrer-policy-unsafe": "fail"}),
        (["origin"], {"referrer-policy-unsafe": "fail"}),
        (["no-referrer, origin-when-cross-origin"], {"referrer-policy-unsafe": "fail"}),
        (["never"], {"referrer-policy-invalid": "warn"}),
        ([""], {"referrer-policy-invalid": "warn"}),
        ([], {"referrer-policy-missing": "info"}),
    ],
)
def test_referrer_policy(values, expected):
    headers = HeaderList([("Referrer-Policy", value) for value in values])
    assert expected == rules(referrer_policy.judge(headers, profile="api"))


def test_a_page_may_state_its_referrer_policy_which_then_counts():
    header = HeaderList([("Referrer-Policy", "no-referrer")])
    assert {"referrer-policy-unsafe": "fail"} == rules(referrer_policy.judge(header, profile="html", meta="unsafe-url"))
    assert referrer_policy.judge(HeaderList(), profile="html", meta="same-origin") == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Server", "nginx", {"disclosure-server": "info"}),
        ("Server", "nginx/1.18.0", {"disclosure-server-version": "warn"}),
        ("Server", "Apache/2", {"disclosure-server-version": "warn"}),
        ("Server", "Apache/2.4.1 (Unix) PHP/8.1", {"disclosure-server-version": "warn"}),
        ("Server", "", {}),
        ("X-Powered-By", "Express", {"disclosure-software": "warn"}),
        ("X-AspNet-Version", "4.0.30319", {"disclosure-software": "warn"}),
        ("SourceMap", "/app.js.map", {"disclosure-source": "warn"}),
        ("X-Debug-Token-Link", "/_profiler/1f2", {"disclosure-debug": "fail"}),
        ("X-B3-TraceId", "80f198ee56343ba8", {"disclosure-gateway": "info"}),
        ("X-Envoy-Upstream-Service-Time", "3", {"disclosure-gateway": "info"}),
        ("X-Request-ID", "1.2.3", {}),
        ("X-RateLimit-Limit", "60", {}),
        ("Content-Type", "text/html; version=1.0.0", {}),
    ],
)
def test_disclosure(name, value, expected):
    assert expected == rules(disclosure.judge(HeaderList([(name, value)]), profile="api"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a, b", ("a", "b")),
        ('"a, b", c', ('"a, b"', "c")),
        (r'"a\", b", c', (r'"a\", b"', "c")),
        (" , a,", ("a",)),
    ],
)
def test_quoted_commas_separate_nothing(value, expected):
    assert expected == members.of([value])


def test_quoted_strings_are_unquoted_once():
    assert [members.unquote(text) for text in ('"a"', r'"a\"b\\c"', "a", '"')] == ["a", 'a"b\\c', "a", '"']
