"""One request as it is about to be sent: built once, checked once, pure data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from prodverify.target.addresses import CREDENTIALS
from prodverify.target.section import ANONYMOUS
from prodverify.wire.address import Address
from prodverify.wire.unjudged import Refused

Text = str | bytes
Line = tuple[bytes, bytes]

# RFC 9110 section 5.6.2
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
# What h11 accepts as a field value: no control characters, no blank at either end.
_VALUE = re.compile(rb"|[^\x00-\x20\x7f](?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?")


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """
    A request. ``target`` and ``lines`` (header lines without Host and Content-Length) go out byte for byte.

    ``writes`` says that the check declared it; ``own`` marks a request of the suite itself, such as a log-in, that
    needs no permit. ``fresh`` asks for a connection that was not used before. ``paced`` is false for a burst, which
    goes as fast as it can.
    """

    method: str
    address: Address
    target: bytes
    lines: tuple[Line, ...] = ()
    body: bytes = b""
    role: str = "anonymous"
    trace_id: str = ""
    writes: bool = False
    own: bool = False
    fresh: bool = False
    paced: bool = True
    attempt: int = 1
    redirects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises Refused where the bytes would make another request than the one that is checked."""
        if not _TOKEN.fullmatch(self.method.encode("utf-8")):
            raise _unsendable("a method is a token (RFC 9110 section 9.1)", "it holds other characters")
        if not self.target or b"\r" in self.target or b"\n" in self.target:
            raise _unsendable("a request target is one line of at least one byte", "it is empty or holds a line break")
        for name, value in self.lines:
            if not _TOKEN.fullmatch(name):
                raise _unsendable("a header's name is a token (RFC 9110 section 5.1)", f"{name[:40]!r} is none")
            if b"\r" in value or b"\n" in value:
                raise _unsendable("a header's value is one line", f"that of {name.decode()} holds a line break")

    def __repr__(self) -> str:
        return f"<{self.method} {self.place} as {self.role}>"

    @property
    def url(self) -> str:
        """The absolute address for a person."""
        target = self.target.decode("latin-1")
        return f"{self.address}{target}" if target.startswith("/") else f"{self.address} {target}"

    @property
    def place(self) -> str:
        """The address without its query, which may hold credentials."""
        return self.url.split("?")[0]

    @property
    def kind(self) -> tuple[str, str, bytes]:
        """Role, method and path: what questions have in common that differ in their query alone."""
        return (self.role, self.method, self.target.split(b"?")[0])

    @property
    def bare(self) -> bool:
        """Whether it carries neither credential nor body."""
        named = any(name.decode("ascii").lower() in CREDENTIALS for name, _ in self.lines)
        return self.role == ANONYMOUS and not named and not self.body

    @property
    def raw(self) -> bool:
        """Whether only a raw exchange sends it byte for byte: h11 refuses some of its bytes."""
        return not _VISIBLE.fullmatch(self.target) or not all(_VALUE.fullmatch(value) for _, value in self.lines)

    def again(self) -> Question:
        """The same for its next attempt, on a connection of its own."""
        return replace(self, attempt=self.attempt + 1, fresh=True)


def lines(*layers: Iterable[tuple[Text, Text]]) -> tuple[Line, ...]:
    """
    Header lines of several layers; a name in a later layer replaces that name in the earlier ones.

    Within a layer names may repeat. Text is sent as latin-1, or as UTF-8 where latin-1 has no such character.
    """
    merged: list[Line] = []
    for layer in layers:
        added = [(_bytes(name), _bytes(value)) for name, value in layer]
        replaced = {name.lower() for name, _ in added}
        merged = [line for line in merged if line[0].lower() not in replaced] + added
    return tuple(merged)


def has(among: Sequence[Line], name: bytes) -> bool:
    """Whether a line of that name, given in lower case, is there."""
    return any(key.lower() == name for key, _ in among)


def _bytes(text: Text) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _unsendable(expected: str, observed: str) -> Refused:
    return Refused("request-not-sendable", expected, observed, "Correct the request in the check or the target file.")
