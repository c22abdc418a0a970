"""What HTTP libraries refuse to write, or do not read to its end: sent byte for byte on a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import h11
import httpcore
import httpx

from prodverify.wire.transport import Transport
from prodverify.wire.unjudged import Refused

_READ_BYTES = 64 * 1024
_AFTER_HEAD_SECONDS = 0.3
"""How long a connection that should end after an answer to HEAD is listened to; a body that is sent comes at once."""


class RawTransport(httpx.BaseTransport):
    """
    Sends what httpx describes without judging its bytes, over the backend and trust of ``transport``.

    Line breaks never get here: they would make a second request that nobody checked. There is no way through a
    proxy, which would rewrite what matters.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The response, read by h11. Raises httpcore's exceptions."""
        patience = request.extensions["timeout"]
        stream = self._connected(request, patience["connect"])
        try:
            stream.write(_head(request) + request.read(), patience["write"])
            reader = _Reader(stream, request.method, patience["read"])
            response = reader.response()
        except BaseException:
            stream.close()
            raise
        return httpx.Response(
            response.status_code,
            headers=response.headers.raw_items(),
            stream=reader,
            extensions={"http_version": b"HTTP/" + response.http_version},
        )

    def _connected(self, request: httpx.Request, timeout: float) -> httpcore.NetworkStream:
        url = request.url
        if self._transport.proxied:
            raise Refused(
                "raw-through-proxy",
                "a way that carries the request byte for byte",
                "a proxy does not, and [asking] names one",
                "Run this check from where the service is reached without a proxy.",
            )
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        stream = self._transport.backend.connect_tcp(host, port, timeout)
        if url.scheme == "https":
            try:
                return stream.start_tls(self._transport.trust(), host, timeout)
            except BaseException:
                stream.close()
                raise
        return stream


class _Reader(httpx.SyncByteStream):
    """Reads one response. h11 is told of an ordinary request of the same method, so that it knows what to expect."""

    def __init__(self, stream: httpcore.NetworkStream, method: str, timeout: float) -> None:
        self._stream = stream
        self._timeout = timeout
        self._headed = method == "HEAD"
        self._parser = h11.Connection(h11.CLIENT)
        self._parser.send(h11.Request(method=method, target="/", headers=[("Host", "prodverify")]))
        self._parser.send(h11.EndOfMessage())

    def response(self) -> h11.Response:
        """Status and header lines of the final response."""
        while not isinstance(event := self._event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise httpcore.RemoteProtocolError("no response")
        return event

    def __iter__(self) -> Iterator[bytes]:
        while isinstance(event := self._event(), h11.Data):
            yield bytes(event.data)
        if self._headed:
            yield from self._rest()

    def _rest(self) -> Iterator[bytes]:
        """What comes before the connection ends: after an answer to HEAD nothing should, whatever its head says."""
        if early := self._parser.trailing_data[0]:
            yield early
        with suppress(httpcore.ReadTimeout, httpcore.ReadError):
            while piece := self._stream.read(_READ_BYTES, _AFTER_HEAD_SECONDS):
                yield piece

    def close(self) -> None:
        """Closes the connection, which is not used again."""
        self._stream.close()

    def _event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            while (event := self._parser.next_event()) is h11.NEED_DATA:
                self._parser.receive_data(self._stream.read(_READ_BYTES, self._timeout))
        except h11.RemoteProtocolError as error:
            raise httpcore.RemoteProtocolError(error) from error
        return event


def _head(request: httpx.Request) -> bytes:
    target: bytes = request.extensions["target"]
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%b: %b" % line for line in request.headers.raw if line[0].lower() != b"connection"]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])
