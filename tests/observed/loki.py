"""
Loki, as its documentation has it, over the lines of a file: ``query_range`` with a selector and one line filter.

A real Loki is not at hand here. This one asks for its token and its tenant, as one that is shared does.
https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

TOKEN, TENANT = "practice-loki-4716", "practice"
_QUERY = re.compile(r'\{app="shop"\}(?: \|= `([^`]+)`)?')


@contextmanager
def loki(file: Path) -> Iterator[str]:
    """The address of one that listens until the block ends."""
    began = time.time_ns()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, stated = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            query = _QUERY.fullmatch(stated.get("query", [""])[0])
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                self._answer(401, b"unauthorized", "text/plain")
            elif self.headers["X-Scope-OrgID"] != TENANT:
                self._answer(401, b"no org id", "text/plain")
            elif path != "/loki/api/v1/query_range":
                self._answer(404, b"404 page not found", "text/plain")
            elif query is None:
                self._answer(400, b"parse error at line 1, col 1", "text/plain")
            else:
                values = _lines(file, query[1] or "", int(stated["start"][0]), int(stated["end"][0]), began)
                streams = [{"stream": {"app": "shop"}, "values": values}] if values else []
                said = {"status": "success", "data": {"resultType": "streams", "result": streams, "stats": {}}}
                self._answer(200, json.dumps(said).encode(), "application/json")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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
        thread.join(5)


def _lines(file: Path, holding: str, start: int, end: int, began: int) -> list[list[str]]:
    """Pairs of a time, which a line keeps, and the line, the newest first."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), began)
    return [[str(at), line] for at, line in reversed(list(lines)) if holding in line and start <= at <= end]
