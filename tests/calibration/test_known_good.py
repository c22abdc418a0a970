"""Answers as large public sites give them, which somebody thought about, keep the baseline without a failure."""

from __future__ import annotations

import pytest

from prodverify.judges import cache_control, policy
from prodverify.judges.policy import JUDGES, Answer
from prodverify.target import policies
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import answer

BASELINE = policies.named("baseline")
YEAR = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
SNIFFED = ("X-Content-Type-Options", "nosniff")
PAGE = [YEAR, SNIFFED, ("Content-Type", "text/html; charset=utf-8")]
DATA = [YEAR, SNIFFED, ("Content-Type", "application/json")]
CSP = "Content-Security-Policy"

PAGES = {
    "nonces-with-fallbacks-for-every-older-browser": [
        (
            CSP,
            "object-src 'none'; script-src 'nonce-r4nd0m' 'strict-dynamic' 'report-sample' 'unsafe-eval' "
            "'unsafe-inline' https: http:; base-uri 'self'; frame-ancestors 'self'; report-uri /csp",
        ),
    ],
    "three-policies-of-which-the-first-is-strict": [
        (CSP, "script-src 'nonce-AbC_-1' 'unsafe-inline' 'unsafe-eval'; object-src 'none'; base-uri 'self'"),
        (CSP, "script-src 'unsafe-inline' 'unsafe-eval' blob: data: 'self' https://apis.example; report-uri /csp"),
        (CSP, "require-trusted-types-for 'script'; report-uri /csp"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", 'same-origin; report-to="sign-in"'),
        ("Permissions-Policy", "ch-ua-arch=*, ch-ua-model=*"),
    ],
    "two-policies-in-one-line": [
        (
            CSP,
            "script-src 'strict-dynamic' 'nonce-aGVsbG8' 'nonce-d29ybGQ'; object-src 'self'; base-uri 'self', "
            "script-src 'self' 'unsafe-inline'; img-src https://* data:; connect-src https://* ws://127.0.0.1:*/ws",
        ),
        ("X-Frame-Options", "SAMEORIGIN"),
    ],
    "hosts-alone": [
        (
            CSP,
            "default-src 'none'; base-uri 'self'; connect-src 'self' wss://live.example; font-src assets.example; "
            "form-action 'self' *.example; frame-ancestors 'none'; img-src 'self' data: blob: assets.example; "
            "script-src assets.example; style-src 'unsafe-inline' assets.example; upgrade-insecure-requests",
        ),
        ("Referrer-Policy", "origin-when-cross-origin, strict-origin-when-cross-origin"),
        ("X-Frame-Options", "deny"),
    ],
    "hashes-for-elements": [
        (
            CSP,
            "default-src 'self'; script-src 'report-sample' 'self' 'wasm-unsafe-eval' 'sha256-GA8+DpFnqAM='; "
            "script-src-elem 'self' 'sha256-GA8+DpFnqAM='; style-src 'self' 'unsafe-inline'; object-src 'none'; "
            "base-uri 'self'; frame-src 'self' https:; img-src 'self' data: https:",
        ),
        ("X-Frame-Options", "DENY"),
        ("Permissions-Policy", ""),
    ],
}
APIS = {
    "strict": [(CSP, "default-src 'none'"), ("X-Frame-Options", "deny"), ("Referrer-Policy", "no-referrer")],
    "bare": [("Server", "AtAnEdge"), ("Via", "1.1 edge"), ("X-Powered-By", "")],
    "shown-in-pages-of-others": [(CSP, "frame-ancestors *")],
    "for-plug-ins-too": [
        (CSP, "base-uri 'none'; default-src 'none'; img-src 'self'; script-src 'self' 'report-sample'")
    ],
}


@pytest.mark.parametrize("rule", JUDGES)
@pytest.mark.parametrize("headers", PAGES.values(), ids=list(PAGES))
def test_a_page_that_was_thought_about_is_no_failure(headers, rule):
    assert [] == failed(rule, [*PAGE, *headers], "html", b"<!doctype html>")


@pytest.mark.parametrize("rule", JUDGES)
@pytest.mark.parametrize("headers", APIS.values(), ids=list(APIS))
def test_data_that_was_thought_about_is_no_failure(headers, rule):
    assert [] == failed(rule, [*DATA, *headers], "api", b"{}")


@pytest.mark.parametrize(
    "lines",
    [
        ["private, no-cache, no-store, max-age=0"],
        ["max-age=0, private, must-revalidate"],
        ["no-cache, no-store, max-age=0, must-revalidate"],
        ["no-cache, no-store, must-revalidate, pre-check=0, post-check=0"],
        ["private, max-age=60, stale-while-revalidate"],
        ["private, max-age=0", "no-cache"],
    ],
)
@pytest.mark.parametrize("carrier", ["authorization", "cookie", "x-api-key"])
def test_what_is_for_one_caller_may_be_said_in_many_words(lines, carrier):
    told = [("Cache-Control", line) for line in lines]

    assert {"warn"} >= {
        found.severity.value for found in cache_control.judge(answer(200, told, b"{}"), carrier=carrier)
    }


def failed(rule, headers, profile, body):
    found = policy.judge(BASELINE, rule, Answer(HeaderList(headers), profile, body=body))
    return [finding for finding in found if finding.severity.value == "fail"]
