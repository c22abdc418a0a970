"""
Roles that log in: once before the run through the one HTTP client, as the gate does, and again while it goes on.

No arrival waits for a log-in, and none is counted among those of the run. A session that says how long it lives is
replaced before it ends; one that does not is replaced once the service refuses it, and what was refused meanwhile
stays an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import gevent

from prodverify.record.findings import Unjudged
from prodverify.target.asking import CookieRole
from prodverify.target.load import Target
from prodverify.wire.client import Client
from prodverify.wire.identity import Lines
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run

_LOOK_SECONDS = 0.2
_AGAIN_SECONDS = 5.0
"""A service that refuses what it has just given refuses us for another reason: each time we wait twice as long."""
_REFUSALS = ("status 401",)
_REFUSALS_OF_BROWSERS = ("status 401", "status 403", "status 302", "status 303")
"""Pages send whoever is not logged in to the log-in, where they do not say so."""

Headed = Callable[[Lines], bytes]
"""Makes the head of a request from the header lines of its role."""


@dataclass
class _Session:
    """What one role was given, and the heads of requests that carry it."""

    lines: Lines
    heads: list[tuple[list[bytes], Headed]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    refusals: tuple[str, ...] = _REFUSALS
    refused: str = ""
    waits_seconds: float = _AGAIN_SECONDS
    asked_ago_seconds: float = _AGAIN_SECONDS


class Sessions:
    """
    The sessions of one process. ``roles`` are those that log in; none of them means that nothing is asked.

    Raises Unjudged, with a sentence, where the service does not let one in.
    """

    def __init__(self, target: Target, run: Run | None, roles: Iterable[str]) -> None:
        named = tuple(roles)
        assert run is not None or not named, "a log-in needs the folder of a run"
        self._client = Client(target, run, redactor=Redactor(target.secrets, run.folder)) if run and named else None
        self._held = {role: _Session(self._client.presented(role)) for role in named if self._client is not None}
        for role, session in self._held.items():
            if isinstance(target.promises.roles[role], CookieRole):
                session.refusals = _REFUSALS_OF_BROWSERS
        self._renewing: gevent.Greenlet | None = None
        self.broken = ""

    def heads(self, name: str, role: str, headed: Headed) -> list[bytes]:
        """The one head of a request of ``name`` as ``role`` asks it; the list holds another one after each log-in."""
        session = self._held[role]
        made = [headed(session.lines)]
        session.heads.append((made, headed))
        session.names.add(name)
        return made

    def noticed(self, name: str, error: str) -> None:
        """One request of ``name`` was not answered as promised."""
        for session in self._held.values():
            if name in session.names and error.startswith(session.refusals):
                session.refused = error

    def start(self) -> None:
        """Looks after the sessions from now on."""
        if self._held and self._renewing is None:
            self._renewing = gevent.spawn(self._renew)

    def stop(self) -> None:
        """No further log-in."""
        if self._renewing is not None:
            self._renewing.kill(block=False)
            self._renewing = None
        if self._client is not None:
            self._client.close()

    def _renew(self) -> None:
        from load.telling import say

        while True:
            gevent.sleep(_LOOK_SECONDS)
            for role, session in self._held.items():
                session.asked_ago_seconds += _LOOK_SECONDS
                try:
                    if refused := self._look_after(role, session):
                        say(f"role {role} was refused with {refused} and has logged in again")
                except Unjudged as unjudged:
                    session.refused, session.asked_ago_seconds = "", 0.0
                    session.waits_seconds *= 2
                    found = unjudged.finding
                    say(f"role {role} could not log in again: expected {found.expected}, {found.observed}")

    def _look_after(self, role: str, session: _Session) -> str:
        """How the service had refused it where it logged in again because of that; else empty."""
        assert self._client is not None
        lines: Lines | None = None
        again = session.refused if session.asked_ago_seconds >= session.waits_seconds else ""
        if again:
            lines = self._client.renewed(role, session.lines)
            session.refused, session.asked_ago_seconds = "", 0.0
            session.waits_seconds *= 2
        elif not session.refused:
            lines = self._client.presented(role)  # another one only where the life of this one is nearly over
        if lines is not None and lines != session.lines:
            session.lines = lines
            for made, headed in session.heads:
                made[0] = headed(lines)
        return again
