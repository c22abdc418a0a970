"""
Only versions of TLS that hold are spoken, and with whoever offers the suites of today alone.

RFC 8996 ends TLS 1.0 and 1.1; ASVS 5.0 12.1.1 asks for 1.2 and 1.3 alone. A version counts as refused only beside one
that the same place accepts, and where our own OpenSSL could offer it.
"""

from __future__ import annotations

from prodverify.judges.quotation import quote
from prodverify.judges.tls import unsettled
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.transport import Tls
from prodverify.wire.handshakes import UNTRIED, Attempt, Handshakes

CLAUSE = "RFC 8996, ASVS 5.0 12.1.1"

_SWITCH_ON = "Add it to the list of versions (ssl_protocols, MaxProtocol, max_version)."
_SPOKEN = ("accepted", "agreed")
"""To agree to a version is to speak it, whatever ends the handshake after that: the want of our certificate, say."""


def judge_old(seen: Handshakes, version: str) -> list[Finding]:
    """Deviations from refusing ``version`` where it alone is offered."""
    if missing := unsettled(seen):
        return missing
    attempt = seen.versions.get(version, UNTRIED)
    wanted = f"TLS {version} is refused"
    if attempt.outcome in _SPOKEN:
        advice = "Leave it out of the list of versions (ssl_protocols, MinProtocol, min_version)."
        return [fail("tls-version-old", wanted, f"{seen.place} accepted it", next_step=advice)]
    if _turned_down(attempt, seen):
        return []
    if attempt.outcome == "unoffered":
        advice = "Run where OpenSSL still has it, or ask with another client."
        observed = f"our own OpenSSL cannot offer it: {quote(attempt.said, 100)}"
        return [inconclusive("tls-version-unoffered", wanted, observed, next_step=advice)]
    advice = "Run it again, or try openssl s_client."
    return [inconclusive("tls-version-undecided", wanted, _told(attempt), next_step=advice)]


def judge_modern(seen: Handshakes, promised: Tls) -> list[Finding]:
    """Deviations from speaking TLS 1.2 and 1.3, or the newest alone."""
    if missing := unsettled(seen):
        return missing
    spoken = any(seen.versions.get(version, UNTRIED).outcome in _SPOKEN for version in ("1.2", "1.3"))
    return [*_versions(seen, promised), *(_suites(seen) if spoken else ())]


def _versions(seen: Handshakes, promised: Tls) -> list[Finding]:
    middle, newest = (seen.versions.get(version, UNTRIED) for version in ("1.2", "1.3"))
    if newest.outcome in _SPOKEN:
        return []
    wanted = "TLS 1.3 is accepted"
    if middle.outcome not in _SPOKEN:
        if _turned_down(middle, seen) and _turned_down(newest, seen):
            observed = f"{seen.place} refused both"
            return [fail("tls-modern-missing", "TLS 1.2 or 1.3 is accepted", observed, next_step=_SWITCH_ON)]
        observed = f"1.2 {_told(middle)}; 1.3 {_told(newest)}"
        return [inconclusive("tls-version-undecided", "TLS 1.2 or 1.3 is accepted", observed)]
    demanded = promised.demands_newest or promised.minimum_version == "1.3"
    if _turned_down(newest, seen):
        if demanded:
            return [fail("tls-newest-missing", wanted, f"{seen.place} refused it", next_step=_SWITCH_ON)]
        observed = f"{seen.place} speaks TLS 1.2 alone"
        return [warn("tls-newest-missing", wanted, observed, clause="RFC 9325 section 3.1.1")]
    severity = inconclusive if demanded else info
    return [severity("tls-version-undecided", wanted, _told(newest))]


def _suites(seen: Handshakes) -> list[Finding]:
    """Versions were offered with suites of all ages; an ordinary client offers fewer."""
    client, wanted = seen.client, "a handshake with a client that offers the suites of today alone"
    if client.outcome in (*_SPOKEN, "distrusted"):
        return []
    if client.outcome in ("refused", "unclear") and seen.trust.outcome in (*_SPOKEN, "distrusted"):
        observed = f"{seen.place} shakes hands with old suites only: {quote(client.said, 100)}"
        advice = "Let it offer ECDHE with AES-GCM or ChaCha20-Poly1305 (ssl_ciphers, CipherString)."
        return [warn("tls-suites-old", wanted, observed, clause="RFC 9325 section 4.2", next_step=advice)]
    return [inconclusive("tls-suites-undecided", wanted, _told(client), next_step="Run it again, at a slower pace.")]


def _turned_down(attempt: Attempt, seen: Handshakes) -> bool:
    """Refused in words; or without one, twice, while the place went on to shake hands otherwise."""
    went_on = seen.client.outcome in ("accepted", "distrusted") or seen.trust.outcome in ("accepted", "distrusted")
    return attempt.outcome == "refused" or (attempt.outcome == "closed" and went_on)


def _told(attempt: Attempt) -> str:
    return f"{attempt.outcome}: {quote(attempt.said, 100)}" if attempt.said else attempt.outcome
