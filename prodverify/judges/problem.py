"""
The service says no in one shape, and tells nothing of its inside.

RFC 9457 (problem details): the members are for the caller, not for debugging; ``status`` is the status of the response.
ASVS 5.0 16.5.1: no stack trace, query or secret in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prodverify.judges import document, pointer
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.target.promises import Errors
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 9457"
LEAKS_CLAUSE = "ASVS 5.0 16.5.1"

REQUEST_ID_MEMBERS = ("request_id", "requestId", "request-id", "correlation_id", "correlationId")
"""Members that repeat the request's identity in a body."""

LONGEST_SEARCHED = 65536
"""Characters of a body in which leaks are looked for: an error is short, and a page of megabytes costs time."""

LEAKS: tuple[tuple[str, Severity, str], ...] = (
    ("stack trace", Severity.FAIL, r"Traceback \(most recent call last\)|Exception in thread \""),
    ("stack trace", Severity.FAIL, r"\bat [\w.$<>]{1,200}\([\w$]{1,100}\.(?:java|kt|scala):\d{1,6}\)"),
    ("stack trace", Severity.FAIL, r"\bat [^\n]{1,200} in [^\n]{1,200}:line \d{1,6}\b"),
    ("stack trace", Severity.FAIL, r"\bSystem\.(?:\w{1,40}\.){0,6}\w{1,60}Exception\b"),
    (
        "stack trace",
        Severity.FAIL,
        # Also as Node writes it: "at name (/app/server.js:10:5)".
        r"\bat [^\n()]{1,200} \((?:/|file:|node:|[A-Z]:\\)[^\n()]{1,300}:\d{1,6}:\d{1,6}\)"
        r"|node_modules/|/usr/(?:local/)?lib/python|site-packages/|File \"/[^\"]{1,200}\", line \d",
    ),
    ("debug page", Severity.FAIL, r"Whitelabel Error Page|Werkzeug Debugger|DEBUG = True|\bphp (?:Fatal|Warning)\b"),
    (
        "query",
        Severity.FAIL,
        r"\bORA-\d{5}|\bSQLSTATE\b|\bPG::|\bpsycopg[23]?\b|\bsqlalchemy\b|\bmysqli?_\w|\bsqlite3\.",
    ),
    ("query", Severity.FAIL, r"\bSELECT\b[^\n]{1,300}\bFROM\b[^\n]{1,300}\b(?:WHERE|LIMIT|JOIN|ORDER BY)\b"),
    (
        "query",
        Severity.FAIL,
        r"\b(?:INSERT INTO \w{1,60} ?\(|UPDATE \w{1,60} SET \w{1,60} ?=|DELETE FROM \w{1,60} WHERE)",
    ),
    ("secret", Severity.FAIL, r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{2,4000}"),
    (
        "secret",
        Severity.FAIL,
        r"\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{10,200}|\bwhsec_[0-9A-Za-z+/]{16,200}|\bAKIA[0-9A-Z]{16}\b",
    ),
    (
        "secret",
        Severity.FAIL,
        r"\b[a-z][a-z0-9+]{1,20}://[^\s/:@\"']{1,100}:[^\s/@\"']{1,100}@|-----BEGIN [A-Z ]{0,30}PRIVATE KEY",
    ),
    (
        "private address",
        Severity.WARN,
        r"(?<![\w.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\w]|\.\d)",
    ),
)
"""What leaked, how much it weighs, and the structure that shows it; "Internal Server Error" shows nothing."""

_LEAKS = tuple((what, severity, re.compile(form)) for what, severity, form in LEAKS)


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


def leaks(exchange: Exchange) -> list[Finding]:
    """What an error answer tells of the service's inside, in its body or its header lines; others are not searched."""
    if exchange.status < 400:
        return []
    places = [("the body", exchange.body[: 2 * LONGEST_SEARCHED].decode("utf-8", "replace")[:LONGEST_SEARCHED])]
    places += [(f"header {quote(name, 60)}", value[:8192]) for name, value in exchange.headers]
    found: dict[tuple[str, str], Finding] = {}
    for place, text in places:
        for what, severity, form in _LEAKS:
            match = form.search(text)
            # An address that we asked by, and that is told back to us, is no news.
            if match and not (what == "private address" and match[0] in exchange.url):
                shown = f"{quote(match[0], 6)}, {len(match[0])} characters" if what == "secret" else quote(match[0], 80)
                rule = f"error-leaks-{what.replace(' ', '-')}"
                finding = Finding(severity, rule, f"no {what} in an error", f"{shown} in {place}", LEAKS_CLAUSE)
                found.setdefault((what, place), finding)
    return list(found.values())


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
