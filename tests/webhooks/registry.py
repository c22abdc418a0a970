"""A service that stores addresses, or delivers to them at once: carefully or not."""

from __future__ import annotations

import ipaddress
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TARGET = """
version = 1
name = "{name}"
base_url = "{url}"
[permits]
writes = true
[asking]
rate_per_second = 500.0
[secrets]
signing = {{ env = "SIGNING_SECRET" }}
[[journeys]]
name = "naming"
[[journeys.steps]]
path = "/deliver"
[[webhooks]]
name = "hook"
secret = "signing"
role = "anonymous"
journey = "naming"
deliver_to = "url"
quiet_seconds = 0.3
[webhooks.targets]
refused = {kinds}
at_creation = {at_creation}
"""
REGISTRATION = """
[webhooks.targets.registration]
path = "/webhooks"
role = "anonymous"
body = { events = ["ping"] }
address_at = "url"
remove_path = "/webhooks/"
accepted = "https://hooks.example/ours"
"""


class Registry:
    """What is stored, what ever was, and whether addresses are looked at."""

    def __init__(self, *, careful: bool, forgetful: bool = True) -> None:
        self.careful, self.forgetful = careful, forgetful
        self.stored: dict[str, str] = {}
        self.named: list[str] = []

    def refuses(self, url: str) -> bool:
        """Whether an address is refused by a service that looks at it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            private = not ipaddress.ip_address(host).is_global or "::ffff" in host
        except ValueError:
            private = not host.endswith(".example") or host == "api.example"
        plain = parts.scheme in ("http", "https") and "@" not in url and parts.port is None
        return self.careful and (private or not plain)


@contextmanager
def running(registry: Registry) -> Iterator[str]:
    """Runs it on loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            registry.named.append(said["url"])
            if registry.refuses(said["url"]):
                self.answer(422, {"error": "no such address"})
            elif self.path == "/deliver":
                self.deliver(said["url"])
                self.answer(200, {})
            else:
                identifier = str(len(registry.named))
                registry.stored[identifier] = said["url"]
                self.answer(201, {"id": identifier})

        def do_DELETE(self) -> None:
            if registry.forgetful:
                registry.stored.pop(self.path.rpartition("/")[2])
            self.answer(204 if registry.forgetful else 500, {})

        def deliver(self, url: str) -> None:
            request = urllib.request.Request(url, data=b"{}", method="POST")
            try:
                with urllib.request.urlopen(request, timeout=2):
                    pass
            except (OSError, ValueError):
                return

        def answer(self, status: int, body: object) -> None:
            text = json.dumps(body).encode() if status != 204 else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - its name in the standard library
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
