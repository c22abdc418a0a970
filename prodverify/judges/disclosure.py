"""
Answers do not tell which software, in which version, made them.

OWASP Secure Headers Project, list of headers to remove (its high-signal part), and ASVS 5.0 13.4.6. Names of tracing
and gateways are often shown on purpose: they are remarks. What only a debug mode sends is a failure.
"""

from __future__ import annotations

import re

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity
from prodverify.wire.exchange import HeaderList

CLAUSE = "ASVS 5.0 13.4.6"

NAMES: tuple[tuple[str, Severity, str], ...] = (
    (r"x-debug(?:-.*)?|x-clockwork-.*|x-chrome(?:logger|php)-data|x-sourcefiles", Severity.FAIL, "debug"),
    (r"x-powered-by(?:-.*)?|x-aspnet(?:mvc)?-version|x-php-version|x-owa-version", Severity.WARN, "software"),
    (r"x-generat(?:or|ed-by)|x-framework|x-cms|x-redirect-by|liferay-portal|pega-host", Severity.WARN, "software"),
    (r"x-[bf]eserver|host-header|x-runtime-version|x-app(?:lication)?-server", Severity.WARN, "software"),
    (r"(?:x-)?sourcemap", Severity.WARN, "source"),
    (r"x-varnish(?:-.*)?|x-litespeed-.*|x-nextjs-.*|x-drupal-.*", Severity.INFO, "software"),
    (r"x-(?:b3|datadog|envoy|kong|amzn-trace|cloud-trace)-.*|via", Severity.INFO, "gateway"),
)
"""Header names (a regular expression of the whole name, lower case), how much each weighs, and what it tells about."""

_RULES = tuple((re.compile(name), severity, about) for name, severity, about in NAMES)
_VERSION = re.compile(r"(?:/|\s|^)v?[0-9]{1,4}(?:\.[0-9]{1,6})+|/[0-9]{1,4}\b")


def judge(headers: HeaderList, *, profile: str) -> list[Finding]:
    """What the header lines of one answer tell, whatever its ``profile``."""
    found: dict[tuple[str, str], Finding] = {}
    for name, value in headers:
        lowered = name.lower()
        finding = _server(value) if lowered == "server" else _named(lowered, value)
        if finding:
            found.setdefault((lowered, finding.rule), finding)
    return list(found.values())


def _server(value: str) -> Finding | None:
    if not value.strip():
        return None
    if _VERSION.search(value[:500]):
        return Finding(Severity.WARN, "disclosure-server-version", "Server without a version", quote(value, 80))
    return Finding(Severity.INFO, "disclosure-server", "Server without the name of a product", quote(value, 80))


def _named(name: str, value: str) -> Finding | None:
    for form, severity, about in _RULES:
        if form.fullmatch(name):
            observed = f"{quote(name, 60)}: {quote(value, 80)}"
            return Finding(severity, f"disclosure-{about}", f"no {quote(name, 60)}", observed)
    return None
