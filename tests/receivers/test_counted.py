"""Where effects are counted for everybody together, only what repeats itself exactly is held against a receiver."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from prodverify.judges.schemes.message import Message
from prodverify.judges.signatures import Trust, judge
from prodverify.wire.exchange import HeaderList
from tests.examples.foreign import verified

SECRET = "only-for-practice"  # pragma: allowlist secret
TARGET = """
version = 1
name = "counted"
base_url = "{url}"
[permits]
writes = true
[asking]
rate_per_second = 500.0
[secrets]
webhook = {{ env = "WEBHOOK_SECRET" }}
[[receivers]]
name = "hook"
path = "/hook"
secret = "webhook"
body = '{{"type": "ping"}}'
id_header = "X-Delivery-ID"
deduplicates = true
[receivers.effect]
path = "/count"
count_at = "/count"
within_seconds = 0.2
"""


@contextmanager
def counting(*, forgetful: bool = False, busy: bool = False) -> Iterator[str]:
    """A receiver that counts; a forgetful one acts on repeats, and a busy one has other senders, too."""
    state = {"count": 0}
    known: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found = judge(Message(body, HeaderList(self.headers.items())), Trust("hex", SECRET))
            if not found and (forgetful or self.headers["X-Delivery-ID"] not in known):
                known.add(self.headers["X-Delivery-ID"])
                state["count"] += 1
            self.answer(401 if found else 202)

        def do_GET(self) -> None:
            state["count"] += 3 * busy
            self.answer(200)

        def answer(self, status: int) -> None:
            text = json.dumps(state).encode()
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


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (
            {"forgetful": True},
            {"effect_once": ("pass", ""), "second_effect": ("fail", "receiver-acts-again")},
        ),
        (
            {"busy": True},
            {
                "effect_once": ("inconclusive", "receiver-effect-unclear"),
                "second_effect": ("inconclusive", "receiver-effect-unclear"),
            },
        ),
    ],
    ids=["forgetful", "busy"],
)
def test_a_count_of_everybody_is_read_with_care(how, expected, tmp_path):
    with counting(**how) as url:
        file = tmp_path / "counted.toml"
        file.write_text(TARGET.format(url=url), encoding="utf-8")
        record = verified(file, {"WEBHOOK_SECRET": SECRET}, "-k", "effect_once or second_effect")

    cases = {case["id"]: case for case in record["checks"] if "[hook]" in case["id"]}
    found = {
        name: (case["state"], case["findings"][0]["rule"] if case["findings"] else "")
        for name in expected
        for case_id, case in cases.items()
        if name in case_id
    }
    assert expected == found
