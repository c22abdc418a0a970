"""A receiver of webhooks."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from prodverify.wire import clock


class Receiver:
    """A listener of our own that answers with the statuses it was told, the last one for ever."""

    def __init__(self) -> None:
        self.statuses = [204]
        self.received: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                lines = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(({":method": self.command, **lines}, body))
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                if status == 503:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = take  # noqa: N815 - names of the standard library

            def log_message(self, *said: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def wait_for(self, count: int, *, within_seconds: float = 10.0) -> list[tuple[dict[str, str], bytes]]:
        def arrived() -> list[tuple[dict[str, str], bytes]] | None:
            return self.received if len(self.received) >= count else None

        return clock.poll(arrived, within_seconds=within_seconds, every_seconds=0.01, what=f"{count} deliveries")

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
