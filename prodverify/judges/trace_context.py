"""
A trace that a caller began goes on in the service, and a broken one never breaks an answer.

W3C Trace Context, sections 3.2 (traceparent), 3.3 (tracestate, discarded where it is broken) and 4.3 (an invalid
traceparent is ignored, and a trace may be restarted). A server owes its caller nothing in return; what it returns is
well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange

CLAUSE = "W3C Trace Context section 3.2"

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
_PARENT = "00f067aa0ba902b7"

_OURS = f"00-{_TRACE}-{_PARENT}-01"

_VALID = {
    "sampled": _OURS,
    "not sampled": f"00-{_TRACE}-{_PARENT}-00",
    "every flag set": f"00-{_TRACE}-{_PARENT}-ff",
    "a later version": f"01-{_TRACE}-{_PARENT}-01",
    "a later version with more": f"cc-{_TRACE}-{_PARENT}-01-what-a-later-version-adds",
}
_INVALID = {
    "empty": "",
    "no structure": "garbage",
    "trace id of zeros": f"00-{'0' * 32}-{_PARENT}-01",
    "parent id of zeros": f"00-{_TRACE}-{'0' * 16}-01",
    "version ff": f"ff-{_TRACE}-{_PARENT}-01",
    "upper-case hex": f"00-{_TRACE.upper()}-{_PARENT}-01",
    "trace id too short": f"00-{_TRACE[:-1]}-{_PARENT}-01",
    "trace id too long": f"00-{_TRACE}0-{_PARENT}-01",
    "parent id too short": f"00-{_TRACE}-{_PARENT[:-1]}-01",
    "flags too short": f"00-{_TRACE}-{_PARENT}-1",
    "version 00 with more": f"00-{_TRACE}-{_PARENT}-01-more",
    "not hex": f"00-{'g' * 32}-{_PARENT}-01",
    "very long": f"00-{_TRACE}-{_PARENT}-01" + "0" * 4000,
}
_BROKEN_STATES = {
    "no key": "=1",
    "a key twice": "a=1,a=2",
    "too many members": ",".join(f"k{number}=1" for number in range(33)),
    "very long": "a=" + "1" * 4000,
}

Lines = tuple[tuple[str, str], ...]
VALUES: Mapping[str, Mapping[str, str]] = {"valid": _VALID, "invalid": _INVALID}
"""Values of ``traceparent`` that a server follows, and those that it ignores, by what is special about each."""

PROBES: Mapping[str, Mapping[str, Lines]] = {
    **{
        kind: {special: (("traceparent", value),) for special, value in values.items()}
        for kind, values in VALUES.items()
    },
    "state": {special: (("traceparent", _OURS), ("tracestate", state)) for special, state in _BROKEN_STATES.items()},
}
"""Header lines to send: with a valid trace, with one that is none, and with a ``tracestate`` that is broken."""

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_SERVER_TIMING = re.compile(r"\b(?:trace|traceparent)\s{0,5};\s{0,5}desc=\"?([0-9A-Za-z-]{1,200})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TraceParent:
    """One well-formed value."""

    version: str
    trace_id: str
    parent_id: str
    sampled: bool


def parse(value: str) -> TraceParent | None:
    """What ``value`` says; None where a server has to ignore it."""
    match = _FORM.fullmatch(value.strip(" \t"))
    if not match or match[1] == "ff" or (match[1] == "00" and match[5]):
        return None
    if not match[2].strip("0") or not match[3].strip("0"):
        return None
    return TraceParent(match[1], match[2], match[3], bool(int(match[4], 16) & 1))


def returned(exchange: Exchange) -> str:
    """The trace that an answer names, as it stands there; empty where it names none."""
    for name in ("traceresponse", "traceparent"):
        if exchange.headers.first(name):
            return exchange.headers.first(name)
    match = _SERVER_TIMING.search(", ".join(exchange.headers.all("server-timing"))[:8192])
    return match[1] if match else ""


def judge(baseline: Exchange, exchange: Exchange) -> list[Finding]:
    """Deviations of the answer to the request of ``baseline``, asked again with a ``traceparent`` of the suite's."""
    if 300 <= baseline.status < 500:
        wanted, observed = "a request that is accepted", f"status {baseline.status} with a usual traceparent"
        advice = "See the cases of that endpoint first."
        return [inconclusive("trace-context-unproven", wanted, observed, next_step=advice)]
    sent = exchange.request_headers.first("traceparent")
    state = exchange.request_headers.first("tracestate")
    shown = f"tracestate {quote(state, 60)}" if state else f"traceparent {quote(sent, 80) or '(empty)'}"
    if exchange.status == 429:
        return [inconclusive("trace-context-limited", "an accepted answer", "refused by a limiter: 429")]
    if exchange.status >= 400:
        return [fail("trace-context-breaks", f"{shown} changes no answer", f"status {exchange.status}")]
    back = returned(exchange)
    if not back:
        return []
    said, asked = parse(back), parse(sent)
    if said is None:
        return [warn("trace-context-malformed", "a well-formed trace in the answer", quote(back, 80))]
    if asked is not None and said.trace_id == asked.trace_id:
        return [info("trace-context-continued", "continued or restarted", "the caller's trace goes on")]
    return [info("trace-context-restarted", "continued or restarted", "the service began a trace of its own")]
