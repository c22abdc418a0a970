"""What is promised about answers: limits, headers, errors, audit, key revocation."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from prodverify.target import policies
from prodverify.target.policies import Policy, PolicyName
from prodverify.target.refused_bodies import BODY_REFUSALS, RefusedBodies
from prodverify.target.section import (
    JsonObject,
    Method,
    Name,
    Path,
    Pointer,
    PositiveFloat,
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


class HeaderException(Section):
    """A header rule that this target is excepted from."""

    rule: str = Field(description="name of a rule of the policy, or of one of its findings")
    reason: str = Field(min_length=10, description="why")


class Headers(Section):
    """``[headers]``: security headers on every kind of answer."""

    policy: PolicyName = Field("baseline", description="policy by name")
    on_all_answers: bool = Field(
        False, description="what the policy asks of pages is on all answers: data, errors and redirects too"
    )
    redirect_path: Path | None = Field(None, description="path that answers with a redirect")
    exceptions: tuple[HeaderException, ...] = Field((), description="rules that do not apply here, with the reason")

    @property
    def asked(self) -> Policy:
        """The policy, with the weights that this promise gives it."""
        return policies.named(self.policy, on_all_answers=self.on_all_answers)


REFUSALS = ("unauthenticated", "forbidden", "missing", "method", "malformed", *BODY_REFUSALS, "limited")
"""Kinds of refusal that endpoints and limits offer, whatever they are called."""


class ErrorException(Section):
    """A kind of refusal that has another shape than the one declared."""

    refusal: Name = Field(
        description="kind of refusal: unauthenticated, forbidden, missing, method, malformed, too-large, unsupported, "
        'unprocessable, limited, or the name of an endpoint with profile "error"'
    )
    reason: str = Field(min_length=10, description="why")


class Errors(Section):
    """``[errors]``: the one shape in which the service says no."""

    media_type: str = Field("application/problem+json", description="media type of every error body")
    members: tuple[str, ...] = Field(("type", "title", "status"), description="members that every error body has")
    request_id_header: str = Field("", description="response header that identifies the request, on errors too")
    request_id_inbound: Literal["echo", "replace"] | None = Field(
        None,
        description="what becomes of a request id that the caller sends in that header: it comes back, or a new one",
    )
    missing_path: Path | None = Field(
        None, description="path that nothing is at; absent: a made-up one beside the first endpoint that is read"
    )
    bodies: RefusedBodies | None = Field(None, description="bodies that are refused")
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
