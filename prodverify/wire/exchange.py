"""One question and its answer as they went over the wire: pure data, safe to hand to a judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from prodverify.wire import sensitive


class HeaderList:
    """Header lines in order, with their case and repeats kept. Names compare without case."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self._lines = tuple(lines)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of ``name``, in order, each line apart."""
        wanted = name.lower()
        return tuple(value for key, value in self._lines if key.lower() == wanted)

    def first(self, name: str, default: str = "") -> str:
        """The first value of ``name``, or ``default``."""
        return next(iter(self.all(name)), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderList) and self._lines == other._lines

    def __hash__(self) -> int:
        return hash(self._lines)

    def __repr__(self) -> str:
        """The lines as a failing assert shows them, credentials left out."""
        return f"HeaderList({[(key, sensitive.header_value(key, value)) for key, value in self._lines]!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """
    One request and its response.

    ``target`` is the request target byte for byte as sent, ``url`` the absolute address for a person. Header values
    are decoded as latin-1. ``body`` is decoded (content codings undone) and holds at most the target's cap;
    ``body_complete`` is false where it was cut or broken, and ``body_note`` says why; ``body_broken`` where it was the
    service that left it so, not a limit of ours. ``elapsed_ms`` runs from the
    first byte sent to the last received, of the last attempt. ``started_at`` is seconds since the epoch.
    ``attempts`` is more than 1 where it was retried.
    """

    method: str
    url: str
    target: str
    request_headers: HeaderList
    request_body: bytes
    status: int
    headers: HeaderList
    body: bytes
    body_complete: bool = True
    http_version: str = "HTTP/1.1"
    started_at: float = 0.0
    elapsed_ms: float = 0.0
    attempts: int = 1
    role: str = "anonymous"
    trace_id: str = ""
    redirects: tuple[str, ...] = ()
    body_note: str = ""
    body_broken: bool = False

    def __repr__(self) -> str:
        """What a failing assert shows: neither headers, body nor query, which may hold credentials."""
        cut = "" if self.body_complete else ", cut"
        return (
            f"<{self.method} {self.url.split('?')[0]} as {self.role} -> {self.status} "
            f"{self.media_type or 'no media type'}, {len(self.body)} bytes{cut}, {self.elapsed_ms:.1f} ms>"
        )

    @property
    def media_type(self) -> str:
        """The media type in lower case without parameters; empty where none was sent."""
        return self.headers.first("content-type").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as UTF-8, what is not decodable replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none, also where it is nested too deeply to be read."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("JSON nested too deeply") from None
