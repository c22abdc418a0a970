"""Rules about ``[[receivers]]``: keys that mean nothing for their scheme, or not without each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodverify.target import signatures
from prodverify.target.addresses import CREDENTIALS, FRAMING, OURS, VALUE, wrong_header, wrong_path, wrong_url
from prodverify.target.receivers import FRESH, Receiver
from prodverify.target.wording import Complaint, Place, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises

_NAMED = frozenset({"github", "shopify", "standard-webhooks"})
"""Schemes whose sender says which header carries the message's id."""


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What cannot be meant, references by name apart."""
    for receiver in promises.receivers:
        place: Place = ("receivers", receiver.name)
        yield from _signing(receiver, place)
        yield from _sent(receiver, place)
        yield from _told_apart(receiver, place)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names a role, and the name."""
    for receiver in promises.receivers:
        yield ("receivers", receiver.name, "role"), receiver.role
        if receiver.effect:
            yield ("receivers", receiver.name, "effect", "role"), receiver.effect.role


def secrets_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names a secret, and the name."""
    for receiver in promises.receivers:
        yield ("receivers", receiver.name, "secret"), receiver.secret


def names_its_messages(receiver: Receiver) -> bool:
    """Whether a message carries an id: in a header, or in its body."""
    return bool(receiver.id_header) or receiver.scheme in _NAMED or FRESH in receiver.body


def _signing(receiver: Receiver, place: Place) -> Iterator[Complaint]:
    yield from signatures.complaints(receiver, place)
    if receiver.key_id and receiver.scheme != "rfc9421":
        yield Complaint((*place, "key_id"), f'means nothing for scheme "{receiver.scheme}"; remove it')


def _sent(receiver: Receiver, place: Place) -> Iterator[Complaint]:
    if receiver.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        yield Complaint((*place, "method"), f"expected a method that has a body, came {came(receiver.method)}")
    if wrong := wrong_path(receiver.path):
        yield Complaint((*place, "path"), wrong)
    if receiver.effect and (wrong := wrong_path(receiver.effect.path.replace(FRESH, "0"))):
        yield Complaint((*place, "effect", "path"), wrong)
    if receiver.signed_url and (wrong := wrong_url(receiver.signed_url, origin_only=False)):
        yield Complaint((*place, "signed_url"), wrong)
    for key in ("header", "timestamp_header", "id_header"):
        if (name := getattr(receiver, key)) and (wrong := wrong_header(name)):
            yield Complaint((*place, key), wrong)
    if not VALUE.fullmatch(receiver.media_type):
        yield Complaint((*place, "media_type"), "expected visible ASCII characters, as application/json")
    for name, value in receiver.headers.items():
        if wrong := wrong_header(name):
            yield Complaint((*place, "headers"), wrong)
        elif name.lower() in CREDENTIALS:
            text = "carries a credential; declare a role, whose secret stands in no file"
            yield Complaint((*place, "headers", name), text)
        elif name.lower() in FRAMING | OURS | {"content-type"}:
            yield Complaint((*place, "headers", name), f"{name} is sent by itself; remove it")
        elif not VALUE.fullmatch(value):
            yield Complaint((*place, "headers", name), "expected visible ASCII characters, spaces only inside")


def _told_apart(receiver: Receiver, place: Place) -> Iterator[Complaint]:
    if receiver.deduplicates and not names_its_messages(receiver):
        text = "is missing; a message is told from its repeat by an id: in a header, or as {id} in body"
        yield Complaint((*place, "id_header"), text)
    if receiver.effect and FRESH in receiver.effect.path and not names_its_messages(receiver):
        text = "holds {id}, and no message has an id: name id_header, or write {id} in body"
        yield Complaint((*place, "effect", "path"), text)
    both = sorted(set(receiver.accepted_statuses) & set(receiver.refused_statuses))
    if both:
        yield Complaint(
            (*place, "refused_statuses"), f"expected statuses of refusal alone; {both[0]} is one of acceptance"
        )
    for key in ("accepted_statuses", "refused_statuses"):
        for number, status in enumerate(getattr(receiver, key)):
            least, most, what = (200, 299, "success") if key == "accepted_statuses" else (300, 499, "refusal")
            if not least <= status <= most:
                yield Complaint((*place, key, number), f"expected a status of {what}, {least} to {most}, came {status}")
