"""What came and was no delivery is told with why it was refused; what is beyond our own limit is our own affair."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

from prodverify.wire.receiver import MAX_BODY_BYTES
from tests.session.small import SmallService
from tests.session.suite import Suite

TARGET = """
version = 1
name = "refused"
base_url = "{url}"
[permits]
writes = true
[secrets]
signing = {{ env = "SIGNING" }}
"""
WEBHOOK = """
[[journeys]]
name = "{name}"
[[journeys.steps]]
path = "/event"
body = {{ name = "{name}" }}
[[webhooks]]
name = "{name}"
secret = "signing"
role = "anonymous"
journey = "{name}"
deliver_to = "url"
within_seconds = 0.5
listen = "127.0.0.1:{port}"
"""
SENT = {
    "odd": (b"X Bad: 0123456789\r\n", b"{}"),
    "large": (b"", bytes(MAX_BODY_BYTES + 1)),
    "unheard": (b"", b"{}"),
}


def sent(url: str, lines: bytes, body: bytes) -> None:
    parts = urlsplit(url)
    head = b"POST %b HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n" % (parts.path.encode(), lines, len(body))
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(head + body)
        connection.recv(65536)


def event(handler):
    said = json.loads(handler.body)
    threading.Thread(target=sent, args=(said["url"], *SENT[said["name"]]), daemon=True).start()
    return 200, {}, b"{}"


def test_why_nothing_was_received_is_told_and_our_own_limits_are_not_held_against_the_service(tmp_path: Path):
    suite = Suite(tmp_path)
    with SmallService.started() as small, socket.create_server(("127.0.0.1", 0)) as taken:
        small.answers["/event"] = event
        ports = {"unheard": taken.getsockname()[1]}
        hooks = "".join(WEBHOOK.format(name=name, port=ports.get(name, 0)) for name in SENT)
        path = tmp_path / "refused.toml"
        path.write_text(TARGET.format(url=small.url) + hooks, encoding="utf-8")
        run = suite("checks/test_webhooks.py", "--target", path, "-k", "is_signed", "-n", "0", SIGNING="0123456789")

    cases = {name: run.cases[f"test_webhooks.py::test_delivery_is_signed[{name}]"] for name in SENT}
    assert {
        "odd": ("fail", "delivery-missing"),
        "large": ("inconclusive", "delivery-beyond-our-limit"),
        "unheard": ("inconclusive", "receiver-not-listening"),
    } == {name: (case["state"], case["findings"][0]["rule"]) for name, case in cases.items()}
    told = "meanwhile our receiver refused a request with 400, illegal header line"
    assert cases["odd"]["findings"][0]["observed"].endswith(told)
