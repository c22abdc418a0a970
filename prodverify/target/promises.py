"""What is promised about answers: limits, headers, errors, webhooks, audit, key revocation."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from prodverify.target.section import (
    JsonObject,
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


class Step(Section):
    """One request of a journey."""

    method: Method = Field("POST", description="HTTP method")
    path: Path = Field(description="path to ask")
    body: JsonObject = Field({}, description="JSON body to send; empty: none with GET, HEAD and OPTIONS")
    take: tuple[str, ...] = Field((), description="members of the answer that the next step's body carries")
    status: Status = Field(200, description="status of success")


class Journey(Section):
    """One of ``[[journeys]]``: requests that belong together; the last one is what it is about."""

    name: Name = Field(description="name of this journey in the evidence")
    steps: tuple[Step, ...] = Field(min_length=1, description="its requests, in order")


class RateLimit(Section):
    """``[rate_limit]``: how often one caller may ask, and what it is told when it asked too often."""

    requests: PositiveInt = Field(description="requests accepted in one window")
    window_seconds: PositiveFloat = Field(description="length of the window")
    window: Literal["clock", "first_request", "continuous", "unknown"] = Field(
        "unknown",
        description="where a window starts: at multiples of its length on the clock, at the first request, or refilled continuously",
    )
    scope: Literal["workspace", "key", "address"] = Field("key", description="what is counted apart")
    role: str = Field(description="role that burns its limit; nothing else of a run uses it")
    other_role: str | None = Field(None, description="role of another scope that must stay untouched")
    journey: Name = Field(description="journey whose last request is limited")
    headers: tuple[str, ...] = Field(("Retry-After",), description="headers that a refusal carries")
    accepted_headers: tuple[str, ...] = Field((), description="headers that an accepted answer carries too")
    statuses: tuple[Status, ...] = Field((429,), min_length=1, description="statuses that mean refused by the limiter")
    max_wait_seconds: PositiveFloat = Field(
        5.0, description="longest stated wait that the check waits out to see recovery"
    )


class HeaderException(Section):
    """A header rule that this target is excepted from."""

    rule: str = Field(description="name of the rule")
    reason: str = Field(min_length=10, description="why")


class Headers(Section):
    """``[headers]``: security headers on every kind of answer."""

    policy: Literal["baseline"] = Field("baseline", description="policy by name")
    redirect_path: Path | None = Field(None, description="path that answers with a redirect")
    exceptions: tuple[HeaderException, ...] = Field((), description="rules that do not apply here, with the reason")


class Tls(Section):
    """``[tls]``: transport."""

    terminated: bool = Field(False, description="plain HTTP here is judged as behind a TLS terminator")


REFUSALS = ("unauthenticated", "forbidden", "missing", "method", "malformed", "limited")
"""Kinds of refusal that endpoints and limits offer, whatever they are called."""


class ErrorException(Section):
    """A kind of refusal that has another shape than the one declared."""

    refusal: Name = Field(
        description="kind of refusal: unauthenticated, forbidden, missing, method, malformed, limited, "
        'or the name of an endpoint with profile "error"'
    )
    reason: str = Field(min_length=10, description="why")


class Errors(Section):
    """``[errors]``: the one shape in which the service says no."""

    media_type: str = Field("application/problem+json", description="media type of every error body")
    members: tuple[str, ...] = Field(("type", "title", "status"), description="members that every error body has")
    request_id_header: str = Field("", description="response header that identifies the request, on errors too")
    missing_path: Path | None = Field(
        None, description="path that nothing is at; absent: a made-up one beside the first endpoint that is read"
    )
    exceptions: tuple[ErrorException, ...] = Field((), description="refusals that have another shape, with the reason")

    @property
    def is_json(self) -> bool:
        """Whether error bodies are JSON, which alone has members."""
        return bool(re.fullmatch(r".+[/+]json", self.media_type.split(";")[0].strip().lower()))

    @property
    def is_problem(self) -> bool:
        """Whether error bodies are problem details, whose members mean what RFC 9457 says."""
        named = self.media_type.split(";")[0].strip().lower() == "application/problem+json"
        return named or {"type", "title", "status"} <= set(self.members)


class Webhook(Section):
    """One of ``[[webhooks]]``: a signed delivery that we trigger and receive."""

    name: Name = Field(description="name of this webhook in the evidence")
    scheme: Literal["hex"] = Field("hex", description="signature scheme: hex HMAC-SHA256 of the raw body")
    header: str = Field("X-Signature", description="header that carries the signature")
    prefix: str = Field("sha256=", description="text before the signature in that header")
    secret: SecretName = Field(description="name of the secret that signs")
    role: str = Field(description="role that triggers the delivery")
    journey: Name = Field(description="journey that causes one delivery")
    deliver_to: str = Field(
        description="member of the body of the journey's last step that carries our receiver's address"
    )
    listen: str = Field("127.0.0.1:0", description="address and port that our receiver listens on")
    public_url: str = Field("", description="address under which the service reaches our receiver, where it differs")
    request_id_header: str = Field(
        "X-Request-ID", description="header of the delivery that identifies the request that caused it"
    )
    within_seconds: PositiveFloat = Field(10.0, description="patience for the delivery")


class Audit(Section):
    """``[audit]``: the log of who did what."""

    path: Path = Field(description="path of the log")
    role: str = Field(description="role that may read it")
    refused: tuple[str, ...] = Field((), description="roles that may not")
    entries_at: Pointer = Field("/logs", description="JSON Pointer of the list of entries")
    filters: dict[str, str] = Field(
        {}, description="query parameter, named like the member of an entry that it filters, and a value"
    )


class Revocation(Section):
    """``[revocation]``: a key is made, used, revoked, and refused from then on."""

    role: str = Field(description="role that makes and revokes keys")
    create: Step = Field(description="request that makes a key")
    key_at: Pointer = Field(description="JSON Pointer of the new key in the answer")
    id_at: Pointer = Field(description="JSON Pointer of the new key's id in the answer")
    name_member: str = Field(
        "", description="member of the body that carries a name of our making, so that the run is recognised"
    )
    revoke_method: Method = Field("DELETE", description="method that revokes")
    revoke_path: Path = Field(description="path that revokes; the id is appended to it")
    probe: Name = Field(description="endpoint that the new key may read")
    header: str = Field(
        "X-API-Key", description="header that carries the key; Authorization sends it as a bearer token"
    )
    refused_within_seconds: PositiveFloat = Field(5.0, description="promised time until the revoked key is refused")
