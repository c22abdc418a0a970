"""Carries one question over the wire: guarded, paid for, in time, within bounds, and reported."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpcore
import httpx

from prodverify.target.load import Target
from prodverify.wire import clock, quiet
from prodverify.wire.address import Address
from prodverify.wire.bodies import Decoder
from prodverify.wire.budget import Budget
from prodverify.wire.deadline import Patience, TooLarge
from prodverify.wire.exchange import Exchange, HeaderList
from prodverify.wire.failures import unanswered
from prodverify.wire.guard import SAFE_METHODS, Guard
from prodverify.wire.question import Question
from prodverify.wire.raw import RawTransport
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run
from prodverify.wire.transport import Transport
from prodverify.wire.unjudged import Refused, Unanswered

# Status line, header lines and chunk sizes come on top of the body that may be read.
_HEAD_ALLOWANCE_BYTES = 256 * 1024
_VERSION_CHARACTERS = 200


@dataclass(slots=True)
class Allowance:
    """Seconds on the wire that one question has left, over all its attempts; waiting for our turn does not count."""

    seconds: float


class Courier:
    """
    Everything asked and answered passes here. ``deadline`` is the monotonic moment after which nothing is asked.

    ``on_exchange`` is given every answer: of retried attempts, of redirects and of log-ins, too.
    """

    def __init__(
        self,
        target: Target,
        run: Run,
        *,
        redactor: Redactor,
        on_exchange: Callable[[Exchange], None] | None = None,
        deadline: float = math.inf,
    ) -> None:
        asking = target.promises.asking
        self.guard = Guard(
            target.base_url,
            hosts=(*asking.hosts, *target.promises.tls.places),
            plain=target.promises.tls.http_address,
            writes=target.promises.permits.writes,
        )
        self.budget = Budget(run.folder, requests=asking.requests, rate_per_second=asking.rate_per_second)
        self.asked_seconds = 0.0
        self.requests = 0
        self.versions: set[str] = set()
        self._asking = asking
        self._run = run
        self._redactor = redactor
        self._on_exchange = on_exchange
        self._deadline = deadline
        self._transport = Transport(asking, target.folder)
        self._raw = RawTransport(self._transport)
        self._lock = threading.Lock()
        self._timeouts = {
            "connect": asking.connect_timeout_seconds,
            "read": asking.read_timeout_seconds,
            "write": asking.read_timeout_seconds,
            "pool": asking.connect_timeout_seconds,
        }

    def carry(self, question: Question, allowance: Allowance) -> Exchange:
        """The answer. Raises Refused where it is not asked, Unanswered where none came that can be read."""
        self.guard.check_place(question.address)
        self.guard.check_plain(question.address, (name for name, _ in question.lines))
        if not question.own:
            self.guard.check_method(question.method, writes=question.writes, bare=question.bare)
        patience, outcome = self._attempt(question, allowance)
        if (
            isinstance(outcome, Unanswered)
            and outcome.kind == "closed"
            and not (patience.connected or patience.received)
            and question.method in SAFE_METHODS
        ):
            # The server closed a kept connection just as we used it again, and has not read the question
            # (RFC 9112 section 9.3.1). That says nothing about the service, and counts as no attempt.
            _, outcome = self._attempt(replace(question, fresh=True), allowance)
        if isinstance(outcome, Unanswered):
            raise outcome
        if self._on_exchange is not None:
            self._on_exchange(outcome)
        return outcome

    def close(self) -> None:
        """Closes every connection."""
        self._transport.close()

    def _attempt(self, question: Question, allowance: Allowance) -> tuple[Patience, Exchange | Unanswered]:
        self.budget.spend(paced=question.paced, deadline=self._deadline)
        with quiet.asking(self._run.folder):
            started = clock.monotonic()
            patience = Patience(
                until=started + allowance.seconds,
                bytes_left=self._asking.max_wire_kilobytes * 1024 + _HEAD_ALLOWANCE_BYTES,
            )
            self._transport.backend.patience = patience
            try:
                return patience, self._exchange(question, patience)
            except (
                httpcore.TimeoutException,
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.ProxyError,
            ) as error:
                return patience, unanswered(error, question, patience, self._redactor.text)
            finally:
                took = clock.monotonic() - started
                allowance.seconds -= took
                with self._lock:
                    self.asked_seconds += took
                    self.requests += 1

    def _exchange(self, question: Question, patience: Patience) -> Exchange:
        request = httpx.Request(
            question.method,
            _url(question.address),
            headers=question.lines,
            content=question.body,
            extensions={"target": question.target, "fresh": question.fresh, "timeout": self._timeouts},
        )
        request.method = question.method  # httpx writes it in upper case
        started_at = clock.now()
        # A body in answer to HEAD, which has none, shows only where the connection is listened to until it ends.
        raw = question.raw or (question.method == "HEAD" and not self._transport.proxied)
        transport = self._raw if raw else self._transport
        response = transport.handle_request(request)
        try:
            decoder = self._body(response, patience)
        finally:
            response.stream.close()  # type: ignore[union-attr] # an asynchronous one is never made here
        exchange = Exchange(
            method=question.method,
            url=question.url,
            target=question.target.decode("latin-1"),
            request_headers=_texts(request.headers.raw),
            request_body=question.body,
            status=response.status_code,
            headers=_texts(response.headers.raw),
            body=decoder.body,
            body_complete=decoder.complete,
            body_note=decoder.note,
            body_broken=decoder.broken,
            http_version=response.extensions["http_version"].decode("ascii"),
            started_at=started_at,
            elapsed_ms=(patience.last_received_at - patience.first_sent_at) * 1000,
            attempts=question.attempt,
            role=question.role,
            trace_id=question.trace_id,
            redirects=question.redirects,
        )
        self._note_version(exchange)
        return exchange

    def _body(self, response: httpx.Response, patience: Patience) -> Decoder:
        codings = [
            coding
            for name, value in response.headers.raw
            if name.lower() == b"content-encoding"
            for coding in value.decode("latin-1").split(",")
        ]
        decoder = Decoder(codings, self._asking.max_body_kilobytes * 1024)
        room = self._asking.max_wire_kilobytes * 1024
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream":
            decoder.cut("a stream of events has no end, and is not read")
            return decoder
        try:
            for piece in response.stream:  # type: ignore[union-attr] # see above
                if not decoder.feed(piece[:room]):
                    return decoder
                room -= len(piece)
                if room < 0:
                    decoder.cut(f"only {self._asking.max_wire_kilobytes} KiB are read from the wire")
                    return decoder
        except TooLarge:
            decoder.cut(f"only {patience.received} bytes were read from the wire")
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            ended = patience.ended_by_peer or isinstance(error, httpcore.NetworkError)
            why = "the connection ended before the body did" if ended else "the body's framing is no HTTP/1.1"
            decoder.cut(why, broken=True)
        decoder.finish()
        return decoder

    def _note_version(self, exchange: Exchange) -> None:
        version = exchange.headers.first(self._asking.version_header) if self._asking.version_header else ""
        if version:
            with self._lock:
                self.versions.add(self.shown(version))

    def shown(self, version: str) -> str:
        """A version as it is told: on one line, no longer than a person reads, and without secrets."""
        plain = (one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in version)
        line = self._redactor.text("".join(plain))
        return line if len(line) <= _VERSION_CHARACTERS else f"{line[:_VERSION_CHARACTERS]}…"


@functools.lru_cache(maxsize=64)
def _url(address: Address) -> httpx.URL:
    try:
        url = httpx.URL(scheme=address.scheme, host=address.host, port=address.port)
        assert url.host  # decodes a name in punycode, which may be none
    except (httpx.InvalidURL, UnicodeError):
        raise Refused(
            "host-malformed",
            "a host name or an IP address",
            f"{address.host} is neither",
            "Correct base_url or hosts in [asking] of the target file.",
        ) from None
    return url


def _texts(raw: list[tuple[bytes, bytes]]) -> HeaderList:
    return HeaderList((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
