"""Patience at the socket: every read and write of an exchange ends with the exchange's deadline."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import httpcore

from prodverify.wire import clock

# One send that waits may outlast the deadline by itself; small pieces bound by how much.
_WRITE_PIECE_BYTES = 64 * 1024


class NameNotResolved(httpcore.ConnectError):
    """The host's name has no address, or nobody answered for it."""


class TooLarge(httpcore.ReadError):
    """More bytes came than this exchange may read."""


@dataclass(slots=True)
class Patience:
    """
    What one exchange may still take, and what its socket saw.

    ``until`` and the two moments are on the monotonic clock. ``first_sent_at`` is when the first byte of the request
    was sent (connecting, TLS and a proxy's tunnel not counted), ``last_received_at`` when the last byte came.
    """

    until: float
    bytes_left: int
    first_sent_at: float = 0.0
    last_received_at: float = 0.0
    received: int = 0
    connected: bool = False
    ended_by_peer: bool = False

    def seconds(self, phase_seconds: float | None) -> float:
        """Seconds that the next step of a phase may take; zero or less once the deadline has passed."""
        left = self.until - clock.monotonic()
        return left if phase_seconds is None else min(phase_seconds, left)

    def took(self, data: bytes) -> None:
        """Notes what was received. Raises TooLarge beyond what may be read."""
        self.last_received_at = clock.monotonic()
        self.received += len(data)
        self.bytes_left -= len(data)
        self.ended_by_peer = not data
        if self.bytes_left < 0:
            raise TooLarge("more bytes than may be read")

    def tunnelled(self) -> None:
        """Forgets what a proxy's tunnel needed before the request itself."""
        self.first_sent_at = 0.0
        self.received = 0


class Backend(httpcore.NetworkBackend):
    """Connections whose every step obeys the patience that the calling thread set as ``patience``."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()
        self._thread = threading.local()

    @property
    def patience(self) -> Patience:
        """Patience of the exchange that this thread is at."""
        patience: Patience = self._thread.patience
        return patience

    @patience.setter
    def patience(self, patience: Patience) -> None:
        self._thread.patience = patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolves ``host`` and connects to the first of its addresses that takes us, all within ``timeout``."""
        patience = self.patience
        patience.connected = True
        until = clock.monotonic() + patience.seconds(timeout)
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectTimeout("no time left to connect")
        addresses = _addresses(host, until)
        for tried, address in enumerate(addresses):
            # One that swallows all that is sent to it leaves the others their share of the time.
            left = (until - clock.monotonic()) / (len(addresses) - tried)
            if left <= 0:
                break
            try:
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
                return Stream(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class Stream(httpcore.NetworkStream):
    """
    A connection whose reads and writes shrink to the deadline of the exchange that uses it.

    ``out_of_step`` says that more came than the answer, and that the connection is not to be used again.
    """

    def __init__(self, stream: httpcore.NetworkStream, backend: Backend) -> None:
        self.out_of_step = False
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most ``max_bytes``, before ``timeout`` and the deadline."""
        patience = self._backend.patience
        seconds = patience.seconds(timeout)
        if seconds <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        data = self._stream.read(max_bytes, seconds)
        patience.took(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all of ``buffer`` before the deadline."""
        patience = self._backend.patience
        if not patience.first_sent_at:
            patience.first_sent_at = clock.monotonic()
        for start in range(0, len(buffer), _WRITE_PIECE_BYTES):
            seconds = patience.seconds(timeout)
            if seconds <= 0:
                raise httpcore.WriteTimeout("the deadline has passed")
            self._stream.write(buffer[start : start + _WRITE_PIECE_BYTES], seconds)

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection under TLS."""
        patience = self._backend.patience
        seconds = patience.seconds(timeout)
        if seconds <= 0:
            raise httpcore.ConnectTimeout("the deadline has passed")
        stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        patience.tunnelled()
        return Stream(stream, self._backend)

    def get_extra_info(self, info: str) -> object:
        """What the connection knows of itself."""
        # The pool asks whether an idle connection is readable, and closes one that is: nobody asked for those bytes.
        return (info == "is_readable" and self.out_of_step) or self._stream.get_extra_info(info)


def _addresses(host: str, until: float) -> tuple[str, ...]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _resolved(host, until)
    return (host,)


def _resolved(host: str, until: float) -> tuple[str, ...]:
    # getaddrinfo knows no timeout; a thread of its own lets the exchange end in time, whatever the resolver does.
    answers: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            answers.put(error)
        else:
            answers.put(tuple(dict.fromkeys(str(entry[4][0]) for entry in found)))

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, until - clock.monotonic()))
    except queue.Empty:
        raise NameNotResolved("name resolution did not answer in time") from None
    if isinstance(answer, OSError):
        raise NameNotResolved(answer)
    return answer
