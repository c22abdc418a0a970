"""What stands between a sender and us: a request bin that lists what it got, and a proxy under a public address."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Bin:
    """What was posted, the newest first, and what it says it is."""

    url: str
    kept: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200


@contextmanager
def listening() -> Iterator[Bin]:
    """A bin on a free port of this machine."""
    found = Bin("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = [{"name": name, "value": value} for name, value in self.headers.items()]
            entry = {"uuid": len(found.kept) + 1, "raw": base64.b64encode(body).decode(), "headers": headers}
            found.kept.insert(0, entry)
            self.answer(200, {})

        def do_GET(self) -> None:
            self.answer(found.status, {"data": found.kept})

        def answer(self, status: int, document: Any) -> None:
            written = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Proxy:
    """A public address that leads to a port of ours; requests with the method ``drops`` are swallowed."""

    url: str
    port: int
    drops: str = ""


@contextmanager
def forwarding() -> Iterator[Proxy]:
    """A proxy on a free port, to another free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = Proxy("", probe.getsockname()[1])

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status = 200
            if self.command != found.drops:
                connection = http.client.HTTPConnection("127.0.0.1", found.port, timeout=5)
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                status = connection.getresponse().status
                connection.close()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = forward  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()
