"""
Standard Webhooks, and Svix under its own header names.

https://www.standardwebhooks.com/: ``webhook-signature`` holds ``v1,<base64>`` for every secret of a rotation, separated
by spaces, over id, timestamp and raw body joined by dots. v1a is asymmetric: it is told, not verified.
"""

from __future__ import annotations

import base64

from prodverify.judges.schemes.message import Claim, Lines, Message, Offer, Scheme, Signing, Spelling, Unreadable, mac
from prodverify.judges.schemes.reading import malformed, named, octets, only_line, seconds
from prodverify.record.findings import inconclusive

_FORM = "v1,<44 characters of base64>, the HMAC-SHA256 of id, timestamp and raw body joined by dots"
_PREFIX = "whsec_"


def _read(message: Message, how: Spelling) -> Claim:
    header = how.header or STANDARD_WEBHOOKS.header
    family = header[: -len("signature")] if header.lower().endswith("signature") else "webhook-"
    value = only_line(message, header, _FORM)
    parts = [part.partition(",")[::2] for part in value.split(" ") if part]
    signatures = [text for version, text in parts if version == "v1"]
    others = tuple(sorted({version for version, text in parts if version != "v1" and text}))
    if not signatures:
        if "v1a" in others:
            step = "verify with the sender's public key, or have it sign with v1 too"
            raise Unreadable(inconclusive("signature-asymmetric", f"{header}: {_FORM}", "v1a alone", next_step=step))
        raise malformed(header, _FORM, value)
    identifier = named(message, f"{family}id")
    text = message.headers.first(f"{family}timestamp").strip(" \t")
    stamp = seconds(text, f"{family}timestamp")
    signed = octets(identifier) + b"." + octets(text) + b"." + message.body
    offers = tuple(Offer(one, signed) for one in signatures)
    return Claim(offers, "base64", stamp=stamp, identifier=identifier, untold=others)


def _write(message: Message, by: Signing, how: Spelling) -> Lines:
    header = how.header or STANDARD_WEBHOOKS.header
    family = header[: -len("signature")] if header.lower().endswith("signature") else "webhook-"
    stamp = str(int(by.moment))
    signed = f"{by.identifier}.{stamp}.".encode() + message.body
    signatures = " ".join(f"v1,{mac(key, signed, 'base64')}" for key in by.keys)
    return [(f"{family}id", by.identifier), (f"{family}timestamp", stamp), (header, signatures)]


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)


STANDARD_WEBHOOKS = Scheme(
    "standard-webhooks",
    "webhook-signature",
    _FORM,
    _read,
    _write,
    key=_key,
    timed=True,
    several=True,
    id_header="webhook-id",
)
