"""
What one arrival asks: a single request, or a journey of several.

A journey takes as long as a user waits for it: its time runs from the moment it was due to the last answer of all. A
service that stands still during an earlier step is as late as one that does so during the last one; what the last
request took by itself is kept beside it, for information.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from load.connection import FIRST_ERROR, Answer, Connection, NoAnswer
from prodverify.wire.attribution import Who, attribute
from prodverify.wire.exchange import Exchange, HeaderList

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""RFC 9110 section 9.2.2."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that need no permit to write."""
JSON = b"Content-Type: application/json\r\n"


@dataclass(frozen=True, slots=True)
class Step:
    """
    One request. ``heads`` are its head lines, one for each credential, without what differs from request to request.

    ``body`` is sent as JSON where it is not None; ``take`` names the members of the answer that the next step's body
    carries. ``statuses`` are those of a good answer; where they are empty, every status below 400 is one. ``kind`` is
    the line about the body, empty where the head has one.
    """

    label: str
    method: str
    heads: Sequence[bytes]
    body: Mapping[str, Any] | None
    take: tuple[str, ...]
    statuses: frozenset[int]
    kind: bytes = JSON

    def request(self, turn: int, taken: Mapping[str, Any]) -> bytes:
        """The bytes of this request as the credential of ``turn`` sends it."""
        head = self.heads[turn % len(self.heads)] + traceparent()
        if self.body is None and not taken:
            return head + b"\r\n"
        body = json.dumps({**(self.body or {}), **taken}, separators=(",", ":")).encode()
        return b"%s%sContent-Length: %d\r\n\r\n%s" % (head, self.kind, len(body), body)

    def good(self, status: int) -> bool:
        """Whether ``status`` is what the target file promises."""
        return status in self.statuses if self.statuses else status < 400


@dataclass(frozen=True, slots=True)
class Work:
    """
    What arrivals of one name ask, in order. ``limiter_statuses`` are those that the rate limiter answers with, and
    ``application_header`` is what only the application sends; empty where no header tells it.
    """

    name: str
    steps: tuple[Step, ...]
    limiter_statuses: frozenset[int]
    application_header: str = ""
    writing: Writing | None = None
    """Where it is written by hand; ``steps`` then has one that stands for all that it may ask."""

    @property
    def most_requests(self) -> int:
        """Requests of one arrival, at most."""
        return len(self.steps) if self.writing is None else self.writing.most_requests


class Broken(ValueError):  # noqa: N818 - a word of the house
    """An arrival broke by an error of ours, which tells nothing about the service. The text is for a person."""


class Writing(Protocol):
    """An arrival that is written by hand."""

    file: str
    most_requests: int

    def walk(self, work: Work, turn: int, connection: Connection, told: Told) -> Outcome:
        """Asks what it asks, as the credential of ``turn``."""


class Outcome(NamedTuple):
    """
    What became of one arrival: ``error`` is empty where it was answered as promised. ``limited`` says that the rate
    limiter answered, ``stranger`` that something else did in place of the application.

    ``elapsed_ms`` runs from when its first request was sent to its last answer, ``last_ms`` is its last request's own.
    """

    elapsed_ms: float
    last_ms: float
    error: str
    limited: bool = False
    stranger: bool = False


Told = Callable[[Step, float, float, int, str, bool], None]
"""
Is told of each request: its step, its own milliseconds, those since the first request was sent, bytes, why it was no
good answer, and whether it was the limiter.
"""


def walk(work: Work, turn: int, connection: Connection, told: Told) -> Outcome:
    """Asks everything that one arrival asks, as the credential of ``turn``; it ends at the first step that fails."""
    if work.writing is not None:
        return work.writing.walk(work, turn, connection, told)
    taken: dict[str, Any] = {}
    last = len(work.steps) - 1
    own_ms = since_ms = 0.0
    began = perf_counter()
    for number, step in enumerate(work.steps):
        request = step.request(turn, taken)
        sent = perf_counter() if number else began
        answer, error = _asked(step, request, connection)
        answered = perf_counter()
        own_ms, since_ms = (answered - sent) * 1000.0, (answered - began) * 1000.0
        who: Who = "application"
        if error and answer.status:
            who, error = attributed(work, step, request, answer, error)
        elif not error and number < last:
            taken, error = _take(step, answer.body)
        told(step, own_ms, since_ms, answer.size, error, who == "limiter")
        if error:
            reason = error if number == last else f"{step.label}: {error}"
            stranger = who not in {"application", "limiter"}
            return Outcome(since_ms, own_ms, reason, who == "limiter", stranger)
    return Outcome(since_ms, own_ms, "")


def _asked(step: Step, request: bytes, connection: Connection) -> tuple[Answer, str]:
    try:
        answer = connection.ask(request, method=step.method, keep_body=bool(step.take), again=step.method in IDEMPOTENT)
    except NoAnswer as none:
        return _NONE, str(none)
    return answer, "" if step.good(answer.status) else f"status {answer.status}"


def attributed(work: Work, step: Step, request: bytes, answer: Answer, error: str) -> tuple[Who, str]:
    """
    Who gave an answer that is not good, by the rule of the gate, and the reason by which it is counted.

    Good answers are taken for the application's, because nothing else knows what it promises; so are those below 400,
    of which no headers are kept.
    """
    if answer.status < FIRST_ERROR:
        return "application", error
    start, *lines = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    asked = HeaderList((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    exchange = Exchange(
        method=step.method,
        url="",
        target=start.split(" ")[1],
        request_headers=asked,
        request_body=b"",
        status=answer.status,
        headers=HeaderList(answer.headers),
        body=answer.body,
    )
    who = attribute(exchange, application_header=work.application_header, limiter_statuses=work.limiter_statuses).who
    return who, error if who in {"application", "limiter"} else f"{error} of {_NAMED[who]}"


_NAMED: Mapping[Who, str] = {"proxy": "a proxy", "firewall": "a firewall", "unknown": "something unknown"}
_OF_STRANGERS = tuple(f" of {who}" for who in _NAMED.values())
_NONE = Answer(0, b"", 0)


def strange(reason: str) -> bool:
    """Whether something else than the application gave the answer that is counted under ``reason``."""
    return reason.endswith(_OF_STRANGERS)


def _take(step: Step, body: bytes) -> tuple[dict[str, Any], str]:
    """The members that the next step needs, and why they could not be taken."""
    if not step.take:
        return {}, ""
    try:
        members = json.loads(body)
        return {name: members[name] for name in step.take}, ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}, f"answer without {' and '.join(step.take)}"


def traceparent() -> bytes:
    """W3C Trace Context, section 3.2: a new trace for every request, sampled."""
    return b"traceparent: 00-%s-%s-01\r\n" % (os.urandom(16).hex().encode(), os.urandom(8).hex().encode())
