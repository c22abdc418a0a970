"""
A delivery proves who sent it: its signature is one that the shared secret makes, over the bytes that were sent.

RFC 2104 and RFC 4231; each sender's own form is a scheme of ``judges.schemes``. The judge compares in constant time,
tells apart how a signature can be wrong, and says which other scheme would have made it. Findings never hold the secret
or the signature that was expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from prodverify.judges.quotation import listed, quote
from prodverify.judges.schemes.message import Claim, Message, Spelling, Unreadable
from prodverify.judges.schemes.mistakes import matched
from prodverify.judges.schemes.table import SCHEMES, USUAL, matching, read
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info
from prodverify.wire.exchange import HeaderList

CLAUSE = "RFC 2104"

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ADVICE = "Compare the secrets of both sides, and sign the bytes that are sent, after serialising them."
_FORM_ADVICE = "correct the secret, or secret_encoding of the webhook, in the target file"


@dataclass(frozen=True, slots=True)
class Trust:
    """How a receiver verifies: the scheme by name, its spelling, and the secret."""

    scheme: str
    secret: str
    how: Spelling = USUAL


def judge(message: Message, trust: Trust) -> list[Finding]:
    """Deviations of one delivery from what its scheme asks; its age is judged elsewhere."""
    try:
        claim = read(trust.scheme, message, trust.how)
    except Unreadable as unreadable:
        return [_explained(message, trust, unreadable.finding)]
    try:
        offer = matching(trust.scheme, claim, trust.secret, trust.how)
    except ValueError:
        return [_secret_unreadable(trust)]
    if offer is None:
        return [_explained(message, trust, _mismatch(claim, trust))]
    return [*offer.flaws, *_untold(claim)]


def negative_controls(message: Message, trust: Trust) -> list[Finding]:
    """
    Proof that the judge can say no: a flipped byte, a wrong secret and a missing header are each rejected.

    Deviations are faults of the judge, not of the delivery; without a valid delivery there is nothing to prove.
    """
    if _rejected(judge(message, trust)):
        return [inconclusive("signature-controls-idle", "a delivery whose signature is valid", "it is not")]
    body = message.body
    flipped = replace(message, body=bytes([body[0] ^ 1]) + body[1:] if body else b"\0")
    header = (trust.how.header or SCHEMES[trust.scheme].header).lower()
    bare = replace(message, headers=HeaderList(line for line in message.headers if line[0].lower() != header))
    controls = {
        "a flipped byte": judge(flipped, trust),
        "a wrong secret": judge(message, replace(trust, secret=_another(trust.secret))),
        "a missing header": judge(bare, trust),
    }
    return [
        fail("signature-control-accepted", f"{name} is rejected", "accepted: the judge proves nothing")
        for name, found in controls.items()
        if not _rejected(found)
    ]


def judge_rotation(message: Message, trust: Trust, previous: str, *, both: bool) -> list[Finding]:
    """
    Deviations of a delivery in a rotation: the secret before this one signs beside it, or with ``both`` false either.

    Receivers change at different moments, so a delivery that only one of two secrets verifies is lost on somebody.
    """
    wanted = "both the secret and the one before it sign" if both else "the secret or the one before it signs"
    try:
        claim = read(trust.scheme, message, trust.how)
        signing = [
            name
            for name, secret in (("secret", trust.secret), ("previous_secret", previous))
            if matching(trust.scheme, claim, secret, trust.how) is not None
        ]
    except Unreadable as unreadable:
        return [fail("rotation-broken", wanted, f"neither: {unreadable.finding.rule}")]
    except ValueError:
        return [_secret_unreadable(trust)]
    if len(signing) == 2 or (signing and not both):
        return []
    seen = f"{signing[0]} alone" if signing else "neither"
    step = "sign with both secrets until the last receiver has changed"
    return [fail("rotation-broken", wanted, f"{seen}, of {len(claim.offers)} signatures", next_step=step)]


def judge_apart(message: Message, trust: Trust, foreign: str) -> list[Finding]:
    """Deviations of a delivery to one receiver: the secret of another, ``foreign``, does not verify it."""
    wanted = "a delivery is signed with the secret of its own receiver alone"
    found = [finding for finding in judge(message, trust) if finding.severity is Severity.FAIL]
    if _rejected(judge(message, replace(trust, secret=foreign))):
        return found
    step = "give each receiver a secret of its own: whoever knows one can forge deliveries to all that share it"
    return [fail("secret-shared", wanted, "the secret of another receiver verifies it", next_step=step)]


def _rejected(found: list[Finding]) -> bool:
    return any(finding.severity in (Severity.FAIL, Severity.INCONCLUSIVE) for finding in found)


def _untold(claim: Claim) -> list[Finding]:
    if not claim.untold:
        return []
    wanted = "every signature can be verified with the shared secret"
    return [info("signature-not-verified", wanted, f"beside those that can: {listed(claim.untold, 120)}")]


def _secret_unreadable(trust: Trust) -> Finding:
    form = f'scheme "{trust.scheme}", secret_encoding "{trust.how.encoding}"'
    seen = "it is not: it cannot be decoded"
    return inconclusive("signature-secret-unreadable", f"a secret of the form of {form}", seen, next_step=_FORM_ADVICE)


def _mismatch(claim: Claim, trust: Trust) -> Finding:
    wanted = SCHEMES[trust.scheme].form
    seen = ", ".join(f"{quote(o.signature, 16)} ({len(o.signature)} characters)" for o in claim.offers[:3])
    if len(claim.offers) == 1 and any(_right(claim, part, trust) for part in _parts(claim.offers[0].signature)):
        return fail("signature-several", f"one signature: {wanted}", f"{seen}, one of several is right")
    if claim.encoding == "hex":
        if any(_right(claim, one.signature.lower(), trust) for one in claim.offers):
            return fail("signature-upper-case", wanted, f"upper-case hex: {seen}")
        if not any(_HEX.fullmatch(offer.signature) for offer in claim.offers):
            return fail("signature-malformed", wanted, f"no 64 lower-case hex digits: {seen}")
    return fail("signature-mismatch", wanted, f"another signature: {seen}", next_step=_ADVICE)


def _right(claim: Claim, text: str, trust: Trust) -> bool:
    written = replace(claim, offers=tuple(replace(offer, signature=text) for offer in claim.offers))
    return matching(trust.scheme, written, trust.secret, trust.how) is not None


def _parts(signature: str) -> list[str]:
    return [part.strip(" \t").rpartition("=")[2] for part in signature.split(",")] if "," in signature else []


def _explained(message: Message, trust: Trust, found: Finding) -> Finding:
    """``found``, or what would have been right, where anything is."""
    if found.rule in ("signature-upper-case", "signature-several"):
        return found
    header = trust.how.header or SCHEMES[trust.scheme].header
    values = message.headers.all(header)
    bare = [value[len(trust.how.prefix) :] for value in values if value.startswith(trust.how.prefix)]
    written = [value.strip(" \t") for value in values]
    right = matched(message, trust.scheme, trust.secret, [*bare, *written, *_unprefixed(written)])
    if not right:
        return found
    if found.rule == "signature-prefix" and right.startswith("HMAC-SHA256 of the raw body, in hex"):
        return found
    seen = f"{quote(values[0], 16)} ({len(values[0])} characters)" if values else f"no {header}"
    return fail("signature-scheme", found.expected, f"{seen}: the scheme that matched is {right}")


def _unprefixed(values: list[str]) -> list[str]:
    return [part for value in values for part in (value.partition("=")[2], value.rpartition(",")[2]) if part]


def _another(secret: str) -> str:
    """A secret of the same form that is another one, also where capitals mean nothing."""
    middle = len(secret) // 2
    letter = "B" if secret[middle : middle + 1].upper() == "A" else "A"
    return f"{secret[:middle]}{letter}{secret[middle + 1 :]}"
