"""
Every answer says which request it belongs to, so that a caller's complaint leads to its log lines.

There is no standard for X-Request-ID and its kin; these are the conventions that they share. A cached answer may repeat
an id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 16.2"

ENOUGH = 20
"""Ids that are compared at least: a counter that soon starts again, or one id for each process, shows among so many."""

LONGEST = 200
"""Characters; a longer one is copied from somebody's request, not made."""

Policy = Literal["echo", "replace"]
"""What becomes of a caller's safe id: it comes back, or the service gives another one."""

SAFE = "7d5b0e56-8d0c-4f53-9a4e-1f0f4f0f2b11"
UNSAFE: Mapping[str, str] = {"long": "x" * 300, "markup": "<script>prodverify</script>"}
"""Ids that callers may send and that no service repeats as they are."""

_MARKUP = re.compile(r"<[^>]{1,200}>")
_SAFE = re.compile(r"[A-Za-z0-9_.:/+=@~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """An id that the service gave, cut behind the longest that is safe, and the request that it was given to."""

    value: str
    request: str


def given(exchange: Exchange, header: str) -> Given | None:
    """The id of an answer; None where there is none that has to be new: a caller's, of a caller's trace, or cached."""
    value = exchange.headers.first(header).strip()
    ours = exchange.trace_id in exchange.request_headers.first("traceparent")
    callers = header in exchange.request_headers or any(value == sent for _, sent in exchange.request_headers)
    if not value or not ours or callers or _cached(exchange):
        return None
    return Given(value[: LONGEST + 1], quote(f"{exchange.method} {exchange.target.partition('?')[0]}", 60))


def judge(exchanges: Sequence[Exchange], header: str) -> list[Finding]:
    """Deviations of several answers to different requests: each has one id."""
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
    return found


def judge_given(ids: Sequence[Given]) -> list[Finding]:
    """Deviations of ids that were given to different requests: no two are the same, and each is safe to print."""
    found: list[Finding] = []
    ((value, times),) = Counter(one.value for one in ids).most_common(1) or [("", 0)]
    if times > 1:
        first, second, *_ = (one.request for one in ids if one.value == value)
        observed = f"{quote(value, 80)}, {times} times of {len(ids)}, as for {first} and for {second}"
        found.append(fail("request-id-repeated", "an id of its own for every request", observed))
    elif len(ids) < ENOUGH:
        found.append(info("request-id-few", f"ids of {ENOUGH} answers to compare", f"{len(ids)}"))
    unsafe = [one for one in ids if not is_safe(one.value)]
    if unsafe:
        observed = f"{quote(unsafe[0].value, 80)} for {unsafe[0].request}"
        found.append(fail("request-id-unsafe", f"at most {LONGEST} plain characters", observed))
    return found


def judge_inbound(
    baseline: Exchange, exchange: Exchange, header: str, sent: str, policy: Policy | None = None
) -> list[Finding]:
    """
    Deviations of the answer to the request of ``baseline``, asked again with the id ``sent``.

    A safe id comes back or does not, as ``policy`` says. An unsafe one is replaced, shortened or refused with 400; it
    breaks nothing, and no part of the answer repeats it raw.
    """
    if not 200 <= baseline.status < 300:
        advice = "See the cases of that endpoint first."
        observed = f"status {baseline.status} without an id of ours"
        return [inconclusive("request-id-unproven", "a request that is accepted", observed, next_step=advice)]
    wanted, shown = "an id of the caller's breaks nothing", quote(sent, 60)
    if exchange.status == 429:
        return [inconclusive("request-id-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500:
        return [fail("request-id-breaks", wanted, f"status {exchange.status} to {shown}")]
    back = exchange.headers.first(header).strip()
    if is_safe(sent):
        return _safe(exchange, back, sent.strip(), policy)
    if place := _reflected(exchange, sent):
        return [fail("request-id-reflected", "an unsafe id is repeated nowhere", f"{shown} came back in {place}")]
    if back and not is_safe(back):
        return [fail("request-id-unsafe", f"at most {LONGEST} plain characters", quote(back, 80))]
    if exchange.status >= 400 and exchange.status != 400:
        return [info("request-id-refused", "replaced, shortened, or refused with 400", f"status {exchange.status}")]
    return []


def _safe(exchange: Exchange, back: str, sent: str, policy: Policy | None) -> list[Finding]:
    if exchange.status >= 400:
        return [fail("request-id-refused", "a usual id changes no answer", f"status {exchange.status}")]
    if policy == "echo" and back != sent:
        observed = f"{quote(back, 60) or 'none'} to {quote(sent, 60)}"
        return [fail("request-id-not-echoed", "the id of the caller comes back", observed)]
    if policy == "replace" and back == sent:
        return [fail("request-id-not-replaced", "an id of the service's own", f"the caller's {quote(sent, 60)}")]
    return []


def _reflected(exchange: Exchange, sent: str) -> str:
    """Where the whole of an unsafe id stands, or the markup in it; empty where nowhere."""
    markup = _MARKUP.search(sent)
    raw = markup[0] if markup else sent
    places = (f"header {quote(name, 60)}" for name, value in exchange.headers if raw in value)
    in_body = "the body" if raw.encode("utf-8", "replace") in exchange.body else ""
    return next(places, in_body)


def is_safe(value: str) -> bool:
    """It can stand in a log line, a header and a page as it is."""
    return len(value) <= LONGEST and bool(_SAFE.fullmatch(value))


def _cached(exchange: Exchange) -> bool:
    """Caches say so in header lines of many names: RFC 9211's, and X-Cache and its kin."""
    hit = any(
        "cache" in name.lower() and not name.lower().endswith("cache-control") and "hit" in value.lower()
        for name, value in exchange.headers
    )
    return hit or (whole(exchange.headers.first("age")) or 0) > 0
