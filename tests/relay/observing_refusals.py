"""What a caller can see of refusals, ids, odd input, methods and paths, as facts that are the same each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

Facts = dict[str, Any]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
USUAL = "3f2b8c1e-8f0b-4f0a-9d53-4b1f6f0f7c11"
PATHS = ("/", "/.git/HEAD", "/.env", "/.hidden", "/actuator/env", "/backup.sql", "/debug/vars", "/openapi.json")


class Refusals:
    """Asks for what is refused."""

    ask: Callable[..., httpx.Response]
    execute: Callable[..., httpx.Response]

    def refusals(self) -> Facts:
        answers = {
            "unauthenticated": self.ask("GET", "/actions"),
            "forbidden": self.ask("GET", "/audit", "viewer"),
            "missing": self.ask("GET", "/nowhere", "admin"),
            "missing again": self.ask("GET", "/nowhere", "admin"),
            "method": self.ask("PUT", "/actions", "admin"),
            "malformed": self.ask("POST", "/actions/preview", "admin", json={}),
            "too large": self._body("application/json", b'{"' + b"x" * 70_000),
            "media type": self._body("text/plain", b"x"),
            "unreadable": self._body("application/json", b'{"'),
            "limited": self._refusal(),
        }
        return {kind: _shape(answer) for kind, answer in answers.items()}

    def request_ids(self) -> Facts:
        answers = [self.ask("GET", path, "admin") for path in ("/actions", "/nowhere", "/actions")]
        sent = {kind: {"X-Request-ID": value} for kind, value in (("long", "x" * 300), ("markup", "<script>"))}
        facts: Facts = {"ids": len({answer.headers.get("x-request-id") for answer in answers})}
        facts["missing"] = all("x-request-id" in answer.headers for answer in answers)
        usual = self.ask("GET", "/actions", "admin", headers={"X-Request-ID": USUAL})
        facts["usual"] = usual.headers.get("x-request-id") == USUAL
        for kind, lines in sent.items():
            answer = self.ask("GET", "/actions", "admin", headers=lines)
            facts[kind] = answer.status_code, answer.headers.get("x-request-id") == lines["X-Request-ID"]
        return facts

    def intake(self) -> Facts:
        traces = {
            "trace": {"traceparent": "garbage"},
            "later": {"traceparent": f"cc{TRACE[2:]}-more"},
            "state": {"traceparent": TRACE, "tracestate": "=1"},
        }
        asked = {kind: self.ask("GET", "/actions", "admin", headers=lines) for kind, lines in traces.items()}
        asked |= {
            "preview": self.ask("POST", "/actions/preview", "admin", json={"action": "no-such-action"}),
            "execute": self.ask("POST", "/actions/execute", "admin", json={"execution_token": "nonsense"}),
            "long": self.ask("GET", f"/actions?q={'x' * 2000}", "admin"),
            "encoded": self.ask("GET", "/actions?%00=%00", "admin"),
        }
        return {kind: answer.status_code for kind, answer in asked.items()}

    def methods(self) -> Facts:
        facts: Facts = {}
        for method, role in (
            *((method, role) for method in ("HEAD", "PRODVERIFY") for role in ("admin", "anonymous")),
            ("TRACE", "anonymous"),
            ("OPTIONS", "anonymous"),
        ):
            answer = self.ask(method, "/actions", role)
            facts[f"{method} {role}"] = answer.status_code, answer.headers.get("content-length")
        for path, lines in (("", {"X-HTTP-Method-Override": "GET"}), ("?_method=GET", {})):
            facts[f"override {path}"] = self.ask("POST", f"/actions{path}", "admin", headers=lines).status_code
        facts["allow"] = self.ask("GET", "/actions/preview", "admin").headers.get("allow")
        return facts

    def exposure(self) -> Facts:
        return {path: self.ask("GET", path).status_code for path in PATHS}

    def _body(self, media_type: str, body: bytes) -> httpx.Response:
        return self.ask("POST", "/actions/preview", "admin", content=body, headers={"Content-Type": media_type})

    def _refusal(self) -> httpx.Response:
        return next(answer for answer in (self.execute("burster") for _ in range(90)) if answer.status_code == 429)


def _shape(answer: httpx.Response) -> tuple[Any, ...]:
    media_type = answer.headers["content-type"]
    told = [answer.headers.get(name) for name in ("x-error", "x-served-by")]
    if "json" not in media_type:
        return answer.status_code, media_type, *told
    body = answer.json()
    same = body.get("request_id") == answer.headers.get("x-request-id")
    return answer.status_code, media_type, sorted(body), body.get("status"), body.get("type"), same, *told
