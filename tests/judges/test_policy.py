"""The baseline policy, rule by rule, on answers that are known to be good."""

import pytest

from prodverify.judges import policy
from prodverify.target.promises import HeaderException
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import HELMET, RELAY, rules, worst

PROFILES = ["api", "html", "redirect", "error", "static", "preflight"]


def judged(headers, rule, profile="api", https=True, exceptions=(), **how):
    lines = HeaderList(headers.items())
    return policy.judge(rule, lines, profile, https, exceptions, **how)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("rule", policy.BASELINE)
@pytest.mark.parametrize("headers", [RELAY, HELMET], ids=["relay", "helmet"])
def test_answers_of_common_middleware_pass(headers, rule, profile):
    assert worst(judged(headers, rule, profile)) <= {"info"}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("rule", ["hsts", "csp", "framing", "nosniff", "referrer-policy"])
def test_bare_answers_fail_whatever_they_are(rule, profile):
    assert {"fail"} == worst(judged({}, rule, profile))


def test_what_relay_sends_is_remarked_upon():
    assert rules(judged(RELAY, "hsts")) == {"hsts-max-age-under-a-year": "info", "hsts-preload-ineligible": "info"}
    assert rules(judged(RELAY, "csp")) == {"csp-style-inline": "info"}


def test_an_exception_keeps_the_finding_as_a_remark_with_its_reason():
    exception = HeaderException(rule="hsts", reason="browsers never come here")
    (found,) = judged({}, "hsts", exceptions=[exception])
    assert (found.severity.value, found.next_step) == ("info", "Excepted: browsers never come here")


def test_an_exception_may_name_one_finding():
    exception = HeaderException(rule="csp-base-uri-broad", reason="base elements are never written")
    weak = {"content-security-policy": "default-src 'self'; base-uri *; script-src *"}
    assert rules(judged(weak, "csp", exceptions=[exception])) == {
        "csp-base-uri-broad": "info",
        "csp-script-broad": "fail",
    }


def test_an_exception_leaves_other_rules_alone():
    exception = HeaderException(rule="hsts", reason="browsers never come here")
    assert rules(judged({}, "csp", exceptions=[exception])) == {"csp-missing": "fail"}


def test_a_page_may_state_its_policies_itself():
    page = """<html><head><!-- <meta name=referrer content=unsafe-url> --><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src &#39;self&#39;; base-uri 'none';
        form-action 'none'">
        <META content='no-referrer' name="referrer"></head><body><meta name="referrer" content="unsafe-url">"""
    assert judged({}, "csp", "html", page=page) == []
    assert judged({}, "referrer-policy", "html", page=page) == []
    assert rules(judged({}, "framing", "html", page=page)) == {"framing-allowed": "fail"}
    assert rules(judged({}, "csp", "api", page=page)) == {"csp-missing": "fail"}


def test_hsts_says_nothing_over_plain_http():
    assert policy.not_applicable("hsts", https=False)
    assert not policy.not_applicable("hsts", https=True)
    assert not policy.not_applicable("csp", https=False)


def test_every_rule_names_its_authority():
    assert all(rule.clause and rule.name == name for name, rule in policy.BASELINE.items())


def test_a_rule_that_nobody_knows_never_passes():
    assert rules(judged(RELAY, "no-such-rule")) == {"policy-unknown": "fail"}
    assert rules(judged(RELAY, "hsts", policy="no-such-policy")) == {"policy-unknown": "fail"}
