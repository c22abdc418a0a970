"""What a caller can see of Relay, subject by subject, as facts that are the same each time that it is healthy."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg

from fixtures.relay.boot import FRONT_END
from prodverify.wire import clock
from tests.relay import knocking, naming, observing_sessions, observing_webhooks
from tests.relay.observing_refusals import Refusals
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
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "public-key-pins",
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
ORIGINS = (
    FRONT_END,
    "https://stranger.example",
    "null",
    f"{FRONT_END}.stranger.example",
    "https://strangerapp.relay.example",
    "https://strangerrelay.example",
    FRONT_END.replace("app.", "appx"),
    FRONT_END.replace("https", "http"),
)
ENDPOINTS = (
    ("GET", "/actions", None),
    ("POST", "/actions/preview", {"action": "echo", "arguments": {"text": "hello"}}),
    ("POST", "/actions/execute", {"execution_token": "not-a-token"}),
    ("GET", "/audit", None),
    ("GET", "/api-keys", None),
    ("GET", "/workspaces/current", None),
)


@dataclass(frozen=True)
class Observer(Refusals):
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

    def cors(self) -> Facts:
        facts: Facts = {}
        for origin in ORIGINS:
            for method, path in (("GET", "/actions"), ("GET", "/audit"), ("OPTIONS", "/actions")):
                role = "anonymous" if method == "OPTIONS" else "admin"
                lines = {"Origin": origin, "Access-Control-Request-Method": "GET"}
                answer = self.ask(method, path, role, headers=lines)
                told = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
                facts[f"{method} {path} {origin}"] = (answer.status_code, told, answer.headers.get("vary"))
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
        answers = {"success": self.ask("GET", "/actions", "admin"), "limited": self._refusal()}
        return {**self.scripts(), **{kind: _secured(answer) for kind, answer in answers.items()}}

    def scripts(self) -> Facts:
        answers = {
            "page": self.ask("GET", "/status"),
            "script": self.ask("GET", "/static/status.js"),
            "error": self.ask("GET", "/actions"),
            "missing": self.ask("GET", "/nowhere", "admin"),
            "redirect": self.ask("GET", "/docs/latest"),
        }
        return {kind: _secured(answer) for kind, answer in answers.items()}

    def pages(self) -> Facts:
        answers = {path: self.ask("GET", path) for path in ("/status", "/static/status.js")}
        named = ("content-type", "content-security-policy")
        return {path: [answer.headers.get(name) for name in named] for path, answer in answers.items()}

    def caching(self) -> Facts:
        facts: Facts = {}
        for path in ("/actions", "/audit", "/workspaces/current"):
            answer = self.ask("GET", path, "admin")
            stranger = self.ask("GET", path).status_code
            facts[path] = answer.headers.get("cache-control"), answer.headers.get("age"), stranger
        return facts

    def contract(self) -> Facts:
        bodies = {path: self.ask(method, path, "admin", json=body) for method, path, body in ENDPOINTS[:2]}
        actions, preview = (answer.json() for answer in bodies.values())
        return {
            "actions": [sorted(action) for action in actions["actions"]],
            "preview": sorted(preview),
            "workspace": sorted(self.ask("GET", "/workspaces/current", "admin").json()),
        }

    def webhooks(self) -> Facts:
        return observing_webhooks.webhooks(self.execute, self.receiver, self.values)

    def webhook_retries(self) -> Facts:
        return observing_webhooks.webhook_retries(self.execute, self.values)

    def webhook_patience(self) -> Facts:
        return observing_webhooks.webhook_patience(self.execute)

    def incoming(self) -> Facts:
        return knocking.incoming(self.ask, self.values)

    def callbacks(self) -> Facts:
        return naming.callbacks(self.execute)

    def sessions(self) -> Facts:
        return observing_sessions.sessions(self.ask, self.values)

    def log_in_limit(self) -> Facts:
        return observing_sessions.log_in_limit(self.ask)

    def cookies(self) -> Facts:
        return observing_sessions.cookies(self.ask, self.values)

    def objects(self) -> Facts:
        return observing_sessions.objects(self.ask)

    def coverage(self) -> Facts:
        return observing_sessions.coverage(self.ask)

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


def _secured(answer: httpx.Response) -> list[str | None]:
    return [answer.headers.get(name) for name in SECURITY]
