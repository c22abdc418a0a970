"""
An error tells nothing of the service's inside.

ASVS 5.0 16.5.1: no stack trace, query, secret or internal address in an error, neither in its body nor in its header
lines. Structure alone is matched: a bare number is no time, and the words "Internal Server Error" tell nothing.
"""

from __future__ import annotations

import re

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 16.5.1"

LONGEST_SEARCHED = 65536
"""Characters of a body in which leaks are looked for: an error is short, and a page of megabytes costs time."""

TRACES: tuple[str, ...] = (
    r"Traceback \(most recent call last\)|Exception in thread \"",
    r"\bat [\w.$<>]{1,200}\([\w$]{1,100}\.(?:java|kt|scala):\d{1,6}\)",
    r"\bat [^\n]{1,200} in [^\n]{1,200}:line \d{1,6}\b",
    r"\bSystem\.(?:\w{1,40}\.){0,6}\w{1,60}Exception\b",
    # Also as Node writes it: "at name (/app/server.js:10:5)".
    r"\bat [^\n()]{1,200} \((?:/|file:|node:|[A-Z]:\\)[^\n()]{1,300}:\d{1,6}:\d{1,6}\)"
    r"|node_modules/|/usr/(?:local/)?lib/python|site-packages/|File \"/[^\"]{1,200}\", line \d",
    # Go, Rust, Ruby and PHP.
    r"\bgoroutine \d{1,9} \[\w[\w ,]{0,60}\]:|\bpanicked at [^\n]{1,300}\.rs:\d{1,6}:\d{1,6}\b",
    r"\w\.rb:\d{1,6}:in [`']|\w\.php\(\d{1,6}\): ",
)
QUERIES: tuple[str, ...] = (
    r"\bORA-\d{5}|\bSQLSTATE\b|\bPG::|\bpsycopg[23]?\b|\bsqlalchemy\b|\bmysqli?_\w|\bsqlite3\.",
    r"\bSELECT\b[^\n]{1,300}\bFROM\b[^\n]{1,300}\b(?:WHERE|LIMIT|JOIN|ORDER BY)\b",
    r"\b(?:INSERT INTO \w{1,60} ?\(|UPDATE \w{1,60} SET \w{1,60} ?=|DELETE FROM \w{1,60} WHERE)",
)
SECRETS: tuple[str, ...] = (
    r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{2,4000}",
    r"\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{10,200}|\bwhsec_[0-9A-Za-z+/]{16,200}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[0-9A-Za-z]{36,255}\b|\bglpat-[0-9A-Za-z_-]{20,64}|\bxox[abprs]-[0-9A-Za-z-]{10,250}"
    r"|\bAIza[0-9A-Za-z_-]{35}\b",
    r"\b[a-z][a-z0-9+]{1,20}://[^\s/:@\"']{1,100}:[^\s/@\"']{1,100}@|-----BEGIN [A-Z ]{0,30}PRIVATE KEY",
)
PAGES = (
    r"Whitelabel Error Page|Werkzeug Debugger|DEBUG = True|\bphp (?:Fatal|Warning)\b|<b>(?:Fatal error|Warning)</b>: "
)
ADDRESSES = (
    r"(?<![\w.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|169\.254(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\w]|\.\d)"
)
_FORMS = tuple(
    (what, re.compile(form))
    for what, forms in (
        ("stack trace", TRACES),
        ("debug page", (PAGES,)),
        ("query", QUERIES),
        ("secret", SECRETS),
        ("private address", (ADDRESSES,)),
    )
    for form in forms
)
"""What leaked, and the structure that shows it."""

_CALLER = re.compile(r"client|forwarded|remote|real-ip|caller|peer", re.IGNORECASE)
"""Header lines that tell callers their own address, which is no news to them."""


def judge(exchange: Exchange) -> list[Finding]:
    """What an error answer tells of the service's inside, in its body or its header lines; others are not searched."""
    if exchange.status < 400:
        return []
    found = _leaks("the body", exchange.body[: 2 * LONGEST_SEARCHED].decode("utf-8", "replace"), exchange, in_body=True)
    for name, value in exchange.headers:
        place = f"header {quote(name, 60)}"
        for key, finding in _leaks(place, value[:8192], exchange, in_body=False).items():
            if not (key[0] == "private address" and _CALLER.search(name)):
                found.setdefault(key, finding)
    return list(found.values())


def _leaks(place: str, text: str, exchange: Exchange, *, in_body: bool) -> dict[tuple[str, str], Finding]:
    found: dict[tuple[str, str], Finding] = {}
    for what, form in _FORMS:
        match = form.search(text[:LONGEST_SEARCHED])
        # An address that we asked by, and that is told back to us, is no news.
        if not match or (what == "private address" and match[0] in exchange.url):
            continue
        # A body may repeat what a caller wrote; nobody but the service writes its header lines.
        severity = Severity.WARN if what == "private address" and in_body else Severity.FAIL
        shown = f"{quote(match[0], 6)}, {len(match[0])} characters" if what == "secret" else quote(match[0], 80)
        rule = f"error-leaks-{what.replace(' ', '-')}"
        finding = Finding(severity, rule, f"no {what} in an error", f"{shown} in {place}", CLAUSE)
        found.setdefault((what, place), finding)
    return found
