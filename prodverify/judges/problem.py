"""
The service says no in one shape.

RFC 9457 (problem details): the members are for the caller, not for debugging; ``status`` is the status of the response,
``type`` names the kind of problem, and ``title`` is the same at each of its occurrences.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prodverify.judges import document, pointer
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.promises import Errors
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 9457"

REQUEST_ID_MEMBERS = ("request_id", "requestId", "request-id", "correlation_id", "correlationId")
"""Members that repeat the request's identity in a body."""


def judge(exchange: Exchange, promise: Errors, kind: str = "") -> list[Finding]:
    """
    Deviations of one error answer from the promised shape; ``kind`` of refusal may be excepted from it.

    An answer to HEAD has no body to judge, and a body that is promised to be no JSON has no members.
    """
    if not 400 <= exchange.status < 600:
        advice = "Name a path that nothing is at as missing_path in [errors]." if kind == "missing" else ""
        return [inconclusive("error-expected", "an error answer", f"status {exchange.status}", next_step=advice)]
    reason = next((exception.reason for exception in promise.exceptions if exception.refusal == kind), "")
    found = [*_request_id_header(exchange, promise), *_shape(exchange, promise)]
    return [_excepted(finding, reason) for finding in found] if reason else found


def _excepted(finding: Finding, reason: str) -> Finding:
    return info(finding.rule, finding.expected, finding.observed, next_step=quote(f"Excepted: {reason}"))


def _shape(exchange: Exchange, promise: Errors) -> list[Finding]:
    if exchange.method == "HEAD":
        return []
    found: list[Finding] = []
    if exchange.media_type != promise.media_type.split(";")[0].strip().lower():
        observed = quote(exchange.headers.first("content-type"), 120) or "no content-type"
        found.append(fail("error-media-type", quote(promise.media_type, 120), f"{observed}, status {exchange.status}"))
    if not promise.is_json:
        return found
    body = document.read(exchange)
    if isinstance(body, document.Unreadable):
        return [*found, body.finding("error-body-unreadable")]
    if not isinstance(body, dict):
        return [*found, fail("error-body-unreadable", "a JSON object", pointer.kind(body))]
    details = _problem(body, exchange, promise) if promise.is_problem else ()
    return [*found, *_members(body, promise), *details, *_same_request(body, exchange, promise)]


def judge_status(exchange: Exchange, statuses: Collection[int], otherwise: Collection[int] = ()) -> list[Finding]:
    """
    Deviations of the answer to a body that nobody can mean from the statuses that were declared for it.

    One of ``otherwise`` refuses it for another reason, which breaks no promise.
    """
    wanted = f"refused with {' or '.join(map(str, statuses))}"
    if exchange.status == 429:
        return [inconclusive("error-limited", wanted, "429: a limiter answered")]
    if exchange.status in statuses:
        return []
    observed = f"status {exchange.status}"
    if exchange.status in otherwise:
        advice = "Look at the media type first, or say unsupported_statuses in [errors.bodies] as it is meant."
        return [warn("error-refusal-otherwise", wanted, observed, next_step=advice)]
    if exchange.status >= 500:
        return [fail("error-refusal-breaks", wanted, f"{observed}: the service broke on the body")]
    if exchange.status in (401, 403, 404):
        advice = "See the cases of that endpoint first: its role did not get as far as the body."
        return [inconclusive("error-refusal-unreached", wanted, observed, next_step=advice)]
    if exchange.status < 400:
        return [fail("error-refusal-missing", wanted, f"{observed}: the body was taken")]
    return [fail("error-refusal-status", wanted, observed)]


def judge_occurrences(exchanges: Sequence[Exchange], promise: Errors) -> list[Finding]:
    """Deviations of several refusals of one kind from each other: their ``type`` names the kind, and so its title."""
    errors = [exchange for exchange in exchanges if 400 <= exchange.status < 500 and exchange.status != 429]
    bodies = [body for body in map(document.read, errors) if isinstance(body, dict)]
    if len(bodies) < 2 or len({exchange.status for exchange in errors}) > 1:
        observed = quote(", ".join(f"status {exchange.status}" for exchange in exchanges), 120) or "none"
        return [
            inconclusive("error-occurrences-missing", "two refusals of one kind, with a JSON object each", observed)
        ]
    found: list[Finding] = []
    types = _different(body.get("type", "about:blank") for body in bodies)
    if len(types) > 1:
        found.append(
            fail("error-type-changes", "one type for one kind of refusal", _told(types), clause=f"{CLAUSE} 3.1.1")
        )
    titles = _different(body.get("title") for body in bodies)
    if len(titles) > 1:
        found.append(warn("error-title-changes", "one title for one type", _told(titles), clause=f"{CLAUSE} 3.1.3"))
    shapes = _different(sorted(name for name in body if name in promise.members) for body in bodies)
    if len(shapes) > 1:
        found.append(fail("error-shape-changes", "the same members at each occurrence", _told(shapes)))
    return found


def _different(values: Iterable[object]) -> list[str]:
    return list(dict.fromkeys(quote(value, 60) for value in values))


def _told(values: list[str]) -> str:
    return quote(" and then ".join(values[:3]))


def _request_id_header(exchange: Exchange, promise: Errors) -> Iterator[Finding]:
    name = promise.request_id_header
    if name and not exchange.headers.first(name).strip():
        yield fail("error-request-id-missing", f"{quote(name, 60)} on errors too", f"none, status {exchange.status}")


def _members(body: Mapping[str, Any], promise: Errors) -> Iterator[Finding]:
    missing = [name for name in promise.members if name not in body]
    if missing:
        yield fail("error-members-missing", f"members {listed(promise.members)}", f"without {listed(missing)}")


def _problem(body: Mapping[str, Any], exchange: Exchange, promise: Errors) -> Iterator[Finding]:
    stated = body.get("status", exchange.status)
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        yield fail(
            "error-status-no-number",
            f"status {exchange.status}, a number",
            f"{pointer.kind(stated)}: {quote(stated, 40)}",
        )
    elif stated != exchange.status:
        yield fail(
            "error-status-differs", f"status {exchange.status}, like the response", f"status {quote(stated, 40)}"
        )
    for name in ("type", "title", "detail", "instance"):
        if name in body and not isinstance(body[name], str) and (name in promise.members or body[name] is not None):
            yield fail("error-member-no-string", f"{name}, a string", pointer.kind(body[name]))
    reference = body.get("type", "about:blank")
    if isinstance(reference, str) and not re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:|/", reference):
        yield warn("error-type-relative", "type: an absolute reference, or a full path", quote(reference, 120))


def _same_request(body: Mapping[str, Any], exchange: Exchange, promise: Errors) -> Iterator[Finding]:
    named = exchange.headers.first(promise.request_id_header).strip() if promise.request_id_header else ""
    for name in REQUEST_ID_MEMBERS:
        if named and name in body and str(body[name]) != named:
            observed = f"{name} {quote(body[name], 60)}, {promise.request_id_header} {quote(named, 60)}"
            yield fail("error-request-id-differs", "one request id in body and header", quote(observed))
