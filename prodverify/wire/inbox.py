"""Deliveries that arrived at one address of our receiver: files in the run's folder, readable by every worker."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from prodverify.wire.exchange import HeaderList

MOST_DELIVERIES = 200
"""Deliveries that one inbox keeps; a service that repeats itself does not fill our disk."""

_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One request that our receiver got: ``received_at`` in seconds since the epoch, the header lines as they came, and
    the raw bytes of the body, which is what a signature is computed over.
    """

    received_at: float
    method: str
    target: str
    headers: HeaderList
    body: bytes


@dataclass(frozen=True, slots=True)
class Inbox:
    """One address of the receiver. ``url`` is what the service is told; nobody guesses its last part."""

    url: str
    folder: Path

    @classmethod
    def new(cls, receiver_url: str, run_folder: Path) -> Inbox:
        """A new inbox at ``receiver_url``, the ``url`` of a receiver; any process of the run makes one."""
        token = secrets.token_hex(16)
        folder = _folder(run_folder, token)
        folder.mkdir(mode=0o700, parents=True)
        return cls(f"{receiver_url.rstrip('/')}/{token}", folder)

    @property
    def token(self) -> str:
        """The last part of the address."""
        return self.folder.name

    @classmethod
    def read(cls, run_folder: Path, token: str) -> tuple[Delivery, ...]:
        """Deliveries at the inbox of that token, in the order they came."""
        return _deliveries(_folder(run_folder, token))

    def deliveries(self) -> tuple[Delivery, ...]:
        """What arrived so far, in the order it came."""
        return _deliveries(self.folder)


def lookup(run_folder: Path, token: str) -> Path | None:
    """The folder of an inbox that exists; None for any other token."""
    if not _TOKEN.fullmatch(token):
        return None
    folder = _folder(run_folder, token)
    return folder if folder.is_dir() else None


def put(folder: Path, delivery: Delivery) -> bool:
    """Keeps a delivery, whole or not at all; false where the inbox is full."""
    if len(list(folder.glob("*.json"))) >= MOST_DELIVERIES:
        return False
    values = {
        "received_at": delivery.received_at,
        "method": delivery.method,
        "target": delivery.target,
        "headers": list(delivery.headers),
        "body": base64.b64encode(delivery.body).decode("ascii"),
    }
    name = f"{delivery.received_at:020.6f}-{secrets.token_hex(4)}"
    unfinished = folder / f"{name}.part"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(values, file)
    unfinished.rename(folder / f"{name}.json")
    return True


def _folder(run_folder: Path, token: str) -> Path:
    return run_folder / "deliveries" / token


def _deliveries(folder: Path) -> tuple[Delivery, ...]:
    return tuple(_read(path) for path in sorted(folder.glob("*.json")))


def _read(path: Path) -> Delivery:
    values = json.loads(path.read_text())
    return Delivery(
        received_at=values["received_at"],
        method=values["method"],
        target=values["target"],
        headers=HeaderList((name, value) for name, value in values["headers"]),
        body=base64.b64decode(values["body"]),
    )
