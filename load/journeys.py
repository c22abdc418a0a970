"""What one arrival asks: a single request, or a journey whose last request is the one that it is about."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

from load.connection import Answer, Connection, NoAnswer

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""RFC 9110 section 9.2.2."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that need no permit to write."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One request. ``heads`` are its head lines, one for each credential, without what differs from request to request.

    ``body`` is sent as JSON where it is not None; ``take`` names the members of the answer that the next step's body
    carries. ``statuses`` are those of a good answer; where they are empty, every status below 400 is one.
    """

    label: str
    method: str
    heads: tuple[bytes, ...]
    body: Mapping[str, Any] | None
    take: tuple[str, ...]
    statuses: frozenset[int]

    def request(self, turn: int, taken: Mapping[str, Any]) -> bytes:
        """The bytes of this request as the credential of ``turn`` sends it."""
        head = self.heads[turn % len(self.heads)] + _traceparent()
        if self.body is None and not taken:
            return head + b"\r\n"
        body = json.dumps({**(self.body or {}), **taken}, separators=(",", ":")).encode()
        return b"%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (head, len(body), body)

    def good(self, status: int) -> bool:
        """Whether ``status`` is what the target file promises."""
        return status in self.statuses if self.statuses else status < 400


@dataclass(frozen=True, slots=True)
class Work:
    """What arrivals of one name ask, in order. ``limiter_statuses`` mean that the rate limiter answered."""

    name: str
    steps: tuple[Step, ...]
    limiter_statuses: frozenset[int]


class Outcome(NamedTuple):
    """
    What became of one arrival: ``error`` is empty where it was answered as promised, ``limited`` where the limiter
    answered. ``elapsed_ms`` is that of the last request alone.
    """

    elapsed_ms: float
    error: str
    limited: bool


Told = Callable[[Step, float, int, str, bool], None]
"""Is told of each request: its step, milliseconds, bytes, why it was no good answer, and whether it was the limiter."""


def walk(work: Work, turn: int, connection: Connection, told: Told) -> Outcome:
    """Asks everything that one arrival asks, as the credential of ``turn``; it ends at the first step that fails."""
    taken: dict[str, Any] = {}
    last = len(work.steps) - 1
    elapsed_ms, error = 0.0, ""
    for number, step in enumerate(work.steps):
        request = step.request(turn, taken)
        sent = perf_counter()
        answer, error = _asked(step, request, connection)
        elapsed_ms = (perf_counter() - sent) * 1000.0
        limited = answer.status in work.limiter_statuses
        if not error and number < last:
            taken, error = _take(step, answer.body)
        told(step, elapsed_ms, answer.size, error, limited)
        if error:
            reason = error if number == last else f"{step.label}: {error}"
            return Outcome(elapsed_ms, reason, limited)
    return Outcome(elapsed_ms, error, limited=False)


def _asked(step: Step, request: bytes, connection: Connection) -> tuple[Answer, str]:
    try:
        answer = connection.ask(
            request, method=step.method, keep_body=bool(step.take), again=step.method in _IDEMPOTENT
        )
    except NoAnswer as none:
        return _NONE, str(none)
    return answer, "" if step.good(answer.status) else f"status {answer.status}"


_NONE = Answer(0, b"", 0)


def _take(step: Step, body: bytes) -> tuple[dict[str, Any], str]:
    """The members that the next step needs, and why they could not be taken."""
    if not step.take:
        return {}, ""
    try:
        members = json.loads(body)
        return {name: members[name] for name in step.take}, ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}, f"answer without {' and '.join(step.take)}"


def _traceparent() -> bytes:
    """W3C Trace Context, section 3.2: a new trace for every request, sampled."""
    return b"traceparent: 00-%s-%s-01\r\n" % (os.urandom(16).hex().encode(), os.urandom(8).hex().encode())
