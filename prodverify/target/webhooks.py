"""What is promised about webhooks: how deliveries are signed, and what becomes of one that fails."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import MOST, Name, Pointer, PositiveFloat, PositiveInt, SecretName, Section
from prodverify.target.signatures import Signature
from prodverify.target.webhook_targets import Registration, Targets


class Pull(Section):
    """``[webhooks.pull]``: a delivery log or request bin that deliveries are read from, where nothing can reach us."""

    address: str = Field(description="path of the log, or absolute address of the bin; its host must be allowed")
    role: str = Field("anonymous", description="role that may read it")
    deliveries_at: Pointer = Field("", description="JSON Pointer of the list of deliveries; empty: the whole body")
    id_at: Pointer = Field("/id", description="JSON Pointer, in one delivery, of what tells it from the others")
    body_at: Pointer = Field("/body", description="JSON Pointer, in one delivery, of its raw body")
    body_encoding: Literal["text", "base64"] = Field("text", description="how the log writes the raw body")
    headers_at: Pointer = Field(
        "/headers",
        description="JSON Pointer, in one delivery, of its headers: an object, a list of pairs, or a list of name and value",
    )


class OurRegistration(Registration):
    """``[webhooks.registration]``: our receiver is registered before a delivery and removed after it; other_role by itself."""

    secret_at: str = Field(
        "", description="member of that body, or JSON Pointer into it, that carries the secret; absent: none is sent"
    )
    made_secret_at: Pointer = Field(
        "", description="JSON Pointer of the secret in its answer, where the service makes up one for each registration"
    )


class Webhook(Signature):
    """One of ``[[webhooks]]``: a signed delivery that we trigger and receive."""

    name: Name = Field(description="name of this webhook in the evidence")
    secret: SecretName | None = Field(None, description="name of the secret that signs")
    previous_secret: SecretName | None = Field(
        None, description="name of the secret before this one, while a rotation goes on"
    )
    rotation: Literal["both", "either"] = Field(
        "both", description="what a rotation promises: both secrets sign each delivery, or either"
    )
    role: str = Field(description="role that triggers the delivery")
    other_role: str | None = Field(
        None, description="role of another workspace, which triggers a delivery of its own to a receiver of its own"
    )
    other_secret: SecretName | None = Field(
        None, description="name of the secret that signs for that workspace's receiver and for no other"
    )
    journey: Name = Field(description="journey that causes one delivery")
    deliver_to: str = Field(
        "",
        description="member of the body of the journey's last step, or JSON Pointer into it, that carries our receiver's address",
    )
    registration: OurRegistration | None = Field(
        None, description="where our receiver is registered, where no request names it"
    )
    listen: str = Field("127.0.0.1:0", description="address and port that our receiver listens on")
    public_url: str = Field("", description="address under which the service reaches our receiver, where it differs")
    pull: Pull | None = Field(None, description="where deliveries are read from, where nothing can reach us")
    targets: Targets | None = Field(None, description="addresses that are not delivered to")
    request_id_header: str = Field("", description="header of the delivery that identifies the request that caused it")
    id_header: str = Field(
        "", description="header that names the delivery, the same on every attempt; absent: the scheme's own"
    )
    media_type: str = Field("", description="media type that every delivery has")
    max_body_kilobytes: PositiveInt | None = Field(None, description="size of the largest delivery, in KiB")
    within_seconds: PositiveFloat = Field(10.0, description="patience for the delivery")
    retries_within_seconds: PositiveFloat | None = Field(
        None, description="promised time until a delivery that was answered with 500 is tried again"
    )
    retry_after_seconds: int | None = Field(
        None,
        ge=2,
        le=MOST,
        description="Retry-After that a 429 and a 503 of ours ask for, longer than the usual wait: nothing comes before",
    )
    gives_up_within_seconds: PositiveFloat | None = Field(
        None, description="promised time until the sender gives up a receiver that does not answer"
    )
    refuses_redirects: bool = Field(False, description="a redirect is not followed, and counts as a failure")
    disables_on_410: bool = Field(False, description="after 410 that receiver gets no further attempt")
    delivers_once: bool = Field(False, description="what was answered with 200 is not delivered again")
    continues_trace: bool = Field(
        False,
        description="a delivery carries on the trace of the request that caused it, in its header line traceparent",
    )
    quiet_seconds: PositiveFloat = Field(
        5.0, description="time in which nothing more arrives, where nothing more is promised"
    )
    max_wait_seconds: PositiveFloat = Field(
        90.0, description="longest time that a check waits for what is promised above"
    )
