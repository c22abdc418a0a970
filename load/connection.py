"""One connection to the target's own host: bytes of a request in, status and bounded body out. Nothing is followed."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

import gevent
from gevent import select, socket
from geventhttpclient._parser import HTTPParseError, HTTPResponseParser

from prodverify.wire.address import Address

_BLOCK = 16 * 1024
FIRST_ERROR = 400
"""RFC 9110 section 15: from here on an answer is an error, and its headers are kept."""
_READ_BYTES = 16 * 1024
_MOST_HEADERS = 100
_IDLE_SECONDS = 1.5
"""gunicorn closes a connection that is idle for 2 s, uvicorn and Node after 5 s; an older one is not used again."""
UNKNOWN_HOST = "host name not found"
"""The reason that is never the service's: our own name resolution did not know it."""


class Answer(NamedTuple):
    """
    The status and, where the caller wanted it, the body of one answer; ``size`` is its body's bytes on the wire.

    Of an error ``headers`` and the first bytes of the body are kept, because they tell who answered.
    """

    status: int
    body: bytes
    size: int
    headers: tuple[tuple[str, str], ...] = ()


class NoAnswer(Exception):  # noqa: N818 - it is not an error of the program
    """No whole answer came; the text is a short reason of which there are few, so that they can be counted."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    Where and how to connect. ``deadline_seconds`` bounds one whole exchange, connecting included; ``most_bytes``
    bounds one answer on the wire.
    """

    address: Address
    tls: ssl.SSLContext | None
    connect_timeout_seconds: float
    deadline_seconds: float
    most_bytes: int
    _resolved: list[tuple[int, tuple[str, int]]] = field(default_factory=list, repr=False, compare=False)

    def addresses(self) -> list[tuple[int, tuple[str, int]]]:
        """Address families and socket addresses of the host, looked up once a process."""
        if not self._resolved:
            found = socket.getaddrinfo(self.address.host, self.address.port, type=socket.SOCK_STREAM)
            self._resolved.extend((family, place) for family, _, _, _, place in found)
        return self._resolved


