"""
A trace that a caller began goes on in the service, and a broken one never breaks an answer.

W3C Trace Context, sections 3.2 (traceparent) and 4.3 (an invalid one is ignored, and a trace may be restarted). A
server owes its caller nothing in return; what it does return is well-formed.
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

_VALID = {
    f"00-{_TRACE}-{_PARENT}-01": "sampled",
    f"00-{_TRACE}-{_PARENT}-00": "not sampled",
    f"00-{_TRACE}-{_PARENT}-ff": "every flag set",
    f"01-{_TRACE}-{_PARENT}-01-what-a-later-version-adds": "a later version",
}

_INVALID = {
    "": "empty",
    "garbage": "no structure",
    f"00-{'0' * 32}-{_PARENT}-01": "trace id of zeros",
    f"00-{_TRACE}-{'0' * 16}-01": "parent id of zeros",
    f"ff-{_TRACE}-{_PARENT}-01": "version ff",
    f"00-{_TRACE.upper()}-{_PARENT}-01": "upper-case hex",
    f"00-{_TRACE[:-1]}-{_PARENT}-01": "trace id too short",
    f"00-{_TRACE}-{_PARENT}-1": "flags too short",
    f"00-{_TRACE}-{_PARENT}-01-more": "version 00 with more",
    f"00-{'g' * 32}-{_PARENT}-01": "not hex",
    f"00-{_TRACE}-{_PARENT}-01" + "0" * 4000: "very long",
}
VALUES: Mapping[str, Mapping[str, str]] = {"valid": _VALID, "invalid": _INVALID}
"""Values that a server follows, and what is special about each; values that it ignores, and what is wrong with each."""

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
    shown = quote(sent, 80) or "an empty value"
    if exchange.status == 429:
        return [inconclusive("trace-context-limited", "an accepted answer", "refused by a limiter: 429")]
    if exchange.status >= 400:
        return [fail("trace-context-breaks", f"traceparent {shown} changes no answer", f"status {exchange.status}")]
    back = returned(exchange)
    if not back:
        return []
    said, asked = parse(back), parse(sent)
    if said is None:
        return [warn("trace-context-malformed", "a well-formed trace in the answer", quote(back, 80))]
    if asked is not None and said.trace_id == asked.trace_id:
        return [info("trace-context-continued", "continued or restarted", "the caller's trace goes on")]
    return [info("trace-context-restarted", "continued or restarted", "the service began a trace of its own")]
