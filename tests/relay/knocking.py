"""The partner of Relay, and what becomes of its messages."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

BODY = b'{"type": "ping"}'
PATH = "/hooks/incoming"


def lines(secret: str, identifier: str, body: bytes = BODY, *, seconds: int = 0) -> dict[str, str]:
    """The header lines of a message that is signed ``seconds`` after now."""
    stamp = str(int(time.time()) + seconds)
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": stamp,
        "webhook-signature": _signature(secret, identifier, stamp, body),
    }


def incoming(ask: Callable[..., httpx.Response], values: Mapping[str, str]) -> dict[str, Any]:
    """What is answered to each kind of message, and how often the valid one was acted upon."""
    secret = values["incoming_secret"]
    own, text = "msg_observed", b'{"type": "\xff"}'
    valid = lines(secret, own)
    bare = {name: value for name, value in valid.items() if name != "webhook-signature"}
    timeless = {name: value for name, value in valid.items() if name != "webhook-timestamp"}
    right = valid["webhook-signature"]
    short = base64.b64encode(base64.b64decode(right[3:])[:16]).decode().rstrip("=")
    sent = {
        "valid": (valid, BODY),
        "again": (valid, BODY),
        "missing": (bare, BODY),
        "empty": ({**valid, "webhook-signature": ""}, BODY),
        "garbage": ({**valid, "webhook-signature": "garbage"}, BODY),
        "version": ({**valid, "webhook-signature": right.replace("v1,", "v2,")}, BODY),
        "short": ({**valid, "webhook-signature": f"v1,{short}"}, BODY),
        "hex": ({**valid, "webhook-signature": "v1," + base64.b64decode(right[3:]).hex()}, BODY),
        "spaced": (valid, b'{"type":"ping"}'),
        "newline": (valid, BODY + b"\n"),
        "stranger": (lines(_other(secret), own), BODY),
        "old": (lines(secret, own, seconds=-310), BODY),
        "early": (lines(secret, own, seconds=310), BODY),
        "timeless": (timeless, BODY),
        "no time": ({**valid, "webhook-timestamp": "soon"}, BODY),
        "no text": (valid, text),
        "second": ({**valid, "webhook-signature": f"v1,{'A' * 43}= {right}"}, BODY),
        "newer": ({**valid, "webhook-signature": f"v9,x {right}"}, BODY),
    }
    answers = {
        name: ask("POST", PATH, headers=headers, content=body).status_code for name, (headers, body) in sent.items()
    }
    told = ask("POST", PATH, headers=lines(_other(secret), own), content=BODY).json().get("detail", "")
    listed = ask("GET", f"{PATH}?id={own}", "developer").json()["messages"]
    return {"answers": answers, "told": len(told.split("v1,")), "done": len(listed)}


def _other(secret: str) -> str:
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def _signature(secret: str, identifier: str, stamp: str, body: bytes) -> str:
    signed = f"{identifier}.{stamp}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256")
    return "v1," + base64.b64encode(digest).decode()
