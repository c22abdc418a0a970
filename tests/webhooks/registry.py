"""A service that stores addresses, or delivers to them at once: carefully or not."""

from __future__ import annotations

import ipaddress
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from tests.session.small import Answer, SmallService

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
    """What is stored, what ever was, whether addresses are looked at, and how some are refused."""

    def __init__(
        self, *, careful: bool, forgetful: bool = True, refusals: Mapping[str, Answer] = MappingProxyType({})
    ) -> None:
        self.careful, self.forgetful, self.refusals = careful, forgetful, refusals
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
    with SmallService.started() as small:
        registry.stored = small.keys

        def taken(handler: Any) -> Answer:
            url = json.loads(handler.body)["url"]
            registry.named.append(url)
            if registry.refuses(url):
                return registry.refusals.get(url, (422, {}, b'{"error": "no such address"}'))
            if handler.path == "/deliver":
                _deliver(url)
                return 200, {}, b"{}"
            identifier = str(len(registry.named))
            registry.stored[identifier] = url
            if not registry.forgetful:
                small.answers[f"/webhooks/{identifier}"] = (500, {}, b"{}")
            return 201, {}, json.dumps({"id": identifier}).encode()

        small.answers |= {"/webhooks": taken, "/deliver": taken}
        yield small.url


def _deliver(url: str) -> None:
    request = urllib.request.Request(url, data=b"{}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=2):
            pass
    except (OSError, ValueError):
        return
