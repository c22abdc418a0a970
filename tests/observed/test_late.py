"""Lines of one request that come one after the other, others' among them, while the file is rotated; and an echo."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.examples.foreign import verified

LATE_SECONDS = 0.3
TARGET = """
version = 1
name = "late"
base_url = "URL"
[permits]
breaks = true
[secrets]
store = { env = "STORE" }
[[health]]
name = "health"
path = "/health"
[[endpoints]]
name = "list"
path = "/list"
[[endpoints]]
name = "closed"
path = "/closed"
roles = { anonymous = 401 }
[logs]
file = "log"
endpoint = "list"
lines = 1
members = ["status"]
within_seconds = 5.0
[logs.events]
unauthenticated = { event = "refused" }
answered = { event = "data.read" }
[error_tracker]
address = "store"
path = "/errors?id={request_id}"
endpoint = "list"
provoke = { X-Provoke = "error" }
"""


@contextmanager
def late(file: Path, provoked: list[str]) -> Iterator[str]:
    """A service whose access line comes at once, what was done later, and behind a rotation."""
    writing, timers = threading.Lock(), list[threading.Timer]()

    def write(*lines: dict[str, object], rotated: bool = False) -> None:
        with writing:
            if rotated and file.exists():
                file.rename(file.with_suffix(".1"))
            with file.open("a", encoding="utf-8") as log:
                log.writelines(json.dumps(line) + "\n" for line in lines)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = self.headers.get("X-Request-ID")
            status = 401 if self.path == "/closed" else 200
            if self.path.startswith(("/list", "/closed")):
                if "X-Provoke" in self.headers:
                    provoked.append(self.path)
                write({"request_id": own, "event": "began"}, {"request_id": f"{own}0", "event": "of another"})
                event = "refused" if status == 401 else "data.read"
                ended = ({"request_id": own, "status": status}, {"request_id": own, "event": event})
                timers.append(threading.Timer(LATE_SECONDS, write, ended, {"rotated": True}))
                timers[-1].start()
            content = json.dumps({"asked": self.path, "found": []}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        for each in (thread, *timers):
            each.join(5)


def test_lines_are_waited_for_and_an_echo_is_no_error(tmp_path: Path) -> None:
    provoked: list[str] = []
    target = tmp_path / "target.toml"
    with late(tmp_path / "log", provoked) as url:
        target.write_text(TARGET.replace("URL", url), encoding="utf-8")
        record = verified(target, {"STORE": url}, "-k", "test_logs or test_error_tracking")

    found = {
        check["id"].partition("::test_")[2]: (check["state"], *[one["rule"] for one in check["findings"]])
        for check in record["checks"]
        if check["state"] != "not_run"
    }
    assert {
        "requests_leave_their_line": ("pass",),
        "every_line_is_one_json_object": ("pass",),
        "no_secret_is_logged[header]": ("pass",),
        "no_secret_is_logged[query]": ("pass",),
        "no_secret_is_logged[credential]": ("pass",),
        "acts_leave_their_event[unauthenticated]": ("pass",),
        "acts_leave_their_event[answered]": ("pass",),
        "errors_reach_the_tracker": ("inconclusive", "error-tracker-credulous"),
        "errors_hold_no_secret": ("inconclusive", "error-tracker-credulous"),
    } == found
    assert [] == provoked
