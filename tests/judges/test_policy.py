"""Header policies: five files that say who asks for what, and what common services make of them."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import csp, policy
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.target import policies
from prodverify.target.disclosed import About
from prodverify.target.header_rules import PROFILES, RULES
from prodverify.target.policies import Policy
from prodverify.target.promises import HeaderException
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import exchanges
from tests.judges.scene import HELMET, RELAY, answer, rules, worst

NAMES = get_args(policies.PolicyName)
BASELINE = policies.named("baseline")
NEVER_COMES = HeaderException(rule="hsts", reason="browsers never come here")


def judged(headers, rule, profile="api", exceptions=(), *, policy_name="baseline", on_all_answers=False, **how):
    seen = policy.Answer(HeaderList(headers.items()), profile, **how)
    return policy.judge(policies.named(policy_name, on_all_answers=on_all_answers), rule, seen, exceptions)


def failed(headers, profile, policy_name, body=b""):
    """The findings by which an answer does not keep a policy."""
    found = [judged(headers, rule, profile, policy_name=policy_name, body=body) for rule in policy.JUDGES]
    return {finding.rule for told in found for finding in told if finding.severity.value == "fail"}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("rule", policy.JUDGES)
@pytest.mark.parametrize("headers", [RELAY, HELMET], ids=["relay", "helmet"])
def test_answers_of_common_middleware_pass_the_baseline(headers, rule, profile):
    assert worst(judged(headers, rule, profile)) <= {"info"}


API = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "private, max-age=60, s-maxage=60",
    "Strict-Transport-Security": "max-age=31536000; includeSubdomains; preload",
    "X-Frame-Options": "deny",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "0",
    "Referrer-Policy": "origin-when-cross-origin, strict-origin-when-cross-origin",
    "Content-Security-Policy": "default-src 'none'",
}
"""What a large public API answers with."""


@pytest.mark.parametrize("policy_name", ["baseline", "observatory", "asvs-l1", "owasp"])
def test_a_well_kept_api_passes_every_policy_that_does_not_demand_frame_ancestors(policy_name):
    assert set() == failed(API, "api", policy_name, b"{}")
    assert {"framing-ancestors-missing"} == failed(API, "api", "asvs-l2", b"{}")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("rule", ["hsts", "csp", "framing", "nosniff", "referrer-policy"])
def test_bare_answers_fail_the_baseline_whatever_they_are_where_that_is_promised(rule, profile):
    assert {"fail"} == worst(judged({}, rule, profile, on_all_answers=True))


@pytest.mark.parametrize("rule", policy.JUDGES)
@pytest.mark.parametrize("profile", PROFILES)
def test_relay_keeps_the_baseline_on_all_answers(rule, profile):
    assert worst(judged(RELAY, rule, profile, on_all_answers=True)) <= {"info"}


@pytest.mark.parametrize(
    ("policy_name", "profile", "expected"),
    [
        ("observatory", "html", set()),
        ("observatory", "api", set()),
        ("asvs-l1", "api", {"hsts-max-age-under-a-year"}),
        ("asvs-l2", "html", {"hsts-max-age-under-a-year", "csp-object-allowed", "csp-base-uri-allowed"}),
        ("asvs-l2", "api", {"hsts-max-age-under-a-year"}),
        ("owasp", "html", {"obsolete-filter"}),
    ],
)
def test_what_relay_sends_under_stricter_policies(policy_name, profile, expected):
    assert expected == failed(RELAY, profile, policy_name)


@pytest.mark.parametrize(
    ("policy_name", "expected"),
    [
        ("baseline", set()),
        ("observatory", set()),
        ("asvs-l1", set()),
        ("asvs-l2", {"csp-base-uri-allowed"}),
        ("owasp", set()),
    ],
)
def test_what_default_helmet_sends_under_every_policy(policy_name, expected):
    assert expected == failed(HELMET, "html", policy_name)


@pytest.mark.parametrize(
    ("policy_name", "profile", "expected"),
    [
        ("baseline", "html", {"hsts-missing", "csp-missing", "framing-allowed", "nosniff-missing"}),
        ("baseline", "api", {"hsts-missing", "nosniff-missing"}),
        ("baseline", "error", {"hsts-missing"}),
        ("baseline", "redirect", {"hsts-missing"}),
        ("observatory", "html", {"hsts-missing", "csp-missing", "framing-allowed", "nosniff-missing"}),
        ("observatory", "api", set()),
        ("asvs-l1", "api", {"hsts-missing"}),
        ("asvs-l2", "api", {"hsts-missing", "framing-allowed", "nosniff-missing"}),
        ("asvs-l2", "redirect", {"hsts-missing", "framing-allowed", "nosniff-missing"}),
        ("owasp", "html", {"hsts-missing", "csp-missing", "framing-allowed", "nosniff-missing"}),
        ("owasp", "api", {"hsts-missing", "nosniff-missing"}),
        ("owasp", "error", {"hsts-missing"}),
        ("owasp", "redirect", {"hsts-missing"}),
    ],
)
def test_what_a_bare_answer_lacks_under_each_policy(policy_name, profile, expected):
    assert expected == failed({}, profile, policy_name)


@pytest.mark.parametrize(
    ("policy_name", "headers", "expected"),
    [
        ("asvs-l1", {"Strict-Transport-Security": "max-age=31536000"}, set()),
        ("asvs-l1", {"Strict-Transport-Security": "max-age=31535999"}, {"hsts-max-age-under-a-year"}),
        ("asvs-l2", {"Strict-Transport-Security": "max-age=31536000"}, {"hsts-subdomains-left-out"}),
        ("asvs-l2", {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}, set()),
        ("observatory", {"Strict-Transport-Security": "max-age=15552000"}, set()),
        ("observatory", {"Strict-Transport-Security": "max-age=15551999"}, {"hsts-max-age-short"}),
    ],
)
def test_the_age_that_each_policy_asks_for(policy_name, headers, expected):
    found = judged(headers, "hsts", "html", policy_name=policy_name)
    assert expected == {finding.rule for finding in found if finding.severity.value == "fail"}


def test_level_two_wants_frame_ancestors_and_the_others_take_the_older_header():
    framed = {"X-Frame-Options": "DENY"}
    assert rules(judged(framed, "framing", "redirect", policy_name="asvs-l2")) == {"framing-ancestors-missing": "fail"}
    assert worst(judged(framed, "framing", "html")) == {"info"}


def test_level_one_asks_for_a_charset():
    plain = {**HELMET, "Content-Type": "text/html"}
    assert failed(plain, "html", "asvs-l1", b"<p>") == {"content-type-charset-missing"}
    assert failed(plain, "html", "baseline", b"<p>") == set()
    assert failed({**HELMET, "Content-Type": "application/json"}, "api", "asvs-l1", b"{}") == set()


def test_what_relay_sends_is_remarked_upon():
    assert rules(judged(RELAY, "hsts")) == {"hsts-max-age-under-a-year": "info", "hsts-preload-ineligible": "info"}
    assert rules(judged(RELAY, "csp")) == {"csp-style-inline": "info"}


def test_an_exception_keeps_the_finding_as_a_remark_with_its_reason():
    (found,) = judged({}, "hsts", exceptions=[NEVER_COMES])
    assert (found.severity.value, found.next_step) == ("info", "Excepted: browsers never come here")


def test_an_exception_may_name_one_finding():
    exception = HeaderException(rule="csp-base-uri-broad", reason="base elements are never written")
    weak = {"content-security-policy": "default-src 'self'; base-uri *; script-src *"}
    assert {"csp-base-uri-broad": "info", "csp-script-broad": "fail", "csp-form-action-missing": "warn"} == rules(
        judged(weak, "csp", "html", exceptions=[exception])
    )


def test_an_exception_leaves_other_rules_alone():
    assert rules(judged({}, "csp", "html", exceptions=[NEVER_COMES])) == {"csp-missing": "fail"}


def test_what_could_not_be_told_is_neither_weighed_nor_excepted():
    exception = HeaderException(rule="caching", reason="every answer is public here")
    found = [inconclusive("cache-unproven", "a", "b"), fail("cache-serves-strangers", "a", "b")]
    told = policy.weigh(BASELINE, "caching", found, "api", [exception])
    assert rules(told) == {"cache-unproven": "inconclusive", "cache-serves-strangers": "info"}


def test_a_policy_turns_a_finding_off():
    allowed = {"content-security-policy": "default-src 'self'; base-uri 'self'; form-action 'self'"}
    assert judged(allowed, "csp", "html") == []


def test_a_page_may_state_its_policies_itself():
    page = b"""<html><head><!-- <meta name=referrer content=unsafe-url> --><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src &#39;self&#39;; base-uri 'none';
        form-action 'none'">
        <META content='no-referrer' name="referrer"></head><body><meta name="referrer" content="unsafe-url">"""
    assert judged({}, "csp", "html", body=page) == []
    assert judged({}, "referrer-policy", "html", body=page) == []
    assert rules(judged({}, "framing", "html", body=page)) == {"framing-allowed": "fail"}
    assert rules(judged({}, "csp", "api", body=page)) == {"csp-missing": "warn"}


@pytest.mark.parametrize(
    ("url", "terminated", "applies"),
    [
        ("https://api.example/", False, True),
        ("HTTPS://api.example:8443/", False, True),
        ("http://api.example/", False, False),
        ("http://127.0.0.1:8000/", True, True),
        ("https://127.0.0.1:8443/", True, False),
        ("https://[::1]/", False, False),
        ("https://localhost/", False, False),
    ],
)
def test_hsts_applies_to_names_over_tls(url, terminated, applies):
    seen = policy.Answer.of(answer(200, url=url), profile="api", terminated=terminated)
    assert applies == (policy.not_applicable("hsts", seen) == "")
    assert policy.not_applicable("csp", seen) == ""


def test_the_files_are_the_policies_that_a_target_may_name():
    assert sorted(NAMES) == sorted(file.stem for file in policies.FOLDER.glob("*"))
    assert [name for name in NAMES if policies.named(name).name != name] == []


def test_every_rule_is_asked_for_by_some_policy_and_judged():
    asked = {rule for name in NAMES for rule in policies.named(name).rules}
    assert asked == set(RULES)
    assert set(policy.JUDGES) <= set(RULES)
    assert all("," not in word and word == word.lower() for word in BASELINE.words)


def test_every_finding_that_a_policy_may_weigh_is_made_by_some_judge():
    """The other way round is shown by what the judges find, here and beside each of them."""
    told = "".join(file.read_text(encoding="utf-8") for file in Path(csp.__file__).parent.glob("*.py"))
    built = {f"csp-{name}-missing" for name in ("base-uri", "form-action")} | {
        f"disclosure-{about}" for about in get_args(About)
    }
    assert [] == [name for names in RULES.values() for name in names if f'"{name}"' not in told and name not in built]


def test_a_rule_that_a_policy_does_not_ask_for_finds_nothing():
    assert judged({}, "nosniff", policy_name="asvs-l1") == []
    assert judged({}, "hsts", "api", policy_name="observatory") == []


@pytest.mark.parametrize(
    ("rules_said", "complaint"),
    [
        ({"htst": {"source": "RFC 6797"}}, "no rule htst"),
        ({"hsts": {"source": "RFC 6797", "weights": {"hsts-mising": "fail"}}}, "no finding hsts-mising"),
        ({"hsts": {"source": "RFC 6797", "weights": {"hsts-missing": "fatal"}}}, "'fail', 'warn', 'info' or 'off'"),
        ({"hsts": {"source": "RFC 6797", "weights": {"hsts-missing": {"json": "fail"}}}}, "'html', 'api'"),
        (
            {"hsts": {"source": "RFC 6797", "profiles": ["html"], "weights": {"hsts-missing": {"api": "fail"}}}},
            "not asked of api",
        ),
        ({"hsts": {}}, "source"),
        ({"hsts": {"source": "RFC 6797", "weight": {}}}, "weight"),
        ({}, "rules"),
    ],
)
def test_a_wrong_policy_file_is_refused(rules_said, complaint):
    with pytest.raises(ValueError, match=complaint):
        Policy.model_validate({"name": "baseline", "sentence": "All is well.", "rules": rules_said}, strict=False)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(one=exchanges(), profile=st.sampled_from(PROFILES), name=st.sampled_from(NAMES), terminated=st.booleans())
def test_whatever_a_service_answers_is_found_by_a_name_that_an_exception_may_have(one, profile, name, terminated):
    seen = policy.Answer.of(one, profile=profile, terminated=terminated)
    assert isinstance(policy.not_applicable("hsts", seen), str)
    for rule in policy.JUDGES:
        for found in policy.judge(policies.named(name), rule, seen):
            assert isinstance(found, Finding)
            assert found.rule in RULES[rule]
            for told in found.as_dict().values():
                assert len(told) <= 450
                assert told.isprintable()
                told.encode()


def test_the_observatory_counts_no_plug_in_of_a_data_address():
    lets = {"Content-Security-Policy": "default-src 'self' data:; script-src 'self'; base-uri 'self'"}
    assert rules(judged(lets, "csp", "html", policy_name="observatory"))["csp-object-data"] == "info"
    assert rules(judged(lets, "csp", "html"))["csp-object-data"] == "fail"
