"""Answers made by hand, and findings in short."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import Any

from prodverify.record.findings import Finding
from prodverify.wire.exchange import Exchange, HeaderList

NOON = 1_789_992_000.0
"""2026-09-21T12:00:00Z, when the tests take place, in seconds since the epoch."""

RELAY = {
    "Strict-Transport-Security": "max-age=15552000; includeSubDomains; preload",
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' https://api.example; img-src 'self' data:; "
    "script-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
}
HELMET = {
    "Content-Security-Policy": "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';"
    "frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';"
    "style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "0",
}


def lines(*headers: tuple[str, str], **more: str) -> HeaderList:
    """Header lines; keyword names have underscores for hyphens."""
    return HeaderList([*headers, *((name.replace("_", "-"), value) for name, value in more.items())])


def answer(
    status: int = 200,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: Any = b"",
    *,
    at: float = NOON,
    dated: bool = True,
    **more: Any,
) -> Exchange:
    """One exchange; a body that is no bytes is written as JSON. ``at``: when it was asked, by both clocks."""
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    if dated and not any(name.lower() == "date" for name, _ in pairs):
        pairs.append(("Date", formatdate(int(at), usegmt=True)))
    values = {
        "method": "GET",
        "url": "https://api.example/things",
        "target": "/things",
        "request_headers": HeaderList(),
        "request_body": b"",
        "started_at": at,
        "elapsed_ms": 2.0,
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(**{**values, **more}, status=status, headers=HeaderList(pairs), body=raw)


def rules(findings: Iterable[Finding]) -> dict[str, str]:
    """Rule and severity of each finding."""
    return {finding.rule: finding.severity.value for finding in findings}


def worst(findings: Iterable[Finding]) -> set[str]:
    """The severities that were found."""
    return {finding.severity.value for finding in findings}
