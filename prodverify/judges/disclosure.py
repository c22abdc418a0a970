"""
Answers do not tell which software, in which version, made them.

OWASP Secure Headers Project, list of headers to remove, and ASVS 5.0 13.4.6; the names are data (target/disclosed).
Names of tracing and gateways are often shown on purpose: they are remarks. What only a debug mode sends is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity
from prodverify.target.disclosed import About, disclosed
from prodverify.wire.exchange import HeaderList

CLAUSE = "ASVS 5.0 13.4.6"

_NAMED: tuple[About, ...] = ("debug", "software", "source", "product", "gateway")
# In a comment, a number without a dot is rather that of a machine.
_VERSION = re.compile(r"(?:[/(\s]|^)v?[0-9]{1,4}(?:\.[0-9]{1,6})+|/[0-9]{1,4}\b(?![^()]{0,80}\))")
_REALM = re.compile(r"""\brealm\s{0,9}=\s{0,9}(?:"([^"]{1,200})|([^\s",]{1,200}))""", re.IGNORECASE)


def judge(headers: HeaderList, *, profile: str) -> list[Finding]:
    """What the header lines of one answer tell, whatever its ``profile``."""
    found: dict[tuple[str, str], Finding] = {}
    for name, value in headers:
        lowered = name.lower()
        for finding in _line(lowered, value):
            found.setdefault((lowered, finding.rule), finding)
    return list(found.values())


def _line(name: str, value: str) -> Iterator[Finding]:
    if name == "server":
        yield from _server(value)
    elif name in ("www-authenticate", "proxy-authenticate"):
        yield from _realm(value)
    else:
        yield from _named(name, value)


def _server(value: str) -> Iterator[Finding]:
    if not value.strip():
        return
    if _VERSION.search(value[:500]):
        yield Finding(Severity.WARN, "disclosure-server-version", "Server without a version", quote(value, 80))
    else:
        yield Finding(Severity.INFO, "disclosure-server", "Server without the name of a product", quote(value, 80))


def _realm(value: str) -> Iterator[Finding]:
    known = disclosed()["realm"]
    for quoted, bare in _REALM.findall(value[:2000]):
        realm = quoted or bare
        if known.has(realm.strip()):
            severity = Severity.WARN if _VERSION.search(realm) else Severity(known.weight)
            yield Finding(severity, "disclosure-realm", "a realm without the name of a product", quote(realm, 80))


def _named(name: str, value: str) -> Iterator[Finding]:
    for about in _NAMED:
        names = disclosed()[about]
        if value.strip() and names.has(name):
            observed = f"{quote(name, 60)}: {quote(value, 80)}"
            yield Finding(Severity(names.weight), f"disclosure-{about}", f"no {quote(name, 60)}", observed)
            return
