"""Our own listener for webhooks: it keeps what came, byte for byte, and answers as the inbox says."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h11

from prodverify.wire import clock
from prodverify.wire.exchange import HeaderList
from prodverify.wire.inbox import Delivery, Inbox, Reply, hung_up, lookup, put, refuse, reply_to

MAX_BODY_BYTES = 1024 * 1024
MAX_DELAY_SECONDS = 120.0
"""Longest time that an answer is held back; whoever waits longer for one does not give up."""
_WITHOUT_BODY = frozenset({204, 304})
_PATIENCE_SECONDS = 10.0
_MOST_CONNECTIONS = 32
_READ_BYTES = 64 * 1024


class Receiver:
    """
    Listens on ``listen`` ("127.0.0.1:0" is a free port); the controller of a run owns one.

    ``url`` is what inboxes build on: ``public_url`` where the service reaches us by another address, else our own.
    Only paths of inboxes that exist are taken. Everything is bounded: connections, time, bodies, deliveries.
    """

    def __init__(self, listen: str, public_url: str, folder: Path) -> None:
        host, _, port = listen.rpartition(":")
        self._server = _Server((host.strip("[]"), int(port)), folder)
        bound_host, bound_port = self._server.server_address[:2]
        shown = f"[{bound_host!s}]" if ":" in str(bound_host) else bound_host
        self.url = public_url.rstrip("/") or f"http://{shown!s}:{bound_port}"
        self._folder = folder
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="receiver", daemon=True
        )
        self._thread.start()

    def inbox(self) -> Inbox:
        """A new inbox. A worker makes its own: ``Inbox.new(url, run.folder)``."""
        return Inbox.new(self.url, self._folder)

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        self.folder = folder
        self.room = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that breaks off is its own affair, and no reason to print a traceback into the gate's output."""


class _Connection(socketserver.BaseRequestHandler):
    """One connection, one delivery."""

    server: _Server
    request: socket.socket

    def handle(self) -> None:
        with self._room() as free:
            if not free:
                return
            parser = h11.Connection(h11.SERVER)
            try:
                reply = self._received(parser)
            except h11.RemoteProtocolError as error:
                # What stands behind the colon is the sender's own text.
                reply = self._refusal(error.error_status_hint, str(error).partition(":")[0])
            except TimeoutError:
                self._refusal(408, f"it was not whole after {_PATIENCE_SECONDS:g} s")
                return
            if reply is not None:
                self._answer(parser, reply)

    @contextmanager
    def _room(self) -> Iterator[bool]:
        free = self.server.room.acquire(timeout=_PATIENCE_SECONDS)
        try:
            yield free
        finally:
            if free:
                self.server.room.release()

    def _received(self, parser: h11.Connection) -> Reply | None:
        """How to answer what came; None where its sender did not wait for that."""
        until = clock.monotonic() + _PATIENCE_SECONDS
        head = self._event(parser, until)
        if not isinstance(head, h11.Request):
            return Reply(400)
        received_at = clock.now()
        target = head.target.decode("latin-1")
        folder = lookup(self.server.folder, target.split("?")[0].removeprefix("/").rpartition("/")[2])
        if folder is None:
            return Reply(404)
        body = bytearray()
        while isinstance(event := self._event(parser, until), h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                return self._refusal(413, f"its body is larger than {MAX_BODY_BYTES // 1024} KiB")
        if not isinstance(event, h11.EndOfMessage):
            return Reply(400)
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()]
        delivery = Delivery(received_at, head.method.decode("ascii"), target, HeaderList(lines), bytes(body))
        kept = put(folder, delivery)
        if kept is None:
            return Reply(429)
        reply = reply_to(kept)
        if reply.delay_seconds and self._left_within(min(reply.delay_seconds, MAX_DELAY_SECONDS)):
            hung_up(kept, clock.now())
            return None
        return reply

    def _refusal(self, status: int, why: str) -> Reply:
        refuse(self.server.folder, clock.now(), f"{status}, {why}")
        return Reply(status)

    def _left_within(self, seconds: float) -> bool:
        """Whether the sender closes the connection in that time; what else it sends is not read as a delivery."""
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            self.request.settimeout(left)
            try:
                if not self.request.recv(_READ_BYTES):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
        return False

    def _event(self, parser: h11.Connection, until: float) -> object:
        while (event := parser.next_event()) is h11.NEED_DATA:
            if parser.they_are_waiting_for_100_continue:
                self.request.sendall(parser.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            left = until - clock.monotonic()
            if left <= 0:
                raise TimeoutError
            self.request.settimeout(left)
            parser.receive_data(self.request.recv(_READ_BYTES))
        return event

    def _answer(self, parser: h11.Connection, reply: Reply) -> None:
        if parser.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = b"" if reply.status in _WITHOUT_BODY else reply.body.encode() or b"{}"
        headers = [
            ("Content-Type", "application/json"),
            *([("Content-Length", str(len(body)))] if body else []),
            ("Connection", "close"),
            *([("Location", reply.location)] if reply.location else []),
            *([("Retry-After", str(reply.retry_after_seconds))] if reply.retry_after_seconds else []),
        ]
        head = parser.send(h11.Response(status_code=reply.status, headers=headers, reason=b""))
        self.request.sendall((head or b"") + (parser.send(h11.Data(data=body)) or b""))
