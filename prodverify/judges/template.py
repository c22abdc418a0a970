"""
What an answer says again and again: its body without what is made anew for each request.

Two answers that are to be indistinguishable (OWASP Authentication Cheat Sheet, "Authentication and Error Messages")
still differ in request ids, times, tokens, and in what the caller sent and gets back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape

from prodverify.judges import document
from prodverify.wire.exchange import Exchange

LONGEST = 65_536
"""Characters of a body that are compared."""

_HOLE = "\u2022"
_CHANGING = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # UUID
    r"|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"  # RFC 3339
    r"|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"  # RFC 9110
    r"|\b\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?\b"
    r"|\b\d{10}(?:\d{3}){0,3}(?:\.\d{1,9})?\b"  # seconds to nanoseconds since the epoch
    r"|\b\d{1,9}\.\d{3,20}\b"  # a duration
    r"|(?=[A-Za-z_+/=-]{0,40}\d)(?=[\d_+/=-]{0,40}[A-Za-z])[A-Za-z0-9_+/=-]{12,2000}"  # a token: letters and digits
)


def of(exchange: Exchange, echoes: Iterable[str] = ()) -> str:
    """
    The body with what changes from request to request taken out, and ``echoes``: what the caller sent.

    The order of members and the white space of JSON mean nothing. Never raises.
    """
    read = document.read(exchange)
    if isinstance(read, document.Unreadable):
        text = exchange.text[:LONGEST]
    else:
        text = json.dumps(read, sort_keys=True, ensure_ascii=False, separators=(",", ":"))[:LONGEST]
    return hollow(text, (*echoes, *_own(exchange)))


def size(exchange: Exchange, echoes: Iterable[str] = ()) -> int:
    """Characters of the body as it came, what changes from request to request counted as one each."""
    return len(hollow(exchange.text[:LONGEST], (*echoes, *_own(exchange))))


def hollow(text: str, echoes: Iterable[str] = ()) -> str:
    """``text`` with a hole for each of ``echoes``, as they are or escaped, and for all that looks made anew."""
    for echo in sorted(filter(None, echoes), key=len, reverse=True):
        for form in dict.fromkeys((echo, escape(echo), json.dumps(echo)[1:-1])):
            text = text.replace(form, _HOLE)
    return _CHANGING.sub(_HOLE, text)


def _own(exchange: Exchange) -> list[str]:
    """Values by which the answer's own header lines identify it, and which bodies repeat."""
    return [
        value.strip()
        for name, value in exchange.headers
        if name.lower().endswith(("-id", "-ray")) and len(value.strip()) >= 8
    ]
