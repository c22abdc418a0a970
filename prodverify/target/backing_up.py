"""Rules of ``[backups.taking]`` that go beyond the type of one key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodverify.target.model import Promises
from prodverify.target.wording import Complaint

_PUBLIC_KEY = re.compile(r"age1[a-z0-9]|ssh-ed25519 |ssh-rsa ")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Everything in ``[backups.taking]`` that cannot be meant."""
    backups = promises.backups
    if backups is None or (taking := backups.taking) is None:
        return
    place = ("backups", "taking")
    for number, key in enumerate(taking.encrypt_to):
        if not _PUBLIC_KEY.match(key):  # what came is not told: somebody may have mistaken the secret key for it
            text = (
                "expected a public key: age1..., ssh-ed25519 ... or ssh-rsa ...; no secret key belongs into this file"
            )
            yield Complaint((*place, "encrypt_to", number), text)
    if taking.encrypt_to and taking.format == "directory":
        yield Complaint((*place, "encrypt_to"), "encrypts one file, not a folder; say another format, such as custom")
    if backups.encryption == "none" and taking.encrypt_to:
        yield Complaint((*place, "encrypt_to"), 'contradicts encryption = "none" in [backups]')
    if backups.encryption in ("age", "any") and not taking.encrypt_to:
        yield Complaint((*place, "encrypt_to"), f'is missing; [backups] promises encryption = "{backups.encryption}"')
    if backups.encryption == "gpg":
        yield Complaint(("backups", "encryption"), 'expected "age": what is taken by [backups.taking] is encrypted so')
    if backups.pattern:
        text = "names backups of another program; those of [backups.taking] have names of their own"
        yield Complaint(("backups", "pattern"), text)
