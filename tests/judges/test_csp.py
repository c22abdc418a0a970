"""What a content security policy lets run, several policies and fallbacks together."""

import pytest

from prodverify.judges import csp
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import rules

SOUND = "base-uri 'none'; form-action 'self'"


ALLOWED = {"csp-object-allowed", "csp-base-uri-allowed"}
"""Remarks for the strictest policies, which want 'none'; they have a test of their own."""


def everything(*values, profile="html", name="Content-Security-Policy", **how):
    return rules(csp.judge_scripts(HeaderList([(name, value) for value in values]), profile=profile, **how))


def judged(*values, **how):
    return {rule: severity for rule, severity in everything(*values, **how).items() if rule not in ALLOWED}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("default-src 'self'", {}),
        ("default-src 'none'", {}),
        ("DEFAULT-SRC 'SELF'", {}),
        ("script-src 'self'; object-src 'none'", {}),
        ("default-src 'self'; script-src 'self' 'unsafe-inline'", {"csp-script-inline": "fail"}),
        ("default-src 'self'; script-src 'self' 'UNSAFE-INLINE'", {"csp-script-inline": "fail"}),
        ("default-src 'self'; script-src 'self' 'unsafe-inline' 'nonce-abc123='", {}),
        ("default-src 'self'; script-src 'unsafe-inline' 'sha256-abc='", {}),
        ("default-src 'self'; script-src 'unsafe-inline' https: 'strict-dynamic' 'nonce-r4nd0m'", {}),
        (
            "default-src 'self'; script-src 'strict-dynamic' https:",
            {"csp-strict-dynamic-alone": "warn"},
        ),
        ("default-src 'self'; script-src-elem 'unsafe-inline'", {"csp-script-inline": "fail"}),
        ("default-src 'self'; script-src-attr 'unsafe-inline'", {"csp-script-inline": "fail"}),
        ("default-src 'self' 'unsafe-inline'; script-src 'self'; style-src 'self'", {}),
        ("default-src 'self'; script-src *", {"csp-script-broad": "fail"}),
        ("default-src 'self'; script-src https:", {"csp-script-broad": "fail"}),
        ("default-src 'self'; script-src https://*", {"csp-script-broad": "fail"}),
        ("default-src 'self'; script-src *:443", {"csp-script-broad": "fail"}),
        ("default-src 'self'; script-src https://*.example.com", {}),
        ("default-src 'self'; script-src data:", {"csp-script-data": "fail"}),
        ("default-src 'self'; script-src 'none' *", {"csp-script-broad": "fail"}),
        ("object-src 'none'", {"csp-script-unrestricted": "fail"}),
        ("script-src 'self'", {"csp-object-unrestricted": "fail"}),
        ("default-src 'self'; object-src *", {"csp-object-broad": "fail"}),
        ("default-src 'self'; base-uri *", {"csp-base-uri-broad": "fail"}),
        ("default-src 'self'; script-src 'self' 'unsafe-eval'", {"csp-eval": "warn"}),
        ("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'", {}),
        ("default-src 'self'; style-src 'self' 'unsafe-inline'", {"csp-style-inline": "warn"}),
        ("default-src 'self'; style-src 'self' 'unsafe-inline' 'strict-dynamic'", {"csp-style-inline": "warn"}),
        ("default-src 'self'; style-src 'unsafe-inline' 'nonce-abc'", {}),
        ("default-src 'self'; style-src https:", {"csp-style-broad": "warn"}),
        ("default-src 'self'; script-src http://cdn.example", {"csp-source-insecure": "fail"}),
        ("default-src 'self'; script-src http://cdn.example; upgrade-insecure-requests", {}),
        ("default-src 'self'; img-src http:", {"csp-image-insecure": "warn"}),
        ("default-src 'self'; img-src 'self'; media-src http://m.example", {"csp-image-insecure": "warn"}),
        ("default-src 'self'; connect-src ws://live.example", {"csp-source-insecure": "fail"}),
        ("default-src 'self'; connect-src http://localhost:8000 ws://127.0.0.1 http://[::1]:1", {}),
        ("default-src 'self'; connect-src http://localhost.example", {"csp-source-insecure": "fail"}),
        ("default-src 'self'; style-src http://cdn.example", {"csp-source-insecure": "fail"}),
        ("default-src 'self'; font-src http://cdn.example", {"csp-source-insecure": "fail"}),
        ("default-src 'self'; worker-src http://cdn.example", {"csp-source-insecure": "fail"}),
        ("default-src 'self'; script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline' https: http:", {}),
        ("default-src 'self'; object-src data:", {"csp-object-data": "fail"}),
        ("default-src https:; script-src 'self'; style-src 'self'; object-src 'none'", {}),
        ("default-src https:; script-src 'self'; style-src 'self'", {"csp-object-broad": "fail"}),
        ("default-src 'self'; script-src", {}),
        ("default-src 'self'; script-src ftp:", {"csp-script-broad": "fail", "csp-source-insecure": "fail"}),
        ("default-src 'self'; script-src http://*", {"csp-script-broad": "fail", "csp-source-insecure": "fail"}),
        ("default-src 'self'; script-src 'nonce-abc' https:", {"csp-script-broad": "fail"}),
        ("default-src 'self'; script-src 'self' 'unsafe-inline' 'SHA512-abc='", {}),
        ("default-src 'self'; script-src 'self' 'unsafe-inline' 'nonce-'", {"csp-script-inline": "fail"}),
        ("default-src 'self';\tscript-src\t'self'\t'unsafe-inline'", {"csp-script-inline": "fail"}),
        ("default-src 'self'; script-src self", {"csp-keyword-unquoted": "warn"}),
    ],
)
def test_a_policy_is_judged_by_what_it_lets_through(policy, expected):
    sound = policy if "base-uri" in policy else f"{policy}; base-uri 'none'"
    assert expected == judged(f"{sound}; form-action 'self'")


