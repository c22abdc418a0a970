"""An exchange as the record tells it: redacted, cut to a readable length, with a command line that repeats it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from prodverify.wire import curl, sensitive
from prodverify.wire.exchange import Exchange, HeaderList

MAX_BODY_CHARACTERS = 2048
# Bodies are masked by name beyond the cut, so that a credential that crosses it is seen whole.
_NAMED_MARGIN = 256

Clean = Callable[[str], str]


def exchange(told: Exchange, clean: Clean, *, margin: int, names: Mapping[str, str]) -> dict[str, Any]:
    """
    Plain values for the record. ``clean`` masks known secrets, of which none is longer than ``margin`` characters in
    any form; ``names`` gives each secret's name for the command line.
    """
    return {
        "method": clean(told.method),
        "url": clean(sensitive.body_text(told.url)),
        "role": told.role,
        "status": told.status,
        "http_version": told.http_version,
        "request_headers": _headers(told.request_headers, clean),
        "headers": _headers(told.headers, clean),
        "request_body": body(told.request_body, clean, margin=margin),
        "body": body(told.body, clean, margin=margin, note=told.body_note),
        "elapsed_ms": round(told.elapsed_ms, 3),
        "attempts": told.attempts,
        "started_at": datetime.fromtimestamp(told.started_at, UTC).isoformat(timespec="milliseconds"),
        "trace_id": told.trace_id,
        "redirects": [clean(sensitive.body_text(url)) for url in told.redirects],
        "curl": curl.command(told, clean, names),
    }


def body(content: bytes, clean: Clean, *, margin: int, note: str = "") -> str:
    """
    At most MAX_BODY_CHARACTERS of a body as text. What is missing is said in a last line in brackets.

    It is cut after it was masked: a secret that crosses the cut would otherwise stay in part.
    """
    window = content[: MAX_BODY_CHARACTERS * 4 + margin * 4 + _NAMED_MARGIN]
    text = clean(sensitive.body_text(window.decode("utf-8", "replace")))
    notes = []
    if len(content) > len(window) or len(text) > MAX_BODY_CHARACTERS:
        text = text[:MAX_BODY_CHARACTERS]
        notes.append(f"[cut {min(len(content), len(text.encode()))} of {len(content)} bytes]")
    if note:
        notes.append(f"[{note}]")
    return "\n".join([text, *notes]) if notes else text


def _headers(headers: HeaderList, clean: Clean) -> list[list[str]]:
    return [[clean(name), clean(sensitive.body_text(sensitive.header_value(name, value)))] for name, value in headers]
