"""
Whoever reaches the service over TLS reaches it, and nobody else, under a certificate that will hold.

RFC 9325 (recommendations for TLS), RFC 9525 (service identity), ASVS 5.0 12.1.1 and 12.2.2; lifetimes and keys by the
Baseline Requirements of the CA/Browser Forum. Expiry is measured by the certificate's own lifetime: 30 days are much of
90 and more than all of 6. Stapled OCSP answers are not asked for, as authorities have begun to give none.
"""

from __future__ import annotations

from datetime import UTC, datetime

from prodverify.judges import certificate
from prodverify.judges.certificate import Certificate
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.transport import Tls
from prodverify.wire.handshakes import Handshakes

A_DAY = 86400
LEAST_RSA_BITS = 2048
LEAST_CURVE_BITS = 256
LONGEST_DAYS = 398
"""What browsers accept at all, since 2020-09-01."""
USUAL_DAYS = 366
"""Mozilla's profiles ask for no more."""
SCHEDULE = (("2026-03-15", 200), ("2027-03-15", 100), ("2029-03-15", 47))
"""From which day on certificates are issued for at most how many days (CA/Browser Forum ballot SC-081)."""
LONG_ENOUGH = 3
"""Lifetimes that the days of ``expiry_fail_days`` fit into: who lives for 6 days cannot have 7 left."""

_BY_HAND = "See which certificate that is: openssl s_client -showcerts, and openssl verify for each."
# X509_verify_cert's numbers, as openssl-verification-options(1) and x509_vfy.h list them.
_SELF_SIGNED, _UNTRUSTED_ROOT = 18, 19
_NO_ISSUER = frozenset({2, 20, 21})
_NOT_NOW = frozenset({9, 10})
_OTHER_NAME = frozenset({62, 64})
_TOO_WEAK = frozenset({66, 67, 68})


def judge_trust(seen: Handshakes) -> list[Finding]:
    """Deviations from a chain that leads to an authority we trust, names and dates apart."""
    own = _own(seen)
    if not isinstance(own, Certificate):
        return own
    attempt = seen.trust
    if attempt.outcome == "accepted":
        return _refused_by_clients(seen, own)
    if attempt.outcome != "distrusted":
        return [_undecided(seen, "tls-trust-undecided", attempt.outcome, attempt.said)]
    wanted, said = "a chain that leads to an authority that is trusted", quote(attempt.said, 120)
    if attempt.code == _SELF_SIGNED:
        advice = "Have it issued by an authority, or name this one as ca_bundle in [asking] where it is meant."
        return [fail("tls-self-signed", wanted, f"{seen.place}: {said}", next_step=advice)]
    if attempt.code in _NO_ISSUER and seen.whole and len(seen.chain) == 1 and own.names_issuers_place:
        observed = f"{seen.place} sent its own certificate alone, and its issuer is not trusted: {said}"
        advice = "Configure the full chain: the intermediate certificate follows the service's own."
        return [fail("tls-intermediate-missing", wanted, observed, next_step=advice)]
    if attempt.code in (_NO_ISSUER | {_UNTRUSTED_ROOT}):
        advice = "Name a private authority as ca_bundle in [asking], and send every certificate in between."
        observed = f"{seen.place} sent {len(seen.chain)}, and the last one's issuer is not trusted: {said}"
        return [fail("tls-authority-unknown", wanted, observed, next_step=advice)]
    return [fail("tls-chain-invalid", wanted, f"{seen.place}: {said}", next_step=_BY_HAND)]


def judge_name(seen: Handshakes) -> list[Finding]:
    """Deviations from a certificate that is made out to the name by which the service is asked."""
    own = _own(seen)
    if not isinstance(own, Certificate):
        return own
    wanted = f"a certificate for {quote(seen.server_name, 100)}"
    if seen.name.outcome == "accepted":
        return []
    if seen.name.outcome == "distrusted" and seen.name.code in _OTHER_NAME:
        advice = (
            "Have it issued with this name among its alternative names, as the common name counts no more; or say in "
            "[tls] server_name by which name the service is asked."
        )
        return [fail("tls-name-not-covered", wanted, quote(seen.name.said, 160), next_step=advice)]
    if seen.name.outcome == "distrusted":
        return [info("tls-name-unproven", wanted, f"{quote(seen.name.said, 120)}; the chain's case judges that")]
    return [_undecided(seen, "tls-name-undecided", seen.name.outcome, seen.name.said)]


