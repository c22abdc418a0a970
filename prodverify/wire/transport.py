"""The connections of one process: kept alive, TLS verified, deadlines at the socket, header lines as they came."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpcore
import httpx

from prodverify.target.asking import Asking
from prodverify.wire.address import split
from prodverify.wire.deadline import Backend
from prodverify.wire.unjudged import Refused

# Servers close idle connections after 2 s (gunicorn), 5 s (uvicorn, Node) or more; ours are given up before that.
_KEPT_IDLE_SECONDS = 1.5
_CONNECTIONS = 32

# At level DEBUG httpcore logs header lines, credentials included; a root logger set to DEBUG must not reach it.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Transport(httpx.BaseTransport):
    """
    Sends what httpx describes over HTTP/1.1.

    The request extension ``target`` is the request target byte for byte, ``fresh`` asks for a connection that was
    not used before. Proxies and trust come from ``asking`` alone, never from the environment. Failures are raised
    as httpcore's exceptions, which tell more than httpx's. ``backend.patience`` is set before each request.
    """

    def __init__(self, asking: Asking, folder: Path) -> None:
        self.backend = Backend()
        self._asking = asking
        self._folder = folder
        self._lock = threading.Lock()
        self._trust: ssl.SSLContext | None = None
        self._pools: dict[tuple[bytes, bool], httpcore.ConnectionPool] = {}

    @property
    def proxied(self) -> bool:
        """Whether requests go through a proxy."""
        return bool(self._asking.proxy)

    def trust(self) -> ssl.SSLContext:
        """Verifies host name and chain, against ``ca_bundle`` in place of the system's authorities where it is set."""
        if self._trust is None:
            self._trust = trust(self._asking, self._folder)
        return self._trust

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The response; its ``stream`` yields the body as it comes over the wire."""
        extensions = dict(request.extensions)
        # httpcore would hand an extension on to a proxy's tunnel, too: the target goes into the address.
        target = extensions.pop("target", request.url.raw_path)
        fresh = bool(extensions.pop("fresh", False))
        answer = self._pool(request.url.raw_scheme, fresh).handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=target,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=extensions,
            )
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=WireBody(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def _pool(self, scheme: bytes, fresh: bool) -> httpcore.ConnectionPool:
        with self._lock:
            pool = self._pools.get((scheme, fresh))
            if pool is None:
                pool = self._pools[scheme, fresh] = self._made(scheme, fresh)
            return pool

    def _made(self, scheme: bytes, fresh: bool) -> httpcore.ConnectionPool:
        context = self.trust() if scheme == b"https" else None
        kept = 0 if fresh else _CONNECTIONS
        if not self.proxied:
            return httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=_CONNECTIONS,
                max_keepalive_connections=kept,
                keepalive_expiry=_KEPT_IDLE_SECONDS,
                network_backend=self.backend,
            )
        proxy, _ = split(self._asking.proxy)
        return httpcore.HTTPProxy(
            proxy_url=httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/"),
            ssl_context=context,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=kept,
            keepalive_expiry=_KEPT_IDLE_SECONDS,
            network_backend=self.backend,
        )


class WireBody(httpx.SyncByteStream):
    """The body of an answer as it comes over the wire; closing it early closes the connection."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        pieces = self._answer.stream
        assert isinstance(pieces, Iterable)
        yield from pieces

    def close(self) -> None:
        """Gives the connection back, or closes it where the body was not read to its end or more came than that."""
        # What follows an answer would be taken for the answer to the next question. Only h11, deep inside, has it.
        connection: Any = self._answer.stream
        if connection._stream._connection._h11_state.trailing_data[0]:
            self._answer.extensions["network_stream"].out_of_step = True
        self._answer.close()


def trust(asking: Asking, folder: Path) -> ssl.SSLContext:
    """
    Verifies host name and chain, against ``ca_bundle`` in place of the system's authorities where it is set, and shows
    ``client_certificate`` where one is. Raises Refused where a file of these is no good.
    """
    try:
        context = ssl.create_default_context(cafile=str(folder / asking.ca_bundle) if asking.ca_bundle else None)
        # Python sets both from 3.13 on; a service is judged the same by every Python, and no browser is as strict.
        context.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)
        if asking.client_certificate:
            key = str(folder / asking.client_key) if asking.client_key else None
            context.load_cert_chain(str(folder / asking.client_certificate), key)
    except OSError as error:  # ssl.SSLError is one
        raise Refused(
            "trust-not-readable",
            "the PEM files that [asking] names (ca_bundle, client_certificate, client_key)",
            f"{type(error).__name__}: {error.strerror or error.args[0]}",
            "Correct the paths in the target file; they are relative to it.",
        ) from None
    return context
