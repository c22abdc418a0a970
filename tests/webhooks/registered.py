"""A service that delivers to registered addresses alone: every event of a workspace, to all that it has registered."""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from prodverify.judges.schemes.message import Message
from prodverify.judges.schemes.table import sign
from tests.session.small import SmallService

KEYS = {"one-workspace-key": "one", "other-workspace-key": "other"}
TARGET = """
version = 1
name = "registered"
base_url = "{url}"
[permits]
writes = true
[asking]
rate_per_second = 500.0
application_header = "X-App"
[secrets]
one = {{ env = "ONE_KEY" }}
other = {{ env = "OTHER_KEY" }}
signing = {{ env = "SIGNING_SECRET" }}
[roles.us]
scheme = "header"
credential = "one"
[roles.them]
scheme = "header"
credential = "other"
[[journeys]]
name = "event"
[[journeys.steps]]
path = "/events"
status = 202
[[webhooks]]
name = "hook"
scheme = "standard-webhooks"
role = "us"
other_role = "them"
journey = "event"
request_id_header = "X-Request-ID"
within_seconds = 2.0
quiet_seconds = 0.3
{promises}
[webhooks.registration]
path = "/webhooks"
role = "us"
body = {{ config = {{ events = ["ping"] }} }}
address_at = "/config/url"
remove_path = "/webhooks/"
{secret}
"""
ALL = """
retries_within_seconds = 1.0
retry_after_seconds = 2
gives_up_within_seconds = 1.5
refuses_redirects = true
disables_on_410 = true
delivers_once = true
"""
MADE = 'made_secret_at = "/secret"'
VALUES = {
    "ONE_KEY": "one-workspace-key",
    "OTHER_KEY": "other-workspace-key",
    "SIGNING_SECRET": "whsec_b25seS1mb3ItcHJhY3RpY2Utb25seQ==",  # pragma: allowlist secret
}
_WAITS_SECONDS = (0.2, 0.3, 0.3)
_PATIENCE_SECONDS = 0.8


@dataclass(frozen=True)
class Hook:
    """One registered address."""

    url: str
    secret: str
    workspace: str


@dataclass
class Hooks:
    """What is registered, and what is wrong with the service."""

    small: SmallService
    leaks: bool = False
    shares_secret: bool = False
    impatient: bool = False
    noisy: bool = True
    """Every event comes after another one that nobody of us caused, and a registration is followed by a ping."""

    def __post_init__(self) -> None:
        self.known: dict[str, Hook] = {}
        self.made: list[str] = []
        self.small.answers |= {"/webhooks": self.register, "/events": self.event}

    def register(self, handler: Any) -> tuple[int, dict[str, str], bytes]:
        """POST stores an address under the next id, and says its secret where none was said."""
        config = json.loads(handler.body)["config"]
        made = "whsec_c2hhcmVkIGJ5IGV2ZXJ5Ym9keQ==" if self.shares_secret else f"whsec_{secrets.token_hex(16)}"
        hook = Hook(config["url"], config.get("secret") or made, KEYS[handler.headers["X-API-Key"]])
        identifier = str(len(self.made) + 1)
        self.made.append(hook.secret)
        self.known[identifier], self.small.keys[identifier] = hook, hook.url
        if self.noisy:
            self.send(identifier, "")
        return 201, {}, json.dumps({"id": identifier, "secret": hook.secret}).encode()

    def event(self, handler: Any) -> tuple[int, dict[str, str], bytes]:
        """POST is an event of the caller's workspace."""
        request_id, workspace = secrets.token_hex(8), KEYS[handler.headers["X-API-Key"]]
        for identifier in list(self.small.keys):
            if self.leaks or self.known[identifier].workspace == workspace:
                for cause in [secrets.token_hex(8)] * self.noisy + [request_id]:
                    self.send(identifier, cause)
        return 202, {"X-Request-ID": request_id}, b"{}"

    def send(self, identifier: str, request_id: str) -> None:
        """In the background, again and again until it arrives."""
        threading.Thread(target=self._send, args=(identifier, request_id), daemon=True).start()

    def _send(self, identifier: str, request_id: str) -> None:
        hook, name = self.known[identifier], f"msg_{secrets.token_hex(8)}"
        for wait in _WAITS_SECONDS:
            if identifier not in self.small.keys:
                return
            status, asked = _posted(hook, name, request_id)
            if 200 <= status < 300:
                return
            if status == 410:
                self.small.keys.pop(identifier, None)
                return
            time.sleep(wait if self.impatient else max(wait, asked))


def _posted(hook: Hook, name: str, request_id: str) -> tuple[int, float]:
    """The status of the answer, 0 where there is none, and how long it asks to be left in peace."""
    body, parts = b'{"type": "ping"}', urlsplit(hook.url)
    signed = sign("standard-webhooks", Message(body), [hook.secret], moment=time.time(), identifier=name)
    lines = {"Content-Type": "application/json", "User-Agent": "hooks", **dict(signed)}
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("POST", parts.path, body, {**lines, **({"X-Request-ID": request_id} if request_id else {})})
        answer = connection.getresponse()
        return answer.status, float(answer.headers.get("Retry-After", "0"))
    except OSError:
        return 0, 0.0
    finally:
        connection.close()


@contextmanager
def hooks(**wrong: bool) -> Iterator[Hooks]:
    """It listens on a free port."""
    with SmallService.started() as small:
        yield Hooks(small, **wrong)


def target(url: str, *, promises: str = "", secret: str = MADE) -> str:
    """The target file that it is verified by."""
    return TARGET.format(url=url, promises=promises, secret=secret)


def first_rules(cases: Mapping[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """State and first rule of each case that ran, by the name of its function."""
    return {
        name.partition("::")[2].partition("[")[0]: (
            case["state"],
            case["findings"][0]["rule"] if case["findings"] else "",
        )
        for name, case in cases.items()
        if case["state"] != "not_run"
    }