def judge_dates(seen: Handshakes, promised: Tls) -> list[Finding]:
    """Deviations from a certificate that holds now, and for a good part of its lifetime yet."""
    own = _own(seen)
    if not isinstance(own, Certificate):
        return own
    until, left = _day(own.not_after), own.not_after - seen.at
    wanted, advice = "a certificate that holds now", "Renew it, and find out why it was not renewed by itself."
    if left <= 0:
        return [fail("tls-expired", wanted, f"it held until {until}", next_step=advice)]
    if seen.at < own.not_before:
        advice = "Serve the one before it until then, and check the clock of whoever issued it, and ours."
        return [fail("tls-not-yet-valid", wanted, f"it holds from {_day(own.not_before)}", next_step=advice)]
    if seen.dates.outcome == "distrusted" and seen.dates.code in _NOT_NOW:
        wanted = "certificates that hold now, up to the authority's"
        observed = f"the service's own does, another one does not: {quote(seen.dates.said, 120)}"
        advice = "Send the authority's intermediate of today in place of the one that is sent."
        return [fail("tls-chain-expired", wanted, observed, next_step=advice)]
    lives, share = own.lifetime / A_DAY, 100 * left / own.lifetime
    observed = f"{left / A_DAY:.1f} of {lives:.1f} days ({share:.0f} %) are left, until {until}"
    least = promised.expiry_fail_percent * own.lifetime / 100
    if promised.expiry_fail_days * LONG_ENOUGH < lives:
        least = max(least, promised.expiry_fail_days * A_DAY)
    if left < least:
        return [fail("tls-expires-soon", f"at least {least / A_DAY:.1f} days left", observed, next_step=advice)]
    if share < promised.expiry_warn_percent:
        wanted = f"at least {promised.expiry_warn_percent:g} % of its lifetime left"
        return [warn("tls-renewal-late", wanted, observed, next_step=advice)]
    return []


def lasts(seen: Handshakes) -> dict[str, float]:
    """Days that the certificate was issued for and has left, for the evidence; nothing where it cannot be read."""
    own = certificate.read(seen.chain[0]) if seen.chain else None
    if own is None:
        return {}
    return {"issued_for_days": round(own.lifetime / A_DAY, 1), "days_left": round((own.not_after - seen.at) / A_DAY, 1)}


def judge_lifespan(seen: Handshakes, promised: Tls) -> list[Finding]:
    """Deviations from a certificate that is replaced before its key has been used for too long."""
    own = _own(seen)
    if not isinstance(own, Certificate):
        return own
    lives = own.lifetime / A_DAY
    observed = f"it was issued for {lives:.1f} days"
    limit = promised.lifespan_days or (None if seen.private else LONGEST_DAYS)
    if limit is None:
        wanted = "a lifetime that [tls] limits, or an authority that everybody trusts"
        return [info("tls-lifespan-unlimited", wanted, observed)]
    if lives > limit:
        advice = "Have it issued for less time, and renewed by itself."
        return [fail("tls-lifespan-long", f"at most {limit} days", observed, next_step=advice)]
    if promised.lifespan_days or seen.private:
        return []
    issued = _day(own.not_before)
    scheduled = min((days for since, days in SCHEDULE if issued >= since), default=0)
    if lives > (scheduled or USUAL_DAYS):
        wanted = f"at most {scheduled or USUAL_DAYS} days for one issued on {issued}"
        clause = "CA/Browser Forum SC-081" if scheduled else "Mozilla, Server Side TLS"
        return [warn("tls-lifespan-over-schedule", wanted, observed, clause=clause)]
    return []


def judge_key(seen: Handshakes) -> list[Finding]:
    """Deviations from a key that nobody can guess, and from a signature that nobody can forge."""
    own = _own(seen)
    return strength(own) if isinstance(own, Certificate) else own


