"""
A header policy, applied: a judge says how an answer deviates, the policy how much that weighs.

A judge weighs a deviation as its standard does; a policy may weigh it otherwise, and a target may be excepted from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from prodverify.judges import (
    content_type,
    csp,
    disclosure,
    framing,
    hsts,
    isolation,
    meta,
    nosniff,
    obsolete,
    permissions_policy,
    referrer_policy,
)
from prodverify.judges.observatory_page import host
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, info
from prodverify.target.policies import Policy
from prodverify.target.promises import HeaderException
from prodverify.wire.exchange import Exchange, HeaderList
from prodverify.wire.hops import Hops


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a rule looks at. ``https`` is also true behind a TLS terminator; ``host`` is empty where it is not known.

    ``hops``: where plain HTTP leads; None where that is not known.
    """

    headers: HeaderList
    profile: str
    https: bool = True
    host: str = ""
    body: bytes = b""
    hops: Hops | None = None

    @classmethod
    def of(cls, exchange: Exchange, *, profile: str, terminated: bool = False, hops: Hops | None = None) -> Answer:
        """One exchange; ``terminated``: it is judged as behind a TLS terminator, whose name nobody tells us."""
        secure = exchange.url.lower().startswith("https:")
        named = host(exchange.url) if secure else ""
        return cls(exchange.headers, profile, secure or terminated, named, exchange.body, hops)

    @property
    def stated(self) -> meta.Meta:
        """What a page states itself; of what is no page, nothing."""
        if self.profile != "html":
            return meta.NOTHING
        return meta.read(self.body[: meta.LONGEST_HEAD].decode("utf-8", "replace"))


JUDGES: Mapping[str, Callable[[Answer], list[Finding]]] = {
    "hsts": lambda answer: hsts.judge(answer.headers, profile=answer.profile, https=answer.https, hops=answer.hops),
    "csp": lambda answer: csp.judge_scripts(
        answer.headers, profile=answer.profile, https=answer.https, meta=answer.stated.policies
    ),
    "framing": lambda answer: framing.judge(answer.headers, profile=answer.profile),
    "nosniff": lambda answer: nosniff.judge(answer.headers, profile=answer.profile, has_body=bool(answer.body)),
    "referrer-policy": lambda answer: referrer_policy.judge(
        answer.headers, profile=answer.profile, meta=answer.stated.referrer
    ),
    "permissions-policy": lambda answer: permissions_policy.judge(answer.headers, profile=answer.profile),
    "isolation": lambda answer: isolation.judge(answer.headers, profile=answer.profile),
    "content-type": lambda answer: content_type.judge(answer.headers, profile=answer.profile, body=answer.body),
    "obsolete": lambda answer: obsolete.judge(answer.headers),
    "disclosure": lambda answer: disclosure.judge(answer.headers, profile=answer.profile),
}
"""Rules that one answer is enough for; the others have judges that see several, and are weighed here."""


def judge(policy: Policy, rule: str, answer: Answer, exceptions: Iterable[HeaderException] = ()) -> list[Finding]:
    """Deviations of one answer from one rule of ``policy``, as it weighs them; none where it does not ask for it."""
    if not asks(policy, rule, answer.profile):
        return []
    return weigh(policy, rule, JUDGES[rule](answer), answer.profile, exceptions)


def asks(policy: Policy, rule: str, profile: str) -> bool:
    """Whether a policy asks for a rule of answers of this kind."""
    return rule in policy.rules and profile in policy.rules[rule].profiles


def weigh(
    policy: Policy, rule: str, found: Iterable[Finding], profile: str, exceptions: Iterable[HeaderException] = ()
) -> list[Finding]:
    """
    What was found about a rule, as much as it weighs in ``policy``.

    An exception names a rule or one of its findings; what it excepts stays as a remark with its reason.
    """
    excepted = {exception.rule: exception.reason for exception in exceptions}
    return [
        _excepted(finding, excepted.get(finding.rule, excepted.get(rule, "")))
        for finding in _weighed(policy, rule, found, profile)
    ]


def not_applicable(rule: str, answer: Answer) -> str:
    """Why a rule says nothing about an answer, in words; empty where it applies."""
    if rule != "hsts":
        return ""
    if not answer.https:
        return "browsers ignore it over plain HTTP; see tls.terminated"
    return f"browsers ignore it for {answer.host}, which is no name of a site" if hsts.ignored_for(answer.host) else ""


def _weighed(policy: Policy, rule: str, found: Iterable[Finding], profile: str) -> Iterator[Finding]:
    for finding in found:
        weight = policy.rules[rule].weight(finding.rule, profile)
        if finding.severity is Severity.INCONCLUSIVE or weight is None:
            yield finding
        elif weight != "off":
            yield replace(finding, severity=Severity(weight))


def _excepted(finding: Finding, reason: str) -> Finding:
    if not reason or finding.severity is Severity.INCONCLUSIVE:
        return finding
    return info(
        finding.rule, finding.expected, finding.observed, clause=finding.clause, next_step=quote(f"Excepted: {reason}")
    )
