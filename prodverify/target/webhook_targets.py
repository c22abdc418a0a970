"""What is promised about the addresses that a service delivers to: which of them it refuses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import JsonObject, Method, Path, Pointer, Section, Status

Kind = Literal[
    "loopback",
    "localhost",
    "loopback-ipv6",
    "mapped",
    "unspecified",
    "decimal",
    "hexadecimal",
    "short",
    "link-local",
    "link-local-ipv6",
    "metadata-name",
    "private-ten",
    "private-one-seven-two",
    "private-one-nine-two",
    "shared",
    "unique-local",
    "userinfo",
    "ftp",
    "file",
    "gopher",
    "port",
    "own-host",
]
"""Kinds of addresses that lead, or may lead, where a stranger has no business."""


class Registration(Section):
    """How an address is made known to the service, and forgotten again."""

    method: Method = Field("POST", description="HTTP method that registers")
    path: Path = Field(description="path that registers an address")
    role: str = Field(description="role that registers and removes")
    body: JsonObject = Field({}, description="JSON body to send, the address apart")
    address_at: str = Field(description="member of that body, or JSON Pointer into it, that carries the address")
    status: Status = Field(201, description="status of success")
    id_at: Pointer = Field("/id", description="JSON Pointer of the id in its answer, by which it is removed again")
    remove_method: Method = Field("DELETE", description="HTTP method that removes")
    remove_path: Path = Field(description="path that removes it; the id follows")


class TriedRegistration(Registration):
    """``[webhooks.targets.registration]``: how an address is stored without anything being delivered to it."""

    accepted: str = Field(description="address that is taken, so that a refusal proves something")


class Targets(Section):
    """``[webhooks.targets]``: addresses that the service does not deliver to."""

    refused: tuple[Kind, ...] = Field(min_length=1, description="kinds of addresses that are refused")
    at_creation: bool = Field(
        False, description="they are refused when they are named; false: taking one is a warning, delivering a failure"
    )
    registration: TriedRegistration | None = Field(
        None, description="where an address is stored and nothing delivered; absent: naming one is delivering to it"
    )
