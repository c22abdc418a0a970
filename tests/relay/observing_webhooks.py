"""What a receiver sees of deliveries, signed and unsigned, first and repeated."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from prodverify.wire import clock
from tests.relay.receiving import Receiver

Execute = Callable[..., Any]
Facts = dict[str, Any]
SIGNERS = ("webhook_secret", "previous_webhook_secret", "other_webhook_secret")


def webhooks(execute: Execute, receiver: Receiver, values: Mapping[str, str]) -> Facts:
    receiver.received.clear()
    answers = [execute(role, callback_url=receiver.url) for role in ("developer", "bystander")]
    try:
        receiver.wait_for(2, within_seconds=1.0)
    except clock.NotInTime:
        return {"delivered": False}
    clock.sleep(0.1, "the time in which more would come")
    ids = [answer.headers["x-request-id"] for answer in answers]
    facts = [_facts(headers, body, values, ids) for headers, body in receiver.received]
    return {"delivered": True, "each": sorted(map(repr, facts))}


def _facts(headers: dict[str, str], body: bytes, values: Mapping[str, str], ids: list[str]) -> Facts:
    signature = hmac.new(values["signing_secret"].encode(), body, hashlib.sha256).hexdigest()
    stamp = headers.get("webhook-timestamp", "")
    signed = f"{headers.get('webhook-id')}.{stamp}.".encode() + body
    signatures = headers.get("webhook-signature", "").split(" ")
    return {
        "signed": headers.get("x-signature") == f"sha256={signature}",
        "caused": ids.index(headers["x-request-id"]) if headers.get("x-request-id") in ids else "by another",
        "kind": headers.get("content-type"),
        "large": len(body) > 20_000,
        "id": "x-delivery-id" in headers,
        "fresh": stamp.isdigit() and abs(int(stamp) - time.time()) < 60,
        "signers": [name for name in SIGNERS if _standard(values[name], signed) in signatures],
    }


def _standard(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def webhook_retries(execute: Execute, values: Mapping[str, str]) -> Facts:
    receivers = {status: Receiver() for status in (204, 302, 410, 429, 500, 503)}
    try:
        for status, receiver in receivers.items():
            receiver.statuses = [status, 204] if status in (302, 429, 500, 503) else [status]
            execute("developer", callback_url=receiver.url)
        clock.sleep(0.6, "the time in which a first repeat comes")
        facts: Facts = {str(status): len(receiver.received) for status, receiver in receivers.items()}
        methods = [headers[":method"] for headers, _ in receivers[302].received]
        repeated = receivers[500].received
        names = {headers["webhook-id"] for headers, _ in repeated}
        signers = [_facts(headers, body, values, [])["signers"] for headers, body in repeated]
    finally:
        for receiver in receivers.values():
            receiver.stop()
    return {**facts, "methods": methods, "names": len(names), "signers": signers}


def webhook_patience(execute: Execute) -> Facts:
    refusing, beside = Receiver(), Receiver()
    refusing.statuses = [500]
    try:
        with socket.create_server(("127.0.0.1", 0)) as hanging:
            execute("developer", callback_url=refusing.url)
            execute("developer", callback_url=f"http://127.0.0.1:{hanging.getsockname()[1]}/")
            connection, _ = hanging.accept()
            with connection:
                execute("developer", callback_url=beside.url)
                clock.sleep(1.0, "the time in which another delivery arrives")
                arrived = len(beside.received)
                connection.settimeout(1.5)
                given_up = _ends(connection)
        repeated = refusing.wait_for(3, within_seconds=10.0)  # the third attempt is a second later, whatever the clock
        stamps = {headers["webhook-timestamp"] for headers, _ in repeated}
    finally:
        refusing.stop()
        beside.stop()
    return {"beside": arrived, "given up": given_up, "stamped anew": len(stamps) > 1}


def _ends(connection: socket.socket) -> bool:
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    return True
