"""Lines of one request that come one after the other, others' among them, while the file is rotated; and an echo."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from fixtures.relay.double import Answer, Double, Request
from tests.examples.foreign import verified
from tests.observed.small import listening

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


class Late(Double):
    """A service whose access line comes at once, what was done later, and behind a rotation."""

    def __init__(self, file: Path) -> None:
        self._file, self._writing = file, threading.Lock()
        self.provoked: list[str] = []

    def answer(self, request: Request) -> Answer:
        own, status = request.headers.get("x-request-id"), 401 if request.path == "/closed" else 200
        if request.path in ("/list", "/closed"):
            if "x-provoke" in request.headers:
                self.provoked.append(request.path)
            self._write({"request_id": own, "event": "began"}, {"request_id": f"{own}0", "event": "of another"})
            event = "refused" if status == 401 else "data.read"
            ended = ({"request_id": own, "status": status}, {"request_id": own, "event": event})
            threading.Timer(LATE_SECONDS, self._write, ended, {"rotated": True}).start()
        return Answer.json(status, {"asked": f"{request.path}?{request.query}", "found": []})

    def _write(self, *lines: dict[str, object], rotated: bool = False) -> None:
        with self._writing:
            if rotated and self._file.exists():
                self._file.rename(self._file.with_suffix(".1"))
            with self._file.open("a", encoding="utf-8") as log:
                log.writelines(json.dumps(line) + "\n" for line in lines)


def test_lines_are_waited_for_and_an_echo_is_no_error(tmp_path: Path) -> None:
    target, service = tmp_path / "target.toml", Late(tmp_path / "log")
    with listening(service) as url:
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
    assert [] == service.provoked
