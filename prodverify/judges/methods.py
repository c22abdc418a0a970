"""
A method does what its name says, and one that a resource does not know is refused.

RFC 9110 sections 9.3.2 (HEAD is GET without the body), 9.3.8 (TRACE repeats what was sent), 15.5.6 (405 carries
Allow) and 15.6.2 (501); ASVS 5.0 4.1.4 and 13.4.4. A refusal before the method was looked at (401, 403, 404) tells
nothing against a service.
"""

from __future__ import annotations

from collections.abc import Collection

from prodverify.judges import members
from prodverify.judges.likeness import likeness
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 9110 section 9"

MARKER_HEADER = "X-Prodverify-Trace"
"""A header line of ours that only a TRACE which is served sends back."""

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
"""Header lines by which some frameworks let a POST call itself something else."""

_ALLOW_CLAUSE = "RFC 9110 section 15.5.6"
_HIDDEN_VALIDATORS = ("etag", "last-modified")
_HIDDEN_FIELDS = (
    "content-disposition",
    "content-digest",
    "repr-digest",
    "digest",
    "content-md5",
    "link",
    "x-total-count",
)
"""What else tells of the content of an answer: its name, its digest, how much there is."""

_WHATEVER_THE_CONTENT = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "cache-control",
)
"""Header lines that no service needs the content for. It may leave out others, section 9.3.2."""


def judge_allow(exchange: Exchange, declared: Collection[str]) -> list[Finding]:
    """
    Deviations of a refused method's answer: a 405 lists the methods that the resource has, ``declared`` among them.

    Another refusal is none of a method: a service that looks for the resource, or for the caller, first may say so.
    """
    if exchange.status != 405:
        observed = f"status {exchange.status}"
        return [info("method-refused-otherwise", f"{quote(exchange.method, 20)}: status 405", observed)]
    if "allow" not in exchange.headers:
        return [fail("method-allow-missing", "Allow on a 405", "none", clause=_ALLOW_CLAUSE)]
    allowed = members.of(exchange.headers.all("allow"))
    if exchange.method in allowed:
        observed = f"Allow: {listed(allowed, 120)}"
        wanted = f"{quote(exchange.method, 20)}, which is refused, is not listed"
        return [fail("method-allow-contradicts", wanted, observed, clause=_ALLOW_CLAUSE)]
    if missing := sorted(set(declared) - set(allowed)):
        observed = f"Allow: {listed(allowed, 120) or '(empty)'}"
        return [warn("method-allow-incomplete", f"{listed(missing)} in Allow", observed, clause=_ALLOW_CLAUSE)]
    return []


def judge_trace(exchange: Exchange, marker: str) -> list[Finding]:
    """Deviations of the answer to TRACE, sent with a header line that holds ``marker``; no refusal repeats it."""
    wanted = "TRACE is refused"
    echoed = marker in exchange.text or any(marker in value for _, value in exchange.headers)
    if echoed or (200 <= exchange.status < 300 and exchange.media_type == "message/http"):
        observed = f"status {exchange.status}, and our header lines came back"
        return [fail("method-trace-echoes", wanted, observed, clause="ASVS 5.0 13.4.4")]
    return _refused(exchange, wanted)


def judge_unknown(baseline: Exchange, exchange: Exchange) -> list[Finding]:
    """Deviations of the answer to a made-up method, at the resource whose GET is ``baseline``."""
    wanted = "a method that nobody knows is refused with 405 or 501"
    if not 200 <= baseline.status < 300:
        return [_unproven(baseline)]
    if 200 <= exchange.status < 300 and exchange.body.strip():
        observed = f"status {exchange.status} with {likeness(baseline, exchange)}"
        return [fail("method-unknown-served", wanted, observed, clause="ASVS 5.0 4.1.4")]
    return _refused(exchange, wanted)


def judge_head(baseline: Exchange, head: Exchange) -> list[Finding]:
    """Deviations of HEAD from the accepted GET ``baseline``, both asked by the same caller."""
    wanted = f"HEAD: status {baseline.status}, like GET"
    clause = "RFC 9110 section 9.3.2"
    if not 200 <= baseline.status < 300:
        return [_unproven(baseline)]
    if head.status == 429:
        return [inconclusive("head-limited", wanted, "429: a limiter answered")]
    found = _with_body(head)
    if head.status in (405, 501):
        return [*found, warn("head-unsupported", wanted, f"status {head.status}", clause="RFC 9110 section 9.1")]
    if head.status != baseline.status:
        return [*found, fail("head-status-differs", wanted, f"status {head.status}", clause=clause)]
    ours, theirs = baseline.headers.first("content-type"), head.headers.first("content-type")
    if theirs and ours.lower() != theirs.lower():
        found.append(warn("head-type-differs", quote(ours, 80) or "no content-type", quote(theirs, 80), clause=clause))
    missing = [name for name in _WHATEVER_THE_CONTENT if name in baseline.headers and name not in head.headers]
    if missing:
        found.append(
            warn("head-fields-missing", "the header lines of GET", f"without {listed(missing)}", clause=clause)
        )
    return [*found, *_length(baseline, head)]


def _with_body(head: Exchange) -> list[Finding]:
    """What was sent behind the head is taken for the next answer on the same connection."""
    if not head.body and head.body_complete:
        return []
    observed = f"{len(head.body)} bytes behind it" if head.body else head.body_note
    return [fail("head-with-body", "the head of an answer, and no body", observed, clause="RFC 9110 section 9.3.2")]


