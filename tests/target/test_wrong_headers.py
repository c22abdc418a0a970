"""Exceptions from a header policy name what that policy asks for, and a policy is one of five."""

from __future__ import annotations

import pytest

from prodverify.target import policies
from prodverify.target.load import load
from tests.target.wrong_files import TOP, wrong


def excepting(rule, policy="baseline"):
    return (
        f'{TOP}[headers]\npolicy = "{policy}"\nexceptions = [{{ rule = "{rule}", reason = "set by the terminator" }}]\n'
    )


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "policy",
            TOP + '[headers]\npolicy = "owsap"\n',
            (
                '[headers] policy: expected "baseline", "observatory", "asvs-l1", "asvs-l2" or "owasp", came "owsap"; '
                'did you mean "owasp"?'
            ),
        ),
        wrong(
            "all-answers-of-a-policy-that-says-which",
            TOP + '[headers]\npolicy = "observatory"\non_all_answers = true\n',
            (
                '[headers] on_all_answers: means nothing with policy "observatory", which says itself what it asks of '
                "which answers"
            ),
        ),
        wrong(
            "finding-that-nobody-makes",
            excepting("hsts-preload-missing"),
            (
                '[headers] exceptions #1.rule: policy "baseline" has no rule or finding "hsts-preload-missing"; '
                'did you mean "hsts-missing"?'
            ),
        ),
        wrong(
            "rule-misspelt",
            excepting("referer-policy"),
            (
                '[headers] exceptions #1.rule: policy "baseline" has no rule or finding "referer-policy"; '
                'did you mean "referrer-policy"?'
            ),
        ),
        wrong(
            "rule-of-another-policy",
            excepting("nosniff", "asvs-l1"),
            '[headers] exceptions #1.rule: policy "asvs-l1" has no rule or finding "nosniff"; expected one of '
            + f"{len(policies.named('asvs-l1').words)}, such as "
            + '"hsts-lines-differ", "cors" or "cors-credentials-refused"',
        ),
    ],
)
def test_an_exception_from_nothing_is_refused(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize("rule", ["hsts", "csp-style-inline", "caching", "cache-control-kept"])
def test_a_rule_or_one_of_its_findings_may_be_excepted(folder, rule):
    file = folder / "ours.toml"
    file.write_text(excepting(rule))
    (exception,) = load(str(file), root=folder, environ={}).promises.headers.exceptions
    assert rule == exception.rule
