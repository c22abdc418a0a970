"""
Who may, gets in; who may not, is refused, and told so in the words of HTTP.

RFC 9110 sections 15.5.2 (401 carries a challenge), 15.5.4 (403, and 404 to hide existence) and 15.5.6 (405 carries
Allow); ASVS 5.0 8.2.1. A refusal proves something only beside the same question that was accepted.
"""

from __future__ import annotations

from collections.abc import Mapping

from prodverify.judges import document
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
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

_REDIRECTS = (301, 302, 303, 307, 308)


def judge_status(exchange: Exchange, expected: int, role: str) -> list[Finding]:
    """Deviations of what ``role`` gets from the status that was declared for it."""
    asked = f"{quote(exchange.method, 10)} as {quote(role, 60)}"
    wanted, observed = f"{asked}: status {expected}", f"status {exchange.status}"
    if exchange.status == expected:
        return _challenge(exchange)
    if exchange.status == 429:
        return [inconclusive("access-limited", wanted, "429: a limiter answered, which says nothing about access")]
    if exchange.status >= 500:
        return [fail("access-broken", wanted, observed)]
    if expected in (401, 403, 404) and 200 <= exchange.status < 300:
        return [fail("access-granted", wanted, f"{observed}: {quote(role, 60)} gets in")]
    if 200 <= expected < 400 and exchange.status in (401, 403, 404):
        return [fail("access-refused", wanted, f"{observed}: {REFUSALS[exchange.status]}")]
    hidden = expected in (401, 403) and exchange.status == 404
    advice = "Hiding existence is legitimate: declare 404 if it is meant." if hidden else ""
    return [fail("access-status", wanted, observed, next_step=advice)]


def judge_rejection(baseline: Exchange, probe: Exchange) -> list[Finding]:
    """Deviations of ``probe``, whose credential is worth nothing, beside the accepted ``baseline``."""
    wanted = f"refused: {', '.join(map(str, REFUSALS))}"
    if not 200 <= baseline.status < 300:
        advice = "Mend the valid credential first: a refusal proves nothing where everything is refused."
        observed = f"the valid request got {baseline.status}"
        return [inconclusive("rejection-unproven", "a baseline that is accepted", observed, next_step=advice)]
    if probe.status == 429:
        return [inconclusive("rejection-limited", wanted, "429: a limiter answered")]
    if probe.status >= 500:
        return [fail("rejection-broken", wanted, f"status {probe.status}: the service broke on the credential")]
    if 200 <= probe.status < 300:
        return [fail("rejection-accepted", wanted, f"status {probe.status} with {likeness(baseline, probe)}")]
    if probe.status in REFUSALS:
        return _challenge(probe)
    if probe.status in _REDIRECTS:
        place = quote(probe.headers.first("location"), 100)
        return [info("rejection-redirected", wanted, f"status {probe.status} to {place or 'nowhere'}")]
    if 400 <= probe.status < 500:
        return [warn("rejection-unusual", wanted, f"status {probe.status}")]
    return [inconclusive("rejection-unclear", wanted, f"status {probe.status}")]


def judge_malformed(exchange: Exchange) -> list[Finding]:
    """Deviations of the answer to input that nobody can mean: it is refused, not accepted, and nothing breaks."""
    wanted = "malformed input is refused with 4xx"
    if exchange.status == 429:
        return [inconclusive("malformed-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500:
        return [fail("malformed-breaks", wanted, f"status {exchange.status}: {quote(exchange.body, 80)}")]
    if 200 <= exchange.status < 300:
        return [fail("malformed-accepted", wanted, f"status {exchange.status}")]
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


def likeness(baseline: Exchange, probe: Exchange) -> str:
    """How the body of ``probe`` resembles that of ``baseline``, in words; order and spacing of JSON mean nothing."""
    if not probe.body.strip():
        return "an empty body"
    if probe.body == baseline.body:
        return "the same body as with a valid credential"
    ours, theirs = document.read(baseline), document.read(probe)
    if isinstance(ours, document.Unreadable) or isinstance(theirs, document.Unreadable):
        return "another body"
    if ours == theirs:
        return "the same body as with a valid credential"
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return "a body of the same members as with a valid credential"
    return "another body"


def _challenge(exchange: Exchange) -> list[Finding]:
    if exchange.status == 401 and not exchange.headers.first("www-authenticate").strip():
        clause = "RFC 9110 section 15.5.2"
        return [warn("access-challenge-missing", "WWW-Authenticate on a 401", "none", clause=clause)]
    if exchange.status == 405 and "allow" not in exchange.headers:
        return [warn("access-allow-missing", "Allow on a 405", "none", clause="RFC 9110 section 15.5.6")]
    return []