def _length(baseline: Exchange, head: Exchange) -> list[Finding]:
    """No length is in order; one that is stated is that of GET, as far as the answer is the same each time."""
    stated, coded = head.headers.first("content-length"), "content-encoding"
    told = whole(stated)
    real = whole(baseline.headers.first("content-length"))
    if real is None and baseline.body_complete and coded not in baseline.headers:
        real = len(baseline.body)
    if not stated or not real or told == real:
        return []
    wanted, observed = f"Content-Length: {real}, or none", f"Content-Length: {quote(stated, 40)}"
    clause = "RFC 9110 section 8.6"
    if not told:
        return [fail("head-length-differs", wanted, observed, clause=clause)]
    if baseline.headers.first(coded) != head.headers.first(coded):
        return []
    return [warn("head-length-differs", wanted, observed, clause=clause)]


def judge_closed_head(baseline: Exchange, refused: Exchange, head: Exchange) -> list[Finding]:
    """
    Deviations of a stranger's HEAD: ``baseline`` is the GET of somebody who may, ``refused`` that of the stranger.

    What a HEAD tells of the length or the version of an answer is told of the answer that a stranger gets.
    """
    wanted = f"HEAD without a credential: status {refused.status}, like GET"
    if not 200 <= baseline.status < 300:
        return [_unproven(baseline)]
    if not 300 <= refused.status < 500 or refused.status == 429:
        # Who may read is the matrix's finding; where a stranger may, there is nothing to hide.
        return [info("head-unrefused", "GET without a credential is refused", f"status {refused.status}")]
    if head.status == 429:
        return [inconclusive("head-limited", wanted, "429: a limiter answered")]
    found = _with_body(head)
    if 200 <= head.status < 300:
        return [
            *found,
            fail("head-open", wanted, f"status {head.status}: the stranger gets in", clause="ASVS 5.0 8.2.1"),
        ]
    if head.status >= 500 and head.status != 501:
        return [*found, fail("head-breaks", wanted, f"status {head.status}")]
    return [*found, *_hidden(baseline, refused, head)]


def _hidden(baseline: Exchange, refused: Exchange, head: Exchange) -> list[Finding]:
    length = whole(head.headers.first("content-length"))
    real = whole(baseline.headers.first("content-length"))
    if length and length == real and length != whole(refused.headers.first("content-length")):
        wanted = "the length of the refusal, or none"
        return [fail("head-leaks-length", wanted, f"Content-Length: {length}, that of the real answer")]
    for name in (*_HIDDEN_VALIDATORS, *_HIDDEN_FIELDS):
        told = head.headers.first(name)
        if told and told == baseline.headers.first(name) and told != refused.headers.first(name):
            rule = "head-leaks-validator" if name in _HIDDEN_VALIDATORS else "head-leaks-field"
            return [fail(rule, f"no {name} of the real answer", f"{name}: {quote(told, 80)}")]
    return []


def judge_options(baseline: Exchange, options: Exchange) -> list[Finding]:
    """Deviations of a stranger's OPTIONS at the resource whose accepted GET is ``baseline``: it serves no data."""
    wanted = "OPTIONS without data"
    if not 200 <= baseline.status < 300:
        return [_unproven(baseline)]
    if options.status == 429:
        return [inconclusive("method-options-limited", wanted, "429: a limiter answered")]
    if options.status >= 500 and options.status != 501:
        return [fail("method-options-breaks", wanted, f"status {options.status}")]
    resembles = likeness(baseline, options)
    if 200 <= options.status < 300 and options.body.strip() and resembles.equivalent:
        return [fail("method-options-serves", wanted, f"status {options.status} with {resembles}")]
    return []


def judge_override(posted: Exchange, overridden: Exchange, read: Exchange) -> list[Finding]:
    """
    Deviations of a POST that calls itself GET: it is answered like ``posted``, the same without that, and not like
    ``read``, the GET of the same path.
    """
    wanted = f"status {posted.status}, as without an override"
    if posted.status in (429, read.status):
        observed = f"POST {posted.status}, GET {read.status}"
        return [inconclusive("method-override-unproven", "a POST and a GET that are answered differently", observed)]
    if overridden.status == 429:
        return [inconclusive("method-override-limited", wanted, "429: a limiter answered")]
    if overridden.status >= 500 > posted.status:
        return [fail("method-override-breaks", wanted, f"status {overridden.status}")]
    if overridden.status == read.status:
        advice = "Switch the override off, or say overridable = true in [methods] if it is meant."
        observed = f"status {overridden.status}, as of GET"
        return [fail("method-override-honoured", wanted, observed, next_step=advice)]
    if overridden.status != posted.status:
        return [info("method-override-noticed", wanted, f"status {overridden.status}")]
    return []


def _refused(exchange: Exchange, wanted: str) -> list[Finding]:
    observed = f"status {exchange.status}"
    if exchange.status == 429:
        return [inconclusive("method-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500 and exchange.status != 501:
        return [fail("method-breaks", wanted, observed)]
    if exchange.status in (400, 405, 501):
        return []
    if exchange.status < 300:
        return [warn("method-unrefused", wanted, f"{observed} with {_sized(exchange)}")]
    return [info("method-refused-otherwise", wanted, observed)]


def _sized(exchange: Exchange) -> str:
    return f"a body of {len(exchange.body)} bytes" if exchange.body.strip() else "no body"


def _unproven(baseline: Exchange) -> Finding:
    observed = f"GET: status {baseline.status}"
    advice = "See the cases of that endpoint first."
    return inconclusive("method-unproven", "a GET that is accepted", observed, next_step=advice)
