"""
Who may, gets in; who may not, is refused, and told so in the words of HTTP.

RFC 9110 sections 15.5.2 (401 carries a challenge) and 15.5.4 (403, and 404 to hide existence); ASVS 5.0 8.2.1. A
refusal proves something only beside the same question that was accepted. What a 405 allows is for the judge of methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodverify.judges import refusal
from prodverify.judges.likeness import Likeness
from prodverify.judges.likeness import likeness as likeness
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.refusals import Refusals
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 9110 section 15.5, ASVS 5.0 8.2.1"

REFUSALS: Mapping[int, str] = {
    400: "the credential is malformed (RFC 6750 section 3.1)",
    401: "no valid credential",
    403: "the credential does not suffice",
    404: "existence is hidden (RFC 9110 section 15.5.4)",
    407: "a proxy refuses",
    413: "the request is too large to be read",
    414: "the address is too long to be read",
    422: "the request is refused before anybody is let in",
    431: "the credential is too long to be read",
}
"""Statuses that refuse a credential, and what each says."""

_SWITCHED = 101
"""The status by which a WebSocket lets somebody in (RFC 6455 section 4.2.2)."""
_REDIRECTS = (301, 302, 303, 307, 308)
_DECLARE = "Refuse it; where the body does, say in [refusals] how that looks."
_LOOK = "Look at the body: it is not what the authorised get, and it is no refusal by its status."


def judge_status(exchange: Exchange, expected: int, role: str, *, refusals: Refusals | None = None) -> list[Finding]:
    """
    Deviations of what ``role`` gets from the status that was declared for it.

    A refusal with a status of success is one where ``refusals`` says how it looks.
    """
    asked = f"{quote(exchange.method, 10)} as {quote(role, 60)}"
    wanted, observed = f"{asked}: status {expected}", f"status {exchange.status}"
    if refusal.in_body(exchange, refusals):
        told = f"{observed} with a refusal in the body"
        return [] if expected >= 400 else [fail("access-refused", wanted, told)]
    if exchange.status == expected and exchange.body_broken:
        clause = "RFC 9112 section 8"
        return [fail("answer-cut-short", f"{wanted}, whole", f"{observed}: {exchange.body_note}", clause=clause)]
    if exchange.status == expected:
        return _challenge(exchange)
    if exchange.status == 429:
        return [inconclusive("access-limited", wanted, "429: a limiter answered, which says nothing about access")]
    if exchange.status >= 500:
        return [fail("access-broken", wanted, observed)]
    if expected in (401, 403, 404) and (200 <= exchange.status < 300 or exchange.status == _SWITCHED):
        return [fail("access-granted", wanted, f"{observed}: {quote(role, 60)} gets in")]
    if (200 <= expected < 400 or expected == _SWITCHED) and exchange.status in (401, 403, 404):
        return [fail("access-refused", wanted, f"{observed}: {REFUSALS[exchange.status]}")]
    hidden = expected in (401, 403) and exchange.status == 404
    advice = "Hiding existence is legitimate: declare 404 if it is meant." if hidden else ""
    return [fail("access-status", wanted, observed, next_step=advice)]


def judge_rejection(
    baseline: Exchange,
    probe: Exchange,
    presented: str = "",
    *,
    open_to_all: Sequence[Exchange] = (),
    holds_valid: bool = False,
    refusals: Refusals | None = None,
) -> list[Finding]:
    """
    Deviations of ``probe``, whose credential is worth nothing, beside the accepted ``baseline``.

    ``presented`` says in a few words what the probe presented. ``open_to_all`` are answers that anybody gets, such as
    that of a path that does not exist: a probe that was answered like one of them was not let in. ``holds_valid``:
    what it presented is the valid credential to whoever reads texts to their first NUL, or skips what is no base64;
    then only whoever has that one gets in by it. ``refusals``: how a refusal with a status of success looks.
    """
    wanted = f"refused: {', '.join(map(str, REFUSALS))}"
    observed = _observed(probe, presented)
    if unproven := _unproven(baseline, refusals):
        return [unproven]
    if refusal.in_body(probe, refusals):
        return []
    if probe.status == 429:
        return [inconclusive("rejection-limited", wanted, f"{observed}: a limiter answered")]
    if probe.status >= 500:
        return [fail("rejection-broken", wanted, f"{observed}: the service broke on the credential")]
    if 200 <= probe.status < 300:
        found = _answered(baseline, probe, wanted, observed, open_to_all)
        return [_cut_short(finding) if holds_valid else finding for finding in found]
    if probe.status in REFUSALS:
        return _challenge(probe)
    if probe.status in _REDIRECTS:
        place = quote(probe.headers.first("location"), 100)
        return [info("rejection-redirected", wanted, f"{observed} to {place or 'nowhere'}")]
    if 400 <= probe.status < 500:
        return [warn("rejection-unusual", wanted, observed)]
    return [inconclusive("rejection-unclear", wanted, observed)]


def judge_scheme_case(baseline: Exchange, probe: Exchange) -> list[Finding]:
    """Deviations of ``probe``, which names the scheme in lower case: its case means nothing (RFC 9110 section 11.1)."""
    wanted = "accepted, as the case of an authentication scheme means nothing"
    if unproven := _unproven(baseline):
        return [unproven]
    if probe.status == 429:
        return [inconclusive("rejection-limited", wanted, "429: a limiter answered")]
    if probe.status >= 500:
        return [fail("rejection-broken", wanted, f"status {probe.status}: the service broke on the scheme")]
    if 200 <= probe.status < 300:
        return []
    return [warn("scheme-case-matters", wanted, f"status {probe.status}", clause="RFC 9110 section 11.1")]


def judge_two_credentials(
    baseline: Exchange,
    valid_first: Exchange,
    valid_last: Exchange,
    *,
    one_promised: bool,
    refusals: Refusals | None = None,
) -> list[Finding]:
    """
    Deviations of the answers to a valid credential and a worthless one, sent together in both orders.

    Where the order decides, whoever stands before the service and looks at the other one lets strangers in. It is a
    broken promise where the target makes it, a warning where it does not: many servers take the first line.
    """
    wanted = "a request with two credentials is refused, whichever comes first"
    if unproven := _unproven(baseline, refusals):
        return [unproven]
    answers = (valid_first, valid_last)
    observed = f"status {valid_first.status} with the valid one first, {valid_last.status} with it last"
    if any(answer.status == 429 for answer in answers):
        return [inconclusive("rejection-limited", wanted, f"{observed}: a limiter answered")]
    if any(answer.status >= 500 for answer in answers):
        return [fail("rejection-broken", wanted, f"{observed}: the service broke on the credentials")]
    accepted = [answer for answer in answers if refusal.succeeded(answer, refusals)]
    if not accepted:
        return []
    rule = "credential-order-decides" if len(accepted) == 1 else "credential-twice-accepted"
    return [(fail if one_promised else warn)(rule, wanted, observed, clause="RFC 6750 section 3.1")]


def judge_bypass(
    baseline: Exchange,
    probe: Exchange,
    sent: str,
    *,
    open_to_all: Sequence[Exchange] = (),
    refusals: Refusals | None = None,
) -> list[Finding]:
    """
    Deviations of ``probe``, another way to what ``baseline`` holds, asked without the right to it.

    Only a body that gives away what the baseline does is a way round; a path that is not there, a redirect to the
    right one and an open page are none. ``sent`` says what was sent.
    """
    wanted = "nothing that only the authorised get"
    observed = _observed(probe, sent)
    if unproven := _unproven(baseline, refusals):
        return [unproven]
    if probe.status == 429:
        return [inconclusive("rejection-limited", wanted, f"{observed}: a limiter answered")]
    if probe.status >= 500:
        return [warn("bypass-breaks", "any way is answered without an error of the service", observed)]
    if refusal.succeeded(probe, refusals) and not _as_for_anybody(probe, open_to_all):
        like = likeness(baseline, probe)
        if like.equivalent:
            return [fail("bypass-open", wanted, f"{observed} with {like}")]
        if like is Likeness.PARTLY:
            return [warn("bypass-unclear", wanted, f"{observed} with {like}", next_step=_LOOK)]
    return []


def _unproven(baseline: Exchange, refusals: Refusals | None = None) -> Finding | None:
    if refusal.succeeded(baseline, refusals):
        return None
    advice = "Mend the valid credential first: a refusal proves nothing where everything is refused."
    observed = f"the valid request got {baseline.status}"
    if refusal.in_body(baseline, refusals):
        observed += " with a refusal in the body"
    return inconclusive("rejection-unproven", "a baseline that is accepted", observed, next_step=advice)


def _observed(probe: Exchange, presented: str) -> str:
    """The status, and what it answers where the check asks in several ways."""
    return f"status {probe.status} to {quote(presented, 80)}" if presented else f"status {probe.status}"


def _answered(
    baseline: Exchange, probe: Exchange, wanted: str, observed: str, open_to_all: Sequence[Exchange]
) -> list[Finding]:
    """A 2xx is a way in where the body is what the authorised get; otherwise it is an odd way to refuse, or unclear."""
    like = likeness(baseline, probe)
    told = f"{observed} with {like}"
    if like is not Likeness.SAME and _as_for_anybody(probe, open_to_all):
        return [info("rejection-as-for-anybody", wanted, f"{observed} with what anybody gets")]
    if like.equivalent:
        return [fail("rejection-accepted", wanted, told)]
    if like is Likeness.PARTLY:
        return [inconclusive("rejection-unclear", wanted, told, next_step=_LOOK)]
    return [warn("rejection-by-success", wanted, told, next_step=_LOOK)]


def _cut_short(finding: Finding) -> Finding:
    if finding.rule != "rejection-accepted":
        return finding
    advice = "Compare credentials with their length; nobody gets in by it who does not have one."
    return warn("rejection-cut-short", finding.expected, finding.observed, next_step=advice)


def _as_for_anybody(probe: Exchange, open_to_all: Sequence[Exchange]) -> bool:
    return any(200 <= one.status < 300 and likeness(one, probe).equivalent for one in open_to_all)


def judge_malformed(exchange: Exchange, *, refusals: Refusals | None = None) -> list[Finding]:
    """Deviations of the answer to input that nobody can mean: it is refused, not accepted, and nothing breaks."""
    wanted = "malformed input is refused with 4xx, or as [refusals] says"
    if exchange.status == 429:
        return [inconclusive("malformed-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500:
        return [fail("malformed-breaks", wanted, f"status {exchange.status}: {quote(exchange.body, 80)}")]
    if refusal.succeeded(exchange, refusals):
        return [fail("malformed-accepted", wanted, f"status {exchange.status}", next_step=_DECLARE)]
    if 300 <= exchange.status < 400:
        return [info("malformed-redirected", wanted, f"status {exchange.status}")]
    return []


def judge_unharmed(exchange: Exchange) -> list[Finding]:
    """Deviations of the answer to generated input, which may happen to be meant: nothing breaks."""
    wanted = "any input is answered without an error of the service"
    if exchange.status == 429:
        return [inconclusive("input-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500:
        return [fail("input-breaks", wanted, f"status {exchange.status}: {quote(exchange.body, 80)}")]
    return []


def _challenge(exchange: Exchange) -> list[Finding]:
    if exchange.status == 401 and not exchange.headers.first("www-authenticate").strip():
        clause = "RFC 9110 section 15.5.2"
        return [warn("access-challenge-missing", "WWW-Authenticate on a 401", "none", clause=clause)]
    return []
