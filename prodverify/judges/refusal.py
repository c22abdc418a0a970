"""
Whether an answer with a status of success is a refusal, by what the target file says of its body.

RFC 9110 section 15.3 knows no such thing; services that wrap every answer do.
"""

from __future__ import annotations

import json

from prodverify.judges import document
from prodverify.judges.pointer import Absent, lookup
from prodverify.target.refusals import Refusals
from prodverify.wire.exchange import Exchange


def succeeded(exchange: Exchange, declared: Refusals | None) -> bool:
    """Whether an answer gives what was asked for: a 2xx whose body is no declared refusal."""
    return 200 <= exchange.status < 300 and not in_body(exchange, declared)


def in_body(exchange: Exchange, declared: Refusals | None) -> bool:
    """Whether a 2xx refuses in its body."""
    said = _said(exchange, declared)
    return bool(said) and declared is not None and said not in declared.accepted


def forbids(exchange: Exchange, declared: Refusals | None) -> bool:
    """Whether a 2xx refuses in its body because the role may not."""
    return declared is not None and _said(exchange, declared) in declared.forbidden


def _said(exchange: Exchange, declared: Refusals | None) -> str:
    """What stands where refusals say so, as a target file writes it; empty where nothing does."""
    if declared is None or not 200 <= exchange.status < 300:
        return ""
    read = document.read(exchange)
    found = Absent("no JSON") if isinstance(read, document.Unreadable) else lookup(read, declared.at)
    if found is None or found in ("", [], {}) or isinstance(found, Absent):
        return ""
    return found if isinstance(found, str) else json.dumps(found)
