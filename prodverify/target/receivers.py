"""What is promised about messages that others send: who may send them, and what becomes of those that nobody signed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import (
    Method,
    Name,
    Path,
    Pointer,
    PositiveFloat,
    PositiveInt,
    SecretName,
    Section,
    Status,
)

FRESH = "{id}"
"""What stands for the id of one message, which is another one each time."""


class Effect(Section):
    """``[receivers.effect]``: where it shows how often a message was acted upon."""

    path: Path = Field(description="path that tells it; {id} stands for the id of our message")
    role: str = Field("anonymous", description="role that reads it")
    count_at: Pointer = Field("", description="JSON Pointer of a number, or of a list that is as long as the number")
    within_seconds: PositiveFloat = Field(2.0, description="promised time until an effect shows")

    @property
    def own(self) -> bool:
        """Whether what is counted belongs to one message alone."""
        return FRESH in self.path


class Receiver(Section):
    """One of ``[[receivers]]``: a path of the service that takes signed messages of somebody else."""

    name: Name = Field(description="name of this receiver in the evidence")
    method: Method = Field("POST", description="HTTP method")
    path: Path = Field(description="path that takes the messages")
    role: str = Field("anonymous", description="role that messages are sent as, where a signature is not enough")
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
    secret: SecretName = Field(description="name of the secret that signs")
    secret_encoding: Literal["text", "hex", "base64"] = Field(
        "text", description="how the secret writes the key; text: its own characters, or as the scheme says (whsec_)"
    )
    key_id: str = Field("", description='keyid by which the receiver finds the secret, with scheme "rfc9421"')
    signed_url: str = Field(
        "", description="address that senders sign, where it differs from base_url and path, as behind a proxy"
    )
    body: str = Field(
        min_length=1, description="a valid body that does no harm: it is acted upon; {id} stands for the message's id"
    )
    media_type: str = Field("application/json", description="media type of the body")
    headers: dict[str, str] = Field({}, description="further header lines of every message, by name")
    id_header: str = Field("", description="header that carries the message's id; absent: the scheme's own")
    accepted_statuses: tuple[Status, ...] = Field((), description="statuses of acceptance; absent: any 2xx")
    refused_statuses: tuple[Status, ...] = Field(
        (400, 401, 403), min_length=1, description="statuses of refusal; another 4xx is a warning"
    )
    tolerance_seconds: PositiveInt = Field(300, description="age that a signed timestamp may have")
    deduplicates: bool = Field(False, description="a message that comes a second time has no second effect")
    effect: Effect | None = Field(None, description="where it shows how often a message was acted upon")
