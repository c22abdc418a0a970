"""How messages are signed, the service's own and those that it receives, and which keys mean nothing for a scheme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from prodverify.target.section import Section
from prodverify.target.wording import Complaint, Place, came


class Signature(Section):
    """What a sender chose: a scheme, and what that leaves to it."""

    scheme: Literal["hex", "github", "stripe", "slack", "shopify", "twilio", "standard-webhooks", "rfc9421"] = Field(
        "hex", description="signature scheme; hex: HMAC-SHA256 of the raw body, the others: as that sender signs"
    )
    header: str = Field(
        "", description="header that carries the signature; absent: the scheme's own, X-Signature for hex"
    )
    prefix: str = Field("sha256=", description='text before the signature in that header, with scheme "hex"')
    signed: str = Field(
        "{body}", description='what is signed, with scheme "hex": text with {timestamp}, {url} and {body}'
    )
    timestamp_header: str = Field("", description="header that carries that timestamp, in whole seconds since 1970")
    secret_encoding: Literal["text", "hex", "base64"] = Field(
        "text", description="how the secret writes the key; text: its own characters, or as the scheme says (whsec_)"
    )


def complaints(signature: Signature, place: Place) -> Iterator[Complaint]:
    """What cannot be meant in the keys of a signature, wherever they stand."""
    for key in ("prefix", "signed", "timestamp_header"):
        if signature.scheme != "hex" and key in signature.model_fields_set:
            text = f'means nothing for scheme "{signature.scheme}", which says its own; remove it'
            yield Complaint((*place, key), text)
    if "{body}" not in signature.signed:
        yield Complaint((*place, "signed"), 'expected a text that holds {body}, as "{timestamp}.{body}"')
    if ("{timestamp}" in signature.signed) != bool(signature.timestamp_header):
        text = "expected both or neither: {timestamp} in signed, and the header that carries it"
        yield Complaint((*place, "timestamp_header"), text)
    own = signature.header.lower()
    if signature.scheme == "standard-webhooks" and own and not own.endswith("signature"):
        text = f'expected a name that ends in signature, as "svix-signature", came {came(signature.header)}'
        yield Complaint((*place, "header"), text)
