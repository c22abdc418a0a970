"""Every scheme by the name that a target file gives it; signing and verifying by it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from prodverify.judges.schemes.http_message import RFC9421
from prodverify.judges.schemes.message import Claim, Lines, Message, Offer, Scheme, Signing, Spelling, mac, same
from prodverify.judges.schemes.plain import GITHUB, HEX, SHOPIFY
from prodverify.judges.schemes.standard_webhooks import STANDARD_WEBHOOKS
from prodverify.judges.schemes.timed import SLACK, STRIPE
from prodverify.judges.schemes.twilio import TWILIO

_ALL = (HEX, GITHUB, STRIPE, SLACK, SHOPIFY, TWILIO, STANDARD_WEBHOOKS, RFC9421)
SCHEMES: Mapping[str, Scheme] = MappingProxyType({scheme.name: scheme for scheme in _ALL})

USUAL = Spelling()


def sign(
    scheme: str,
    message: Message,
    secrets: Sequence[str],
    *,
    moment: float = 0.0,
    identifier: str = "",
    how: Spelling = USUAL,
) -> Lines:
    """
    The header lines that a sender adds to ``message``, signed with every secret where the scheme has room for several.

    ``moment`` is in seconds since the epoch. Raises ValueError where a secret has not the form that is said.
    """
    keys = [key_of(scheme, secret, how) for secret in secrets]
    return SCHEMES[scheme].write(message, Signing(keys, moment, identifier), how)


def read(scheme: str, message: Message, how: Spelling = USUAL) -> Claim:
    """What ``message`` claims. Raises Unreadable where it does not claim to be signed in this scheme."""
    return SCHEMES[scheme].read(message, how)


def matching(scheme: str, claim: Claim, secret: str, how: Spelling = USUAL) -> Offer | None:
    """
    The signature of the claim that the secret made; of several the one with fewest flaws, and None where there is none.

    Raises ValueError where the secret has not the form that is said.
    """
    key = key_of(scheme, secret, how)
    right = [o for o in claim.offers if same(o.signature, mac(key, o.signed, claim.encoding, claim.algorithm))]
    return min(right, key=lambda offer: len(offer.flaws), default=None)


def timed(scheme: str, how: Spelling = USUAL) -> bool:
    """Whether a timestamp is signed."""
    return SCHEMES[scheme].timed or bool(how.timestamp_header)


def key_of(scheme: str, secret: str, how: Spelling = USUAL) -> bytes:
    """The key that a secret writes. Raises ValueError where it has not the form that is said."""
    if how.encoding == "hex":
        return bytes.fromhex(secret)
    if how.encoding == "base64":
        return base64.b64decode(secret, validate=True)
    return SCHEMES[scheme].key(secret)
