"""
A small service on loopback that lets in whoever has logged in, and keeps a log of what it was asked.

``python letting_in.py LOG LIFE TOLD`` prints its port. What a log-in gives is good for LIFE seconds (0: for ever),
which is said with it where TOLD is 1. Ways in: a cookie from ``/sessions``, a bearer token from ``/oauth`` (client
credentials) or ``/tokens`` (a JSON body).
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOG = open(sys.argv[1], "w", buffering=1)  # noqa: SIM115 - open as long as the process
LIFE, TOLD = float(sys.argv[2]), sys.argv[3] == "1"
GIVEN = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        shown = self.headers.get("Cookie", "").removeprefix("sid=") or self.headers.get("Authorization", "")[7:]
        good = self.path == "/" or GIVEN.get(shown, 0.0) > time.monotonic()
        self.answer(200 if good else 401, {}, shown)

    def do_POST(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if not any(secret in asked + self.headers.get("Authorization", "") for secret in ("in-4f1d", "Basic ")):
            self.answer(401, {}, "")
            return
        token = f"token-{len(GIVEN)}-4f1d9a"
        GIVEN[token] = time.monotonic() + LIFE if LIFE else float("inf")
        life = {"expires_in": LIFE} if TOLD else {}
        cookie = {"Set-Cookie": f"sid={token}; Path=/" + (f"; Max-Age={int(LIFE)}" if TOLD else "")}
        headers = cookie if self.path == "/sessions" else {}
        self.answer(200, headers, "", {"access_token": token, "token": token, **life})

    def answer(self, status, headers, shown, body=None):
        LOG.write(json.dumps({"method": self.command, "path": self.path, "status": status, "shown": shown}) + "\n")
        content = json.dumps(body or {}).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdout.write(f"{server.server_port}\n")
sys.stdout.flush()
sys.stdin.read()