def test_the_first_directive_of_a_name_wins():
    assert judged(f"default-src 'self'; {SOUND}; default-src *") == {"csp-directive-repeated": "warn"}
    assert "csp-script-broad" in judged(f"default-src *; {SOUND}; default-src 'self'")


def test_a_directive_that_is_not_ascii_is_skipped():
    found = judged(f"script-src 'self' é; object-src 'none'; {SOUND}")
    assert found == {"csp-script-unrestricted": "fail", "csp-directive-not-ascii": "warn"}


def test_forms_may_be_sent_to_named_hosts():
    assert judged("default-src 'self'; base-uri 'none'; form-action *") == {"csp-form-action-broad": "warn"}
    assert judged("default-src 'self'; base-uri 'none'; form-action https://pay.example") == {}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("default-src 'none'; base-uri 'none'; form-action 'none'", set()),
        ("default-src 'self'; object-src 'NONE'; base-uri 'none'; form-action 'none'", set()),
        ("default-src 'self'; base-uri 'none'; form-action 'none'", {"csp-object-allowed"}),
        ("default-src 'none'; base-uri 'self'; form-action 'none'", {"csp-base-uri-allowed"}),
        ("default-src 'none'; base-uri; form-action 'none'", set()),
    ],
)
def test_anything_but_none_is_remarked_upon_for_those_who_want_none(policy, expected):
    assert dict.fromkeys(expected, "info") == everything(policy)


def test_a_policy_of_the_page_is_enforced_beside_the_header():
    assert judged(f"script-src *; object-src 'none'; {SOUND}", meta=["script-src 'self'", ""]) == {}
    assert judged(meta=["frame-ancestors"]) != {}


@pytest.mark.parametrize("values", [("script-src *", "script-src 'self'"), ("script-src *, script-src 'self'",)])
def test_several_policies_are_all_enforced(values):
    found = judged(*values, f"default-src 'self'; {SOUND}")
    assert found == {}


def test_a_defect_that_every_policy_has_counts():
    found = judged("script-src * 'self'; object-src 'none'", "script-src https:; object-src 'none'")
    assert "csp-script-broad" in found


def test_defects_of_different_kinds_exclude_each_other():
    assert (
        judged(
            f"default-src 'self'; script-src 'unsafe-inline'; {SOUND}", f"default-src 'self'; script-src data:; {SOUND}"
        )
        == {}
    )


def test_directives_without_fallback_are_named_by_themselves():
    found = {"csp-base-uri-missing": "warn", "csp-form-action-missing": "warn"}
    assert found == judged("default-src 'self'")
    assert judged("default-src 'none'; frame-ancestors 'none'", profile="api") == {}


@pytest.mark.parametrize(
    ("profile", "severity"),
    [
        ("html", "fail"),
        ("api", "warn"),
        ("redirect", "info"),
        ("error", "info"),
        ("static", "info"),
        ("preflight", "info"),
    ],
)
def test_a_missing_policy_weighs_by_profile(profile, severity):
    assert {"csp-missing": severity} == judged(profile=profile)
    reporting = judged("default-src 'self'", name="Content-Security-Policy-Report-Only", profile=profile)
    assert {"csp-report-only": severity} == reporting


@pytest.mark.parametrize(
    ("profile", "severity"),
    [
        ("html", "fail"),
        ("error", "fail"),
        ("static", "fail"),
        ("api", "warn"),
        ("redirect", "warn"),
        ("preflight", "warn"),
    ],
)
def test_what_no_browser_renders_lets_nothing_run(profile, severity):
    weak = f"default-src 'self'; script-src *; {SOUND}"
    assert {"csp-script-broad": severity} == judged(weak, profile=profile)


def test_insecure_sources_matter_over_https_alone():
    policy = f"default-src 'self'; script-src http://cdn.example; {SOUND}"
    assert judged(policy, https=False) == {}
