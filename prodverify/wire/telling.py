"""An exchange as the record tells it: redacted, cut to a readable length, with a command line that repeats it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from prodverify.wire import curl, sensitive
from prodverify.wire.exchange import Exchange, HeaderList

MAX_BODY_CHARACTERS = 2048
MAX_HEADERS = 100
MAX_LINE_CHARACTERS = 2048
"""Of the name or the value of one header line, or of one address."""
MAX_HEAD_CHARACTERS = 16 * 1024
"""Of all header lines together; a browser gives up on a head of this size, and a record holds many."""
# Bodies are masked by name beyond the cut, so that a credential that crosses it is seen whole.
_NAMED_MARGIN = 256

Clean = Callable[[str], str]


def exchange(told: Exchange, clean: Clean, *, margin: int, variables: Mapping[str, str]) -> dict[str, Any]:
    """
    Plain values for the record. ``clean`` masks known secrets, of which none is longer than ``margin`` characters in
    any form; ``variables`` gives each secret's shell variable for the command line.
    """
    return {
        "method": clean(told.method),
        "url": _short(told.url, clean, margin),
        "role": told.role,
        "status": told.status,
        "http_version": told.http_version,
        "request_headers": _headers(told.request_headers, clean, margin),
        "headers": _headers(told.headers, clean, margin),
        "request_body": body(told.request_body, clean, margin=margin),
        "body": body(told.body, clean, margin=margin, note=told.body_note),
        "elapsed_ms": round(told.elapsed_ms, 3),
        "attempts": told.attempts,
        "started_at": datetime.fromtimestamp(told.started_at, UTC).isoformat(timespec="milliseconds"),
        "trace_id": told.trace_id,
        "redirects": [_short(url, clean, margin) for url in told.redirects],
        "curl": curl.command(told, clean, variables),
    }


def body(content: bytes, clean: Clean, *, margin: int, note: str = "") -> str:
    """
    At most MAX_BODY_CHARACTERS of a body as text. What is missing is said in a last line in brackets.

    It is cut after it was masked: a secret that crosses the cut would otherwise stay in part.
    """
    window = content[: MAX_BODY_CHARACTERS * 4 + margin * 4 + _NAMED_MARGIN]
    text = clean(sensitive.body_text(window.decode("utf-8", "replace")))
    if len(content) > len(window):
        text = _whole(text, margin)
    notes = []
    if len(content) > len(window) or len(text) > MAX_BODY_CHARACTERS:
        text = text[:MAX_BODY_CHARACTERS]
        notes.append(f"[cut {min(len(content), len(text.encode()))} of {len(content)} bytes]")
    if note:
        notes.append(f"[{note}]")
    return "\n".join([text, *notes]) if notes else text


def _headers(headers: HeaderList, clean: Clean, margin: int) -> list[list[str]]:
    told: list[list[str]] = []
    room = MAX_HEAD_CHARACTERS
    for name, value in headers:
        shown = value[: MAX_LINE_CHARACTERS + margin + _NAMED_MARGIN]
        masked = sensitive.header_value(name, shown)
        line = [_short(name, clean, margin), _short(masked, clean, margin, of=len(value) if value != shown else 0)]
        room -= len(line[0]) + len(line[1])
        if len(told) == MAX_HEADERS or room < 0:
            told.append(["[cut]", f"{len(headers) - len(told)} further header lines are left out"])
            break
        told.append(line)
    return told


def _short(text: str, clean: Clean, margin: int, *, of: int = 0) -> str:
    """One line, masked and then cut; ``of`` is the length of the whole where ``text`` is but its beginning, else 0."""
    window = text[: MAX_LINE_CHARACTERS + margin + _NAMED_MARGIN]
    whole = of or len(text)
    told = clean(sensitive.body_text(window))
    if of or whole > len(window):
        told = _whole(told, margin)
    elif len(told) <= MAX_LINE_CHARACTERS:
        return told
    told = told[:MAX_LINE_CHARACTERS]
    return f"{told} [cut {len(told)} of {whole} characters]"


def _whole(masked: str, margin: int) -> str:
    """``masked``, whose end was cut before it was masked, without what may be the beginning of a secret."""
    return masked[: max(0, len(masked) - margin)]