class Connection:
    """A connection that is kept alive from one request to the next, as long as the server keeps it."""

    __slots__ = ("_last_used", "_server", "_socket")

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket: socket.socket | None = None
        self._last_used = 0.0

    def ask(self, request: bytes, *, method: str, keep_body: bool, again: bool) -> Answer:
        """
        The answer to ``request``. Raises NoAnswer where none came whole and in time.

        ``again`` says that the request may be sent a second time, on a new connection, where the server closed a kept
        connection before it answered a single byte (RFC 9112 section 9.3.1: only idempotent methods).
        """
        timeout = gevent.Timeout.start_new(self._server.deadline_seconds)
        try:
            reused = self._usable()
            try:
                return self._exchange(request, method, keep_body)
            except _Unanswered:
                if not (reused and again):
                    raise
                self.close()
                return self._exchange(request, method, keep_body)
        except gevent.Timeout as expired:
            self.close()
            if expired is not timeout:
                raise
            raise NoAnswer(f"no answer within {self._server.deadline_seconds:g} s") from None
        except NoAnswer:
            self.close()
            raise
        except socket.gaierror:
            self.close()
            raise NoAnswer(UNKNOWN_HOST) from None
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise NoAnswer(f"certificate not trusted: {error.verify_message}") from None
        except OSError as error:
            self.close()
            raise NoAnswer(f"connection failed: {_reason(error)}") from None
        finally:
            timeout.close()

    def close(self) -> None:
        """Drops the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _usable(self) -> bool:
        """Whether the kept connection can carry another request; one that cannot is dropped."""
        if self._socket is None:
            return False
        idle = perf_counter() - self._last_used
        # Something readable on an idle connection is its end, or bytes that nobody asked for.
        if idle > _IDLE_SECONDS or (idle > 0.05 and _readable(self._socket)):
            self.close()
        return self._socket is not None

    def _exchange(self, request: bytes, method: str, keep_body: bool) -> Answer:
        connected = self._socket or self._connect()
        parser = _Parser(head_only=method == "HEAD", keep_body=keep_body)
        received, data = 0, b""
        try:
            connected.sendall(request)
            while not parser.complete:
                data = connected.recv(_BLOCK)
                received += len(data)
                if not received:
                    raise _Unanswered("connection closed before an answer")
                if received > self._server.most_bytes:
                    raise NoAnswer(f"answer larger than {self._server.most_bytes} bytes")
                parser.feed(data)
                if not data and not parser.complete:
                    raise NoAnswer("connection closed in the middle of an answer")
        except (ConnectionResetError, BrokenPipeError):
            if received:
                raise
            raise _Unanswered("connection closed before an answer") from None
        except HTTPParseError:
            raise NoAnswer(
                "answer is not HTTP/1.1" if data else "connection closed in the middle of an answer"
            ) from None
        if parser.surplus:
            raise NoAnswer("more than one answer to one request")
        self._last_used = perf_counter()
        if not parser.should_keep_alive():
            self.close()
        return Answer(parser.get_code(), bytes(parser.body), parser.size, tuple(parser.headers))

    def _connect(self) -> socket.socket:
        server, failure = self._server, OSError("no address")
        for family, place in server.addresses():
            connecting = socket.socket(family, socket.SOCK_STREAM)
            try:
                connecting.settimeout(server.connect_timeout_seconds)
                connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connecting.connect(place)
                if server.tls is not None:
                    connecting = server.tls.wrap_socket(connecting, server_hostname=server.address.host)
                connecting.settimeout(None)
            except TimeoutError:
                connecting.close()
                failure = NoAnswer(f"no connection within {server.connect_timeout_seconds:g} s")
            except OSError as error:
                connecting.close()
                failure = error
            except BaseException:
                connecting.close()
                raise
            else:
                self._socket = connecting
                return connecting
        raise failure


class _Unanswered(NoAnswer):
    """The connection ended before the first byte of an answer."""


class _Parser(HTTPResponseParser):
    """Keeps of an answer what a load run needs: status, size and, where it is wanted or an error, the body."""

    def __init__(self, *, head_only: bool, keep_body: bool) -> None:
        super().__init__()
        self.complete = self.surplus = False
        self.body = bytearray()
        self.size = 0
        self.headers: list[tuple[str, str]] = []
        self._name = self._value = ""
        self._valued = False
        self._head_only, self._keep_body = head_only, keep_body

    def _on_message_begin(self) -> None:
        self.surplus = self.surplus or self.complete
        self.complete = self.surplus
        self.headers.clear()

    def _on_status(self, text: str) -> None:
        pass

    def _on_header_field(self, text: str) -> None:
        # A name or value that two packets share comes in two parts.
        if self.get_code() >= FIRST_ERROR:
            if self._valued:
                self._end_header()
            self._name += text

    def _on_header_value(self, text: str) -> None:
        if self.get_code() >= FIRST_ERROR:
            self._value += text
            self._valued = True

    def _end_header(self) -> None:
        if self._name and len(self.headers) < _MOST_HEADERS:
            self.headers.append((self._name, self._value))
        self._name = self._value = ""
        self._valued = False

    def _on_headers_complete(self) -> bool:
        self._end_header()
        return self._head_only

    def _on_body(self, part: bytes) -> None:
        self.size += len(part)
        if self._keep_body or (self.get_code() >= FIRST_ERROR and len(self.body) < _READ_BYTES):
            self.body += part

    def _on_message_complete(self) -> None:
        # RFC 9110 section 15.2: an interim answer is followed by the final one.
        self.complete = self.surplus or self.get_code() >= 200


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):  # its number is OpenSSL's, and no errno
        return error.reason or type(error).__name__
    return os.strerror(error.errno) if error.errno and error.errno > 0 else type(error).__name__


def _readable(connected: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connected.fileno(), select.POLLIN)
    return bool(poll.poll(0))
