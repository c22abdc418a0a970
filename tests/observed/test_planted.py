"""What is sent on purpose stands in no evidence of ours, whatever a service and its stores repeat of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fixtures.relay.double import Answer, Double, Request
from tests.examples.foreign import verified
from tests.observed.small import listening

TARGET = """
version = 1
name = "telling"
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
[logs]
file = "log"
endpoint = "list"
within_seconds = 0.2
[logs.events]
answered = { event = "data.read" }
[traces]
address = "store"
endpoint = "list"
within_seconds = 0.2
[error_tracker]
address = "store"
path = "/errors/{request_id}"
endpoint = "list"
provoke = { X-Provoke = "error" }
members = ["release"]
within_seconds = 0.2
"""


class Telling(Double):
    """A service that repeats what callers send in its log, its spans and its errors."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.heard: list[str] = []
        self._by_id: dict[str, str] = {}

    def answer(self, request: Request) -> Answer:
        if request.path == "/list":
            return self._listed(request)
        told = self._by_id.get(request.path.rpartition("/")[2], "")
        if request.path.startswith("/errors/"):
            return Answer.json(200 if told else 404, [{"text": f"failed for {told}"}])
        if request.path.startswith("/api/traces/"):
            return Answer.json(200 if told else 404, _trace(request.path.rpartition("/")[2], told))
        return Answer.json(200, {})

    def _listed(self, request: Request) -> Answer:
        own, trace_id = request.headers.get("x-request-id", ""), request.headers["traceparent"].split("-")[1]
        sent = f"{request.headers.get('cookie', '')}&{request.query}".strip("&")
        self.heard += re.findall(r"=([^=&]+)", sent)
        self._by_id |= {own: f"{own} {sent}", trace_id: sent}
        with self._file.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"request_id": own, "event": sent.replace("=", " is ")}) + "\n")
        return Answer.json(500 if "x-provoke" in request.headers else 200, {"asked": request.query})


def _trace(trace_id: str, sent: str) -> Any:
    span = {"traceId": trace_id, "spanId": "ab" * 8, "name": sent.replace("=", " is ")}
    times = {"startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span | times]}]}]}


def test_planted_secrets_stand_in_no_evidence(tmp_path: Path) -> None:
    target, service = tmp_path / "target.toml", Telling(tmp_path / "log")
    with listening(service) as url:
        target.write_text(TARGET.replace("URL", url), encoding="utf-8")
        record = verified(target, {"STORE": url}, "-k", "test_logs or test_traces or test_error_tracking")

    rules = {finding["rule"] for check in record["checks"] for finding in check["findings"]}
    assert {"log-secret", "log-event-missing", "span-secret", "trace-span-missing", "error-secret"} <= rules
    evidence = b"".join(file.read_bytes() for file in (tmp_path / "reports").rglob("*") if file.is_file())
    assert 5 <= len(service.heard)
    assert [] == [secret for secret in service.heard if secret.encode() in evidence]
