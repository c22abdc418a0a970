"""
A service that stands beside the target and is asked about it: Prometheus, Alertmanager, a store of logs or traces.

Its address is a secret (it may hold a user name and a password) and names the only host that is asked. Budget, pace,
patience, proxy and authorities are those of the run; header lines of ``[asking]`` are the target's, and not sent.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from prodverify.record.findings import Finding, Unjudged, inconclusive
from prodverify.target.asking import Permits
from prodverify.target.load import Target
from prodverify.target.transport import Tls
from prodverify.wire.address import split
from prodverify.wire.client import Client
from prodverify.wire.exchange import Exchange
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run

Query = Mapping[str, str] | Sequence[tuple[str, str]]
_MOST_KILOBYTES = 16 * 1024
"""An answer may tell of every rule and series of a company; the target's own cap is for its own answers."""
_QUOTED = 200
_WORDS = {
    401: "it asks for a credential that the secrets do not hold, or refuses the one that they hold",
    403: "the credential that the secrets hold may not read this",
    404: "it has no such path",
    429: "its limiter refuses us",
    503: "it is not ready",
}
_STEPS = {
    401: "write user and password into the address in [secrets], or name a token's secret",
    403: "give that credential the right to read",
    404: "correct the path in the address: what stands before /api is part of it",
    429: "ask with less, or at another time",
    503: "wait until it has started, and see its own log",
}


class Neighbour:
    """
    One such service, asked by GET alone.

    ``name`` is what a person calls it; ``heard`` is given every answer. Nothing of the address but its host is told.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        run: Run,
        *,
        address: str,
        token: str | None,
        redactor: Redactor,
        headers: Mapping[str, str] | None = None,
        deadline: float = math.inf,
    ) -> None:
        """``address`` and ``token`` are names of secrets. Raises Unjudged where the address is none."""
        self.name = name
        self.heard: Callable[[Exchange], None] | None = None
        self.rule = name.lower().replace(" ", "-")
        origin, self._prefix, pair = _parts(target.secret(address), name, self.rule, address)
        self._lines = tuple((headers or {}).items())
        if pair:
            encoded = base64.b64encode(pair.encode()).decode("ascii")
            redactor.learn(encoded, f"{address}_basic")
            user, _, password = pair.partition(":")
            redactor.learn(password or user, f"{address}_password")  # a token stands where the user does
        if token is not None:
            self._lines = (*self._lines, ("Authorization", f"Bearer {target.secret(token)}"))
        elif pair:
            self._lines = (*self._lines, ("Authorization", f"Basic {encoded}"))
        self._client = Client(_aimed(target, origin), run, redactor=redactor, on_exchange=self._hear, deadline=deadline)

    def ask(
        self, path: str, query: Query = (), *, retry: bool = True, patience_seconds: float | None = None
    ) -> Exchange:
        """The answer to GET ``path``, which stands behind the address's own. Raises Unjudged where there is none."""
        said = f"{self._prefix}{path}{'?' if query else ''}{urlencode(query)}"
        return self._client.ask("GET", said, headers=self._lines, retry=retry, deadline_seconds=patience_seconds)

    def json(
        self, path: str, query: Query = (), *, bodies: frozenset[int] = frozenset(), absent: int | None = None
    ) -> Any:
        """
        What it answers as JSON: with status 200, or one of ``bodies``, whose JSON says what is wrong.

        None where the status is ``absent``. Raises Unjudged with one sentence for every other answer.
        """
        # A query that took too long is 503, too: to repeat it would be to do harm three times.
        answer = self.ask(path, query, retry=not bodies)
        if answer.status == absent:
            return None
        expected = f"{self.name} answers GET {path} with JSON"
        if not answer.body_complete:
            step = "ask for less, or see what stands between us and it"
            raise self.unjudged("answer-cut", expected, f"the answer is cut: {answer.body_note}", step)
        try:
            told = answer.json()
        except ValueError:
            told = None
        readable = isinstance(told, dict | list)
        if answer.status == 200 and readable:
            return told
        if answer.status in bodies and readable and isinstance(told, dict) and "error" in told:
            return told
        raise self._no_answer(answer, expected, readable)

    def unjudged(self, rule: str, expected: str, observed: str, step: str = "") -> Unjudged:
        """Why nothing can be told, with this service's name before the rule's."""
        return Unjudged(inconclusive(f"{self.rule}-{rule}", expected, observed, next_step=step))

    def close(self) -> None:
        """Closes every connection."""
        self._client.close()

    def _hear(self, exchange: Exchange) -> None:
        if self.heard is not None:
            self.heard(exchange)

    def _no_answer(self, answer: Exchange, expected: str, readable: bool) -> Unjudged:
        status = answer.status
        if 300 <= status < 400:
            step = "name the address that answers itself, and let the suite through a log-in page by a token"
            return self.unjudged("redirects", expected, f"status {status}, which leads elsewhere", step)
        if status == 200:
            kind = answer.media_type or "no media type"
            step = "correct the address in [secrets]: another service answers there, or a page before it"
            observed = "an empty body" if not answer.body else f"a body that is no JSON ({kind})"
            return self.unjudged("answer-no-json", expected, observed, step)
        words = _WORDS.get(status, "an error of its own" if status >= 500 else "it does not know what we ask")
        said = f": {quoted(answer.text)}" if readable or answer.media_type == "text/plain" else ""
        step = _STEPS.get(status, "see its own log")
        return self.unjudged("refuses", expected, f"status {status}: {words}{said}", step)


def quoted(text: str) -> str:
    """Words of another service on one line, no longer than a person reads."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"


def said(value: object) -> str:
    """A value of a JSON answer as text: what is no text is written as JSON."""
    return quoted(value if isinstance(value, str) else json.dumps(value, default=str))


def _aimed(target: Target, origin: str) -> Target:
    """A target that is nothing but this address: no role, permit, host or header line of the other one."""
    asking = target.promises.asking
    bounds = {
        name: max(getattr(asking, name), _MOST_KILOBYTES) for name in ("max_wire_kilobytes", "max_body_kilobytes")
    }
    own = {"hosts": (), "headers": {}, "version_header": "", "application_header": "", **bounds}
    promises = target.promises.model_copy(
        update={"asking": asking.model_copy(update=own), "tls": Tls(), "permits": Permits(), "roles": {}}
    )
    return replace(target, promises=promises, base_url=origin)


def _parts(value: str, name: str, rule: str, secret: str) -> tuple[str, str, str]:
    """Origin, path without a slash at its end, and ``user:password`` of an address. Raises Unjudged."""
    try:
        parts = urlsplit(value.strip())
        pair = ""
        if parts.username is not None or parts.password is not None:
            pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        address, path = split(bare)
    except ValueError:
        raise Unjudged(_malformed(name, rule, secret)) from None
    return str(address), path.rstrip("/"), pair


def _malformed(name: str, rule: str, secret: str) -> Finding:
    # Nothing of it is quoted, as a part of it is a password.
    return inconclusive(
        f"{rule}-address-malformed",
        f"the secret {secret} holds {name}'s address, as http://USER:PASSWORD@HOST:PORT/path",
        "it is no http or https address",
        next_step="correct it where [secrets] says that it is",
    )
