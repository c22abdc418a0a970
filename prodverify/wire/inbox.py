"""
Deliveries that arrived at one address of our receiver: files in the run's folder, readable by every worker.

An inbox answers 200, or whatever its script says.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from prodverify.wire.exchange import HeaderList

MOST_DELIVERIES = 200
"""Deliveries that one inbox keeps; a service that repeats itself does not fill our disk."""

MOST_REFUSALS = 20
"""Reasons for refusing a request that are kept; whoever knocks often does not fill our disk either."""

_TOKEN = re.compile(r"[0-9a-f]{32}")
_SCRIPT = "script"
_HUNG_UP = ".hung-up"


@dataclass(frozen=True, slots=True)
class Reply:
    """
    How one delivery is answered: after a delay in seconds, with a status, and where a redirect would lead.

    ``body`` is JSON; empty: an empty object. ``retry_after_seconds`` is said in Retry-After, unless it is 0.
    """

    status: int = 200
    location: str = ""
    delay_seconds: float = 0.0
    body: str = ""
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """
    The answers of an inbox, in order; the last one for ever.

    The first is repeated for ``first_for_seconds`` after the first delivery, however many come. ``apart_by`` is a
    header whose values have the answers each for itself, where deliveries come that nobody asked for.
    """

    replies: tuple[Reply, ...] = (Reply(),)
    first_for_seconds: float = 0.0
    apart_by: str = ""

    @property
    def says_gone(self) -> bool:
        """Whether a sender that hears it comes no more, whatever it came with."""
        return any(reply.status == 410 for reply in self.replies)


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One request that our receiver got: ``received_at`` in seconds since the epoch, the header lines as they came, and
    the raw bytes of the body, which is what a signature is computed over. ``hung_up_at`` is when its sender closed the
    connection before it was answered; None where it waited for the answer.
    """

    received_at: float
    method: str
    target: str
    headers: HeaderList
    body: bytes
    hung_up_at: float | None = None


@dataclass(frozen=True, slots=True)
class Inbox:
    """One address of the receiver. ``url`` is what the service is told; nobody guesses its last part."""

    url: str
    folder: Path

    @classmethod
    def new(cls, receiver_url: str, run_folder: Path, script: Script | None = None) -> Inbox:
        """A new inbox at ``receiver_url``, the ``url`` of a receiver; any process of the run makes one."""
        token = secrets.token_hex(16)
        folder = _folder(run_folder, token)
        folder.mkdir(mode=0o700, parents=True)
        inbox = cls(f"{receiver_url.rstrip('/')}/{token}", folder)
        if script is not None:
            inbox.follow(script)
        return inbox

    def follow(self, script: Script) -> None:
        """Answers as ``script`` says from now on."""
        unfinished = self.folder / f"{_SCRIPT}.part"
        unfinished.write_text(json.dumps(asdict(script)))
        unfinished.rename(self.folder / _SCRIPT)

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


def put(folder: Path, delivery: Delivery) -> Path | None:
    """Keeps a delivery, whole or not at all; None where the inbox is full."""
    if len(list(folder.glob("*.json"))) >= MOST_DELIVERIES:
        return None
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
    return unfinished.rename(folder / f"{name}.json")


def refuse(run_folder: Path, moment: float, why: str) -> None:
    """Keeps why a request was refused before it was a delivery."""
    folder = run_folder / "refused"
    folder.mkdir(mode=0o700, exist_ok=True)
    if len(list(folder.iterdir())) < MOST_REFUSALS:
        (folder / f"{moment:020.6f}-{secrets.token_hex(4)}").write_text(why, encoding="utf-8")


def refused(run_folder: Path, since: float) -> tuple[str, ...]:
    """Why requests were refused since that moment, whoever sent them and whatever inbox they meant."""
    found = sorted((run_folder / "refused").glob("*"))
    return tuple(path.read_text(encoding="utf-8") for path in found if _arrived_at(path) >= since)


def reply_to(kept: Path) -> Reply:
    """How the delivery that was kept as ``kept`` is answered."""
    script = kept.parent / _SCRIPT
    if not script.exists():
        return Reply()
    values = json.loads(script.read_text())
    replies = [Reply(**reply) for reply in values["replies"]]
    arrived = sorted(kept.parent.glob("*.json"))
    if header := values["apart_by"]:
        mark = _read(kept).headers.first(header)
        arrived = [one for one in arrived if _read(one).headers.first(header) == mark]
    if _arrived_at(kept) - _arrived_at(arrived[0]) < values["first_for_seconds"]:
        return replies[0]
    return replies[min(arrived.index(kept), len(replies) - 1)]


def hung_up(kept: Path, moment: float) -> None:
    """Notes that the sender of a delivery closed the connection before it was answered."""
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(repr(moment))
    unfinished.rename(kept.with_suffix(_HUNG_UP))


def _arrived_at(kept: Path) -> float:
    return float(kept.name.partition("-")[0])


def _folder(run_folder: Path, token: str) -> Path:
    return run_folder / "deliveries" / token


def _deliveries(folder: Path) -> tuple[Delivery, ...]:
    return tuple(_read(path) for path in sorted(folder.glob("*.json")))


def _read(path: Path) -> Delivery:
    values = json.loads(path.read_text())
    hung_up = path.with_suffix(_HUNG_UP)
    return Delivery(
        received_at=values["received_at"],
        method=values["method"],
        target=values["target"],
        headers=HeaderList((name, value) for name, value in values["headers"]),
        body=base64.b64decode(values["body"]),
        hung_up_at=float(hung_up.read_text()) if hung_up.exists() else None,
    )
