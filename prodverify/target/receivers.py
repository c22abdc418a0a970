"""What is promised about messages that others send: who may send them, and what becomes of those that nobody signed."""

from __future__ import annotations

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
from prodverify.target.signatures import Signature

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


class Receiver(Signature):
    """One of ``[[receivers]]``: a path of the service that takes signed messages of somebody else."""

    name: Name = Field(description="name of this receiver in the evidence")
    method: Method = Field("POST", description="HTTP method")
    path: Path = Field(description="path that takes the messages")
    role: str = Field("anonymous", description="role that messages are sent as, where a signature is not enough")
    secret: SecretName = Field(description="name of the secret that signs")
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
