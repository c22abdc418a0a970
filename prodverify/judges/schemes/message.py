"""What is signed and what a signature claims; shared by every scheme. Pure data."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from prodverify.record.findings import Finding
from prodverify.wire.exchange import HeaderList

Lines = list[tuple[str, str]]
"""Header lines."""

_NO_LINES = HeaderList()


@dataclass(frozen=True, slots=True)
class Message:
    """One request that is signed: raw body, header lines as they came, and the absolute address that was asked."""

    body: bytes
    headers: HeaderList = _NO_LINES
    url: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Spelling:
    """
    What a sender chooses within its scheme: ``header`` carries the signature, ``prefix`` stands before it, and the
    secret is the key's own ``text``, or writes it in hex or base64. ``signed`` is what a scheme without a form of its
    own signs: text with ``{timestamp}``, which stands in ``timestamp_header``, ``{url}`` and ``{body}``.
    """

    header: str = ""
    prefix: str = "sha256="
    encoding: Literal["text", "hex", "base64"] = "text"
    signed: str = "{body}"
    timestamp_header: str = ""


@dataclass(frozen=True, slots=True)
class Signing:
    """
    What a sender signs with beside the message: keys, the moment in seconds since the epoch, and an id: of the delivery
    with Standard Webhooks, of the key with RFC 9421.
    """

    keys: Sequence[bytes]
    moment: float
    identifier: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One signature as it was sent, the bytes it is over, and what is wrong even where it is right."""

    signature: str
    signed: bytes
    flaws: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of itself. ``stamp`` and ``expires`` are signed, in seconds since the epoch."""

    offers: tuple[Offer, ...]
    encoding: Literal["hex", "base64"] = "hex"
    algorithm: Literal["sha256", "sha1"] = "sha256"
    stamp: float | None = None
    expires: float | None = None
    identifier: str = ""
    untold: tuple[str, ...] = ()
    """Signatures of versions and algorithms that a shared secret cannot verify."""


class Unreadable(ValueError):  # noqa: N818 - it is the message's fault, not the program's
    """The message does not claim to be signed in this scheme; ``finding`` says how."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def text_key(secret: str) -> bytes:
    """The key that most schemes take: the secret's own characters."""
    return secret.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Scheme:
    """
    One scheme. ``form`` is what a right signature looks like, in words.

    ``read`` gives what a message claims and raises Unreadable; ``write`` the header lines that a sender adds, which
    signs with every key where the scheme has room for ``several``. ``key`` raises ValueError for a secret of
    another form. ``timed`` schemes sign a timestamp; ``id_header`` names the delivery where the scheme says so.
    """

    name: str
    header: str
    form: str
    read: Callable[[Message, Spelling], Claim]
    write: Callable[[Message, Signing, Spelling], Lines]
    key: Callable[[str], bytes] = text_key
    timed: bool = False
    several: bool = False
    id_header: str = ""


def mac(key: bytes, signed: bytes, encoding: str = "hex", algorithm: str = "sha256") -> str:
    """The signature of ``signed``, in the encoding's text."""
    digest = hmac.digest(key, signed, algorithm)
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode("ascii")


def same(one: str, other: str) -> bool:
    """Compares in constant time; text that is not ASCII is compared by its bytes."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
