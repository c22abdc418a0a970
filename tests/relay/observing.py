"""What a caller can see of Relay, subject by subject, as facts that are the same each time that it is healthy."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg

from prodverify.wire import clock
from tests.relay.receiving import Receiver

Facts = dict[str, Any]
SECURITY = (
    "strict-transport-security",
    "content-security-policy",
    "content-security-policy-report-only",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
    "x-debug-token",
    "x-sourcefiles",
)
SOUND_LIMITS: Facts = {
    "accepted as many as promised": True,
    "counted down": True,
    "reached nothing": True,
    "stated": {"60"},
    "bystander": 202,
    "wait is whole seconds": True,
    "reset is near": True,
    "nothing left": "0",
}
ENDPOINTS = (
    ("GET", "/actions", None),
    ("POST", "/actions/preview", {"action": "echo", "arguments": {"text": "hello"}}),
    ("POST", "/actions/execute", {"execution_token": "not-a-token"}),
    ("GET", "/audit", None),
    ("GET", "/api-keys", None),
    ("GET", "/workspaces/current", None),
)


@dataclass(frozen=True)
class Observer:
    """Asks Relay as whoever is needed."""

    ask: Callable[..., httpx.Response]
    execute: Callable[..., httpx.Response]
    values: Mapping[str, str]
    receiver: Receiver

    def health(self) -> Facts:
        facts: Facts = {}
        for path in ("/_stcore/health", "/health", "/health/readiness", "/health/liveness"):
            answer = self.ask("GET", path)
            body = answer.json()
            seen = {name: value for name, value in body.items() if name not in ("timestamp", "uptime_seconds")}
            sound = body.get("uptime_seconds", 0.0) >= 0.0
            slow = answer.elapsed.total_seconds() > 0.25
            facts[path] = (answer.status_code, seen, "timestamp" in body, sound, slow)
        return facts

    def access(self) -> Facts:
        facts: Facts = {}
        for role in ("admin", "developer", "viewer", "session", "revoked", "anonymous"):
            facts[role] = [self.ask(method, path, role, json=body).status_code for method, path, body in ENDPOINTS]
        key = self.values["admin_key"]
        odd = (key[:-1], key.swapcase(), "x" * len(key), "x" * 8192, f"{key}é")
        for sent in odd:
            line = {"X-API-Key": sent.encode("latin-1")}
            asked = [self.ask("GET", path, headers=line) for path in ("/actions", "/workspaces/current")]
            facts[sent[:60]] = [answer.status_code for answer in asked]
        facts["scheme"] = self.ask("GET", "/actions", headers={"Authorization": f"Bearer {key}"}).status_code
        made = self.ask("POST", "/api-keys", "admin", json={"role": "viewer", "name": "short-lived"}).json()
        self.ask("DELETE", f"/api-keys/{made['id']}", "admin")
        facts["revoked just now"] = self.ask("GET", "/actions", headers={"X-API-Key": made["key"]}).status_code
        return facts

    def limits(self) -> Facts:
        answers = [self.execute("burster") for _ in range(66)]
        accepted = [answer.headers for answer in answers if answer.status_code == 202]
        refused = [answer.headers for answer in answers if answer.status_code == 429]
        left = [int(headers.get("x-ratelimit-remaining", -1)) for headers in accepted]
        told = refused[0] if refused else {}
        facts: Facts = {
            "accepted as many as promised": 60 <= len(accepted) <= 62,
            "counted down": left[0] == 59 and all(before - after in (0, 1) for before, after in pairwise(left)),
            "reached nothing": left[-1] == 0,
            "stated": {headers.get("x-ratelimit-limit") for headers in accepted},
            "bystander": self.execute("bystander").status_code,
            "wait is whole seconds": told.get("retry-after", "").isdigit(),
            "reset is near": abs(int(told.get("x-ratelimit-reset", "0")) - time.time()) < 30,
            "nothing left": told.get("x-ratelimit-remaining"),
        }
        if facts == SOUND_LIMITS:  # only then is it worth the wait
            clock.sleep(float(told["retry-after"]), "the stated wait")
            facts["accepted again"] = self.execute("burster").status_code
        return facts

    def headers(self) -> Facts:
        answers = {
            "success": self.ask("GET", "/actions", "admin"),
            "error": self.ask("GET", "/actions"),
            "missing": self.ask("GET", "/nowhere", "admin"),
            "redirect": self.ask("GET", "/docs/latest"),
            "limited": self._refusal(),
        }
        return {kind: [answer.headers.get(name) for name in SECURITY] for kind, answer in answers.items()}

    def contract(self) -> Facts:
        bodies = {path: self.ask(method, path, "admin", json=body) for method, path, body in ENDPOINTS[:2]}
        actions, preview = (answer.json() for answer in bodies.values())
        return {
            "actions": [sorted(action) for action in actions["actions"]],
            "preview": sorted(preview),
            "workspace": sorted(self.ask("GET", "/workspaces/current", "admin").json()),
        }

    def refusals(self) -> Facts:
        answers = {
            "unauthenticated": self.ask("GET", "/actions"),
            "forbidden": self.ask("GET", "/audit", "viewer"),
            "missing": self.ask("GET", "/nowhere", "admin"),
            "method": self.ask("PUT", "/actions", "admin"),
            "malformed": self.ask("POST", "/actions/preview", "admin", json={}),
            "limited": self._refusal(),
        }
        facts: Facts = {kind: self._shape(answer) for kind, answer in answers.items()}
        facts["ids"] = len({answer.headers.get("x-request-id") for answer in answers.values()})
        return facts

    def intake(self) -> Facts:
        trace = {"traceparent": "garbage"}
        return {
            "trace": self.ask("GET", "/actions", "admin", headers=trace).status_code,
            "preview": self.ask("POST", "/actions/preview", "admin", json={"action": "no-such-action"}).status_code,
            "execute": self.ask("POST", "/actions/execute", "admin", json={"execution_token": "nonsense"}).status_code,
            "long": self.ask("GET", f"/actions?q={'x' * 2000}", "admin").status_code,
            "encoded": self.ask("GET", "/actions?%00=%00", "admin").status_code,
        }

    def webhooks(self) -> Facts:
        self.receiver.received.clear()
        answer = self.execute("developer", callback_url=self.receiver.url)
        try:
            headers, body = self.receiver.wait_for(1, within_seconds=1.0)[0]
        except clock.NotInTime:
            return {"delivered": False}
        signature = hmac.new(self.values["signing_secret"].encode(), body, hashlib.sha256).hexdigest()
        return {
            "delivered": True,
            "signed": headers.get("x-signature") == f"sha256={signature}",
            "named": headers.get("x-request-id") == answer.headers["x-request-id"],
        }

    def audit(self) -> Facts:
        everything, filtered = self.ask("GET", "/audit", "admin"), self.ask("GET", "/audit?status=ok", "admin")
        secrets = [self.values[name] for name in self.values if name.endswith(("_key", "_secret"))]
        return {
            "members": {tuple(entry) for entry in everything.json()["logs"]},
            "filtered": {entry["status"] for entry in filtered.json()["logs"]},
            "secrets": sum(secret in everything.text for secret in secrets),
        }

    def data(self) -> Facts:
        folder = Path(self.values["backup_directory"])
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with psycopg.connect(self.values["database_dsn"]) as connection:
            heads = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return {"backups": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}, "heads": heads}

    def objectives(self) -> Facts:
        facts: Facts = {}
        for method, path, body in (*ENDPOINTS[:2], ENDPOINTS[3]):
            few = [self.ask(method, path, "admin", json=body) for _ in range(4)]
            # The second fastest, since anything may keep a single answer waiting.
            slow = sorted(answer.elapsed.total_seconds() for answer in few)[1] > 0.05
            many = [] if slow or path == "/audit" else [self.ask(method, path, "admin", json=body) for _ in range(120)]
            facts[path] = slow, {answer.status_code for answer in few + many}
        return facts

    def _refusal(self) -> httpx.Response:
        return next(answer for answer in (self.execute("burster") for _ in range(90)) if answer.status_code == 429)

    def _shape(self, answer: httpx.Response) -> tuple[Any, ...]:
        media_type = answer.headers["content-type"]
        if "json" not in media_type:
            return answer.status_code, media_type
        body = answer.json()
        same = body.get("request_id") == answer.headers.get("x-request-id")
        return answer.status_code, media_type, sorted(body), body.get("status"), same
