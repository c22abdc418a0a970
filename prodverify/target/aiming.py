"""Rules about addresses that are registered, ours and those of ``[webhooks.targets]``: where, and how they are removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodverify.target.addresses import wrong_path, wrong_url
from prodverify.target.delivering import misplaced
from prodverify.target.webhook_targets import Registration, Targets, TriedRegistration
from prodverify.target.wording import Complaint, Place, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What cannot be meant, references by name apart."""
    for webhook in promises.webhooks:
        targets, place = webhook.targets, ("webhooks", webhook.name, "targets")
        if webhook.registration:
            yield from _registration(webhook.registration, ("webhooks", webhook.name, "registration"))
        if targets is None:
            continue
        yield from _repeated(targets, place)
        if targets.registration:
            yield from _registration(targets.registration, (*place, "registration"))
        elif webhook.registration:
            text = "is missing; naming an address is registering it here: say how, and which one is accepted"
            yield Complaint((*place, "registration"), text)
        elif webhook.pull:
            text = "is missing; deliveries are read from a log here, so that no address that is delivered to is ours"
            yield Complaint((*place, "registration"), text)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of these sections that names a role, and the name."""
    for webhook in promises.webhooks:
        if webhook.targets and webhook.targets.registration:
            yield ("webhooks", webhook.name, "targets", "registration", "role"), webhook.targets.registration.role
        if webhook.registration:
            yield ("webhooks", webhook.name, "registration", "role"), webhook.registration.role


def _repeated(targets: Targets, place: Place) -> Iterator[Complaint]:
    for number, kind in enumerate(targets.refused):
        if kind in targets.refused[:number]:
            yield Complaint((*place, "refused", number), f"names {came(kind)} a second time")


def _registration(how: Registration, place: Place) -> Iterator[Complaint]:
    for key, path in (("path", how.path), ("remove_path", how.remove_path)):
        if wrong := wrong_path(path):
            yield Complaint((*place, key), wrong)
    if not how.remove_path.endswith("/"):
        text = f"expected a path that ends in /, which the id follows, came {came(how.remove_path)}"
        yield Complaint((*place, "remove_path"), text)
    for key, method in (("method", how.method), ("remove_method", how.remove_method)):
        if method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            yield Complaint((*place, key), f"expected a method that writes, came {came(method)}")
    if isinstance(how, TriedRegistration) and (wrong := wrong_url(how.accepted, origin_only=False)):
        yield Complaint((*place, "accepted"), wrong)
    if not how.address_at:
        yield Complaint((*place, "address_at"), "expected a member's name or a JSON Pointer (RFC 6901)")
    for key in ("address_at", "secret_at"):
        if (pointer := getattr(how, key, "")).startswith("/"):
            yield from misplaced(pointer, how.body, (*place, key), "body")
