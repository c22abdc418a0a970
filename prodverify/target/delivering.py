"""Rules about webhooks: keys that mean nothing for their scheme, or not beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodverify.target import signatures
from prodverify.target.model import Promises
from prodverify.target.section import JsonObject
from prodverify.target.webhooks import OurRegistration, Webhook
from prodverify.target.wording import Complaint, Place, came

POINTER = re.compile(r"(/([^/~]|~[01])*)+")
SEVERAL = frozenset({"stripe", "standard-webhooks", "rfc9421"})
"""Schemes whose header has room for a signature by each of several secrets."""
WITH_ID = frozenset({"github", "shopify", "standard-webhooks"})
"""Schemes that say which header names a delivery."""
_UNTOLD = (
    "is missing; it names our receiver's address, unless that is registered: [webhooks.registration], or deliveries "
    "are read from a log: [webhooks.pull]"
)
_DIFFERS = "expected another secret than the one that signs"


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What cannot be meant in ``[[webhooks]]``."""
    for webhook in promises.webhooks:
        place: Place = ("webhooks", webhook.name)
        if webhook.registration:
            yield from _registered(webhook, webhook.registration, place)
        elif not webhook.secret:
            yield Complaint((*place, "secret"), "is missing; expected the name of the secret that signs")
        if webhook.deliver_to and webhook.registration:
            text = "forbidden beside registration: both name our receiver's address; remove one of the two"
            yield Complaint((*place, "deliver_to"), text)
        elif not webhook.deliver_to and not webhook.registration and webhook.pull is None:
            yield Complaint((*place, "deliver_to"), _UNTOLD)
        elif webhook.deliver_to.startswith("/"):
            yield from _pointed(webhook, promises)
        yield from _signing(webhook, place)
        yield from _apart(webhook, place)
        if webhook.retry_after_seconds and not webhook.retries_within_seconds:
            text = "is missing; retry_after_seconds is about what is tried again"
            yield Complaint((*place, "retries_within_seconds"), text)


def _pointed(webhook: Webhook, promises: Promises) -> Iterator[Complaint]:
    journey = next((journey for journey in promises.journeys if journey.name == webhook.journey), None)
    body = journey.steps[-1].body if journey else {}
    yield from misplaced(webhook.deliver_to, body, ("webhooks", webhook.name, "deliver_to"), "the body of that step")


def misplaced(pointer: str, body: JsonObject, place: Place, where: str) -> Iterator[Complaint]:
    """A pointer leads through objects of ``body`` that are there, or that it makes itself."""
    if not POINTER.fullmatch(pointer):
        yield Complaint(place, f"expected a member's name or a JSON Pointer (RFC 6901), came {came(pointer)}")
        return
    inner: Any = body
    for name in pointer.split("/")[1:-1]:
        inner = inner.get(name.replace("~1", "/").replace("~0", "~"), {})
        if not isinstance(inner, dict):
            yield Complaint(place, f"leads through {came(name)}, which is no object in {where}")
            return


def _registered(webhook: Webhook, how: OurRegistration, place: Place) -> Iterator[Complaint]:
    """Whose secret signs, and how our deliveries are told from all that comes to an address that is registered."""
    if how.made_secret_at:
        for key in ("secret", "previous_secret", "other_secret"):
            if getattr(webhook, key) is not None:
                text = "means nothing beside made_secret_at, which says where the service tells the secret; remove it"
                yield Complaint((*place, key), text)
        if how.secret_at:
            text = "forbidden beside made_secret_at: the service or the target file makes the secret up, not both"
            yield Complaint((*place, "registration", "secret_at"), text)
    elif not webhook.secret:
        text = "is missing; it signs, unless the service makes one up: made_secret_at of [webhooks.registration]"
        yield Complaint((*place, "secret"), text)
    if webhook.pull and not webhook.public_url:
        text = "is missing; deliveries are read from a log, and it says which address is registered"
        yield Complaint((*place, "public_url"), text)
    if not webhook.request_id_header and not webhook.id_header and webhook.scheme not in WITH_ID:
        text = (
            "is missing; whatever happens in the workspace comes to an address that is registered, and this header "
            "tells what we caused: or id_header, the attempts of one delivery"
        )
        yield Complaint((*place, "request_id_header"), text)


def _signing(webhook: Webhook, place: Place) -> Iterator[Complaint]:
    yield from signatures.complaints(webhook, place)
    if webhook.previous_secret and webhook.rotation == "both" and webhook.scheme not in SEVERAL:
        text = f'expected "either": a signature of scheme "{webhook.scheme}" is by one secret alone'
        yield Complaint((*place, "rotation"), text)
    if webhook.previous_secret and webhook.previous_secret == webhook.secret:
        yield Complaint((*place, "previous_secret"), _DIFFERS)


def _apart(webhook: Webhook, place: Place) -> Iterator[Complaint]:
    if webhook.other_role == webhook.role:
        yield Complaint((*place, "other_role"), "expected a role of another workspace than role's")
    if webhook.other_secret and not webhook.other_role:
        yield Complaint((*place, "other_role"), "is missing; other_secret signs what that role triggers")
    if webhook.other_secret and webhook.other_secret == webhook.secret:
        yield Complaint((*place, "other_secret"), _DIFFERS)
