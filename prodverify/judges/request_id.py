"""
Every answer says which request it belongs to, so that a caller's complaint leads to its log lines.

There is no standard for X-Request-ID and its kin; these are the conventions that they share. A cached answer may repeat
an id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 16.2"

LONGEST = 200
"""Characters; a longer one is copied from somebody's request, not made."""

_SAFE = re.compile(r"[A-Za-z0-9_.:/+=@~-]+", re.ASCII)


def judge(exchanges: Sequence[Exchange], header: str) -> list[Finding]:
    """Deviations of several answers to different requests: an id on each, no two the same, each safe to print."""
    if not exchanges:
        return [inconclusive("request-id-unasked", "answers to judge", "none")]
    found: list[Finding] = []
    wanted = f"{quote(header, 60)} on every answer"
    without = [exchange for exchange in exchanges if not exchange.headers.first(header).strip()]
    if without:
        observed = f"{len(without)} of {len(exchanges)} without, the first with status {without[0].status}"
        found.append(fail("request-id-missing", wanted, observed))
    found += [
        fail("request-id-several", f"{quote(header, 60)} once", quote(", ".join(values), 120))
        for values in (exchange.headers.all(header) for exchange in exchanges)
        if len(set(values)) > 1
    ][:1]
    fresh = [exchange.headers.first(header).strip() for exchange in exchanges if not _cached(exchange)]
    repeated = [(value, times) for value, times in Counter(filter(None, fresh)).most_common(1) if times > 1]
    found += [
        fail("request-id-repeated", "an id of its own for every request", f"{quote(value, 80)}, {times} times")
        for value, times in repeated
    ]
    unsafe = [value for value in fresh if value and not is_safe(value)]
    found += [
        fail("request-id-unsafe", f"at most {LONGEST} plain characters", quote(value, 80)) for value in unsafe[:1]
    ]
    return found


def judge_inbound(exchange: Exchange, header: str, sent: str) -> list[Finding]:
    """Deviations of the answer to a request that brought an id of its own: followed, replaced, or refused if unsafe."""
    if exchange.status >= 500:
        wanted = "an id of the caller's that is followed, replaced or refused"
        return [fail("request-id-breaks", wanted, f"status {exchange.status} to {quote(sent, 80)}")]
    back = exchange.headers.first(header).strip()
    if back == sent.strip():
        if not is_safe(sent):
            return [fail("request-id-reflected", "an unsafe id is replaced", f"{quote(sent, 80)} came back")]
        return [info("request-id-followed", "followed or replaced", "the caller's id came back")]
    return []


def is_safe(value: str) -> bool:
    """It can stand in a log line, a header and a page as it is."""
    return len(value) <= LONGEST and bool(_SAFE.fullmatch(value))


def _cached(exchange: Exchange) -> bool:
    return (whole(exchange.headers.first("age")) or 0) > 0
