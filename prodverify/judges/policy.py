"""
Header policies by name: which rules an answer keeps, on whose authority, and how much each deviation weighs.

A judge weighs a deviation as its standard does; a policy may weigh it otherwise, and a target may be excepted from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from prodverify.judges import csp, disclosure, framing, hsts, meta, nosniff, referrer_policy
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, info
from prodverify.target.promises import HeaderException
from prodverify.wire.exchange import HeaderList


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule looks at: the header lines, the kind of answer, and what its page states itself."""

    headers: HeaderList
    profile: str
    https: bool
    meta: meta.Meta = meta.NOTHING


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy; ``weights``: findings that this policy weighs otherwise than their judge."""

    name: str
    clause: str
    judge: Callable[[Answer], list[Finding]]
    weights: Mapping[str, Severity] = field(default_factory=dict)


def _rule(name: str, clause: str, judge: Callable[[Answer], list[Finding]], **weights: Severity) -> tuple[str, Rule]:
    return name, Rule(name, clause, judge, {key.replace("_", "-"): weight for key, weight in weights.items()})


BASELINE: Mapping[str, Rule] = dict(
    (
        _rule(
            "hsts",
            hsts.CLAUSE,
            lambda answer: hsts.judge(answer.headers, profile=answer.profile, https=answer.https),
            # Half a year is what the baseline asks for; more is for stricter policies.
            hsts_max_age_under_a_year=Severity.INFO,
            hsts_subdomains_left_out=Severity.INFO,
            hsts_preload_ineligible=Severity.INFO,
        ),
        _rule(
            "csp",
            csp.CLAUSE,
            lambda answer: csp.judge_scripts(
                answer.headers, profile=answer.profile, https=answer.https, meta=answer.meta.policies
            ),
            # Styles cannot run; the defaults of common middleware let them through.
            csp_style_inline=Severity.INFO,
            csp_style_broad=Severity.INFO,
        ),
        _rule("framing", framing.CLAUSE, lambda answer: framing.judge(answer.headers, profile=answer.profile)),
        _rule("nosniff", nosniff.CLAUSE, lambda answer: nosniff.judge(answer.headers, profile=answer.profile)),
        _rule(
            "referrer-policy",
            referrer_policy.CLAUSE,
            lambda answer: referrer_policy.judge(answer.headers, profile=answer.profile, meta=answer.meta.referrer),
        ),
        _rule("disclosure", disclosure.CLAUSE, lambda answer: disclosure.judge(answer.headers, profile=answer.profile)),
    )
)
"""What every answer of a service keeps, errors and redirects too."""

POLICIES: Mapping[str, Mapping[str, Rule]] = {"baseline": BASELINE}


def judge(
    rule: str,
    headers: HeaderList,
    profile: str,
    https: bool,
    exceptions: Iterable[HeaderException] = (),
    *,
    policy: str = "baseline",
    page: str = "",
) -> list[Finding]:
    """
    Deviations of one answer from one rule of a policy.

    ``https`` is also true behind a TLS terminator. ``page`` is the body of an HTML answer, which may state policies
    itself. An exception names a rule or one of its findings; what it excepts stays as a remark with its reason.
    """
    named = POLICIES.get(policy, {}).get(rule)
    if named is None:
        return [fail("policy-unknown", f"a rule of a known policy: {', '.join(BASELINE)}", quote(f"{policy}: {rule}"))]
    stated = meta.read(page) if page and profile == "html" else meta.NOTHING
    excepted = {exception.rule: exception.reason for exception in exceptions}
    weighed = [
        replace(finding, severity=named.weights.get(finding.rule, finding.severity))
        for finding in named.judge(Answer(headers, profile, https, stated))
    ]
    return [_excepted(finding, excepted.get(finding.rule, excepted.get(rule, ""))) for finding in weighed]


def not_applicable(rule: str, *, https: bool) -> str:
    """Why a rule says nothing about an answer, in words; empty where it applies."""
    return "browsers ignore it over plain HTTP" if rule == "hsts" and not https else ""


def _excepted(finding: Finding, reason: str) -> Finding:
    if not reason:
        return finding
    return info(
        finding.rule, finding.expected, finding.observed, clause=finding.clause, next_step=quote(f"Excepted: {reason}")
    )
