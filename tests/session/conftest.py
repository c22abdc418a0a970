"""A small service of our own and the suite as a user runs it: a process, its exit status, its words, its record."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class SmallService:
    """A loopback service whose answers a test sets; it logs what it was asked."""

    url: str
    answers: dict[str, Callable[[Any], Answer] | Answer] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def small() -> Iterator[SmallService]:
    """Healthy at /health, 200 for key-accepted-0001 at /things, 401 for others, 404 elsewhere."""
    service = SmallService("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            service.log.append((self.command, self.path))
            service.headers.append(dict(self.headers.items()))
            answer = service.answers.get(self.path.partition("?")[0], (404, {}, b'{"error": "missing"}'))
            status, headers, body = answer(self) if callable(answer) else answer
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "X-App": "small", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    def things(handler: Any) -> Answer:
        if handler.headers.get("X-API-Key") == "key-accepted-0001":
            return 200, {}, b'{"things": []}'
        return 401, {"WWW-Authenticate": "ApiKey"}, b'{"error": "who are you"}'

    service.answers = {"/health": (200, {}, b'{"status": "ok", "version": "7.1"}'), "/things": things}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()


BASIC = """
version = 1
name = "small"
base_url = "{url}"

[permits]
{permits}

[asking]
ready_within_seconds = 2.0
{asking}

[secrets]
key = {{ env = "SMALL_KEY" }}

[roles.user]
scheme = "header"
credential = "key"

[[health]]
name = "main"
kind = "ready"
path = "/health"
version_at = "/version"
components = {{}}

[[endpoints]]
name = "things"
path = "/things"
roles = {{ user = 200, anonymous = 401 }}
fuzz = {fuzz}
"""


@dataclass
class Run:
    """A finished run of the suite."""

    status: int
    output: str
    record: dict[str, Any] | None
    folder: Path | None

    def states(self) -> dict[str, str]:
        """State of each case, by the name of its file and function."""
        assert self.record is not None, self.output
        return {check["id"].rpartition("/")[2]: check["state"] for check in self.record["checks"]}


@pytest.fixture
def target(tmp_path: Path, small: SmallService) -> Callable[..., Path]:
    """Writes a target file for the small service."""

    def write(
        extra: str = "", *, permits: str = "", asking: str = "", fuzz: str = "false", name: str = "small.toml"
    ) -> Path:
        path = tmp_path / name
        text = BASIC.format(url=small.url, permits=permits, asking=asking, fuzz=fuzz)
        path.write_text(text + extra, encoding="utf-8")
        return path

    return write


def environment(**more: str) -> dict[str, str]:
    """The environment of a user outside CI."""
    kept = {key: value for key, value in os.environ.items() if key not in {"CI", "PRODVERIFY_TARGET"}}
    return {**kept, "SMALL_KEY": "key-accepted-0001", **more}


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., Run]:
    """Runs the suite as a process, its evidence in a folder of the test's own."""

    def run(*arguments: str | Path, cwd: Path = ROOT, timeout: float = 90, **env: str) -> Run:
        reports = tmp_path / "reports"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *map(str, arguments)],
            cwd=cwd,
            env=environment(PRODVERIFY_REPORTS=str(reports), **env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        latest = reports / "latest"
        folder = latest.resolve() if latest.exists() else None
        record = json.loads((folder / "record.json").read_text(encoding="utf-8")) if folder else None
        latest.unlink(missing_ok=True)
        return Run(done.returncode, done.stdout + done.stderr, record, folder)

    return run
