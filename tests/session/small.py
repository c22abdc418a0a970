"""A small loopback service whose answers a test sets; it remembers what it was asked, and when."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = 'key-accepted-0001/+"&'
"""Looks different raw, in a URL, in JSON and in HTML."""
Answer = tuple[int, dict[str, str], bytes]
HEALTHY: Answer = (200, {}, b'{"status": "ok", "version": "7.1"}')


@dataclass(frozen=True)
class Asked:
    """One request, as it was heard; times are monotonic seconds."""

    method: str
    path: str
    headers: dict[str, str]
    began: float
    ended: float


@dataclass
class SmallService:
    """What it answers, by path, and what it was asked."""

    answers: dict[str, Callable[[Any], Answer] | Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    """Keys that were made, by id."""

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[SmallService]:
        """One that listens on a free port."""
        service = cls({"/health": HEALTHY})
        service.answers["/things"] = service.things

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        server = Listener(("127.0.0.1", 0), _handler(service))
        service.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield service
        server.shutdown()
        server.server_close()

    def things(self, handler: Any) -> Answer:
        """Served to whoever has a key."""
        presented = handler.headers.get("X-API-Key", "").encode("latin-1").decode("utf-8", "replace")
        if presented == KEY or presented in self.keys.values():
            return 200, {}, b'{"things": []}'
        return 401, {"WWW-Authenticate": "ApiKey"}, b'{"error": "who are you"}'

    def make_key(self, handler: Any) -> Answer:
        """POST makes a key under the next id."""
        if handler.command != "POST":
            return 405, {}, b"{}"
        number = str(len(self.keys) + 1)
        self.keys[number] = f"made-key-{number}-{time.monotonic_ns()}"
        return 201, {}, json.dumps({"id": number, "key": self.keys[number]}).encode()

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [asked.path for asked in self.asked]


def _handler(service: SmallService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            began = time.monotonic()
            self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            path = self.path.partition("?")[0]
            if self.command == "DELETE" and path not in service.answers:
                gone = service.keys.pop(path.rpartition("/")[2], None)
                status, headers, body = (200 if gone else 404), {}, b"{}"
            else:
                answer = service.answers.get(path, (404, {}, b'{"error": "missing"}'))
                status, headers, body = answer(self) if callable(answer) else answer
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "X-App": "small", **headers}.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked may have been killed by a test
                self.wfile.write(body)
            heard = {name.lower(): value for name, value in self.headers.items()}
            service.asked.append(Asked(self.command, self.path, heard, began, time.monotonic()))

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    return Handler