def strength(own: Certificate) -> list[Finding]:
    """Deviations of one certificate's key and signature, sizes and hashes alone."""
    found = []
    advice = "Make a new key, RSA of 2048 bits or P-256, and have a certificate issued for it."
    if own.key == "RSA" and own.key_bits < LEAST_RSA_BITS:
        wanted = f"RSA of at least {LEAST_RSA_BITS} bits"
        found.append(fail("tls-key-weak", wanted, f"RSA of {own.key_bits} bits", next_step=advice))
    elif own.key != "RSA" and 0 < own.key_bits < LEAST_CURVE_BITS:
        wanted = f"a curve of at least {LEAST_CURVE_BITS} bits"
        found.append(fail("tls-key-weak", wanted, f"{own.key}, {own.key_bits} bits", next_step=advice))
    elif own.key == "DSA":
        observed = "DSA, which no browser accepts"
        found.append(fail("tls-key-weak", "RSA or an elliptic curve", observed, next_step=advice))
    if own.weak_hash and not own.self_issued:
        wanted, advice = "a signature with SHA-256 or better", "Have it issued anew, by an authority of today."
        found.append(fail("tls-signature-weak", wanted, f"one with {own.weak_hash}", next_step=advice))
    return found


def unsettled(seen: Handshakes) -> list[Finding]:
    """Why nothing can be said of what a handshake shows, as there was none; empty where there was one."""
    if seen.chain:
        return []
    attempts = list(seen.versions.values())
    wanted, said = f"a handshake with {seen.place}", quote(next((a.said for a in attempts if a.said), "nothing"), 120)
    if any(attempt.outcome == "unreached" for attempt in attempts):
        advice = "Check address in [tls], and that no firewall stands between."
        return [inconclusive("tls-unreached", wanted, f"no connection: {said}", next_step=advice)]
    if attempts and all(attempt.outcome == "not-tls" for attempt in attempts):
        advice = "Name what speaks TLS as address in [tls], or have it speak TLS."
        return [fail("tls-not-spoken", wanted, f"what came is no TLS: {said}", next_step=advice)]
    ends = ", ".join(f"{version} {attempt.outcome}" for version, attempt in sorted(seen.versions.items()))
    advice = "Try openssl s_client; a service may want server_name in [tls], or client_certificate in [asking]."
    return [inconclusive("tls-no-handshake", wanted, f"{ends or 'none was tried'}: {said}", next_step=advice)]


def _own(seen: Handshakes) -> Certificate | list[Finding]:
    """The service's own certificate, or what keeps it from being judged."""
    if missing := unsettled(seen):
        return missing
    own = certificate.read(seen.chain[0])
    if own is None or own.lifetime <= 0:
        observed = f"{len(seen.chain[0])} bytes that are none"
        return [inconclusive("tls-certificate-unreadable", "a certificate that can be read", observed)]
    return own


def _refused_by_clients(seen: Handshakes, own: Certificate) -> list[Finding]:
    """What else keeps an ordinary client from accepting a chain that leads to an authority."""
    attempt = seen.client
    if attempt.outcome != "distrusted" or attempt.code in _NOT_NOW | _OTHER_NAME:
        return []
    if attempt.code in _TOO_WEAK:
        wanted = "keys and signatures that clients accept, up to the authority's"
        # The service's own key and signature have a case of their own.
        advice = "Send the authority's intermediate of today in place of the one that is sent."
        return [] if strength(own) else [fail("tls-chain-weak", wanted, quote(attempt.said, 120), next_step=advice)]
    return [fail("tls-chain-invalid", "a chain that clients accept", quote(attempt.said, 120), next_step=_BY_HAND)]


def _undecided(seen: Handshakes, rule: str, outcome: str, said: str) -> Finding:
    observed = f"{outcome}: {quote(said, 120)}" if said else outcome
    ours = outcome == "agreed"
    advice = "Name client_certificate in [asking], if that was wanted." if ours else "Run it again, at a slower pace."
    return inconclusive(rule, f"a handshake with {seen.place}, as before", observed, next_step=advice)


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
