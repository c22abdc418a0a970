"""Rules about webhooks: keys that mean nothing for their scheme, or not beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodverify.target.model import Promises
from prodverify.target.webhooks import Webhook
from prodverify.target.wording import Complaint, Place, came

POINTER = re.compile(r"(/([^/~]|~[01])*)+")
SEVERAL = frozenset({"stripe", "standard-webhooks", "rfc9421"})
"""Schemes whose header has room for a signature by each of several secrets."""
_UNTOLD = "is missing; it names our receiver's address, or deliveries are read from a log: [webhooks.pull]"


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What cannot be meant in ``[[webhooks]]``."""
    for webhook in promises.webhooks:
        place: Place = ("webhooks", webhook.name)
        if not webhook.deliver_to and webhook.pull is None:
            yield Complaint((*place, "deliver_to"), _UNTOLD)
        elif webhook.deliver_to.startswith("/"):
            yield from _pointed(webhook, promises)
        yield from _signing(webhook, place)
        yield from _apart(webhook, place)


def _pointed(webhook: Webhook, promises: Promises) -> Iterator[Complaint]:
    """A pointer leads through objects of the body that are there, or that it makes itself."""
    place: Place = ("webhooks", webhook.name, "deliver_to")
    journey = next((journey for journey in promises.journeys if journey.name == webhook.journey), None)
    if not POINTER.fullmatch(webhook.deliver_to):
        yield Complaint(
            place, f"expected a member's name or a JSON Pointer (RFC 6901), came {came(webhook.deliver_to)}"
        )
    elif journey:
        inner: Any = journey.steps[-1].body
        for name in webhook.deliver_to.split("/")[1:-1]:
            inner = inner.get(name.replace("~1", "/").replace("~0", "~"), {})
            if not isinstance(inner, dict):
                yield Complaint(place, f"leads through {came(name)}, which is no object in the body of that step")
                return


def _signing(webhook: Webhook, place: Place) -> Iterator[Complaint]:
    for key in ("prefix", "signed", "timestamp_header"):
        if webhook.scheme != "hex" and key in webhook.model_fields_set:
            text = f'means nothing for scheme "{webhook.scheme}", which says its own; remove it'
            yield Complaint((*place, key), text)
    if "{body}" not in webhook.signed:
        yield Complaint((*place, "signed"), 'expected a text that holds {body}, as "{timestamp}.{body}"')
    if ("{timestamp}" in webhook.signed) != bool(webhook.timestamp_header):
        text = "expected both or neither: {timestamp} in signed, and the header that carries it"
        yield Complaint((*place, "timestamp_header"), text)
    own = webhook.header.lower()
    if webhook.scheme == "standard-webhooks" and own and not own.endswith("signature"):
        text = f'expected a name that ends in signature, as "svix-signature", came {came(webhook.header)}'
        yield Complaint((*place, "header"), text)
    if webhook.previous_secret and webhook.rotation == "both" and webhook.scheme not in SEVERAL:
        text = f'expected "either": a signature of scheme "{webhook.scheme}" is by one secret alone'
        yield Complaint((*place, "rotation"), text)
    if webhook.previous_secret == webhook.secret:
        yield Complaint((*place, "previous_secret"), "expected another secret than the one that signs")


def _apart(webhook: Webhook, place: Place) -> Iterator[Complaint]:
    if webhook.other_role == webhook.role:
        yield Complaint((*place, "other_role"), "expected a role of another workspace than role's")
    if webhook.other_secret and not webhook.other_role:
        yield Complaint((*place, "other_role"), "is missing; other_secret signs what that role triggers")
    if webhook.other_secret == webhook.secret:
        yield Complaint((*place, "other_secret"), "expected another secret than the one that signs")
