"""
What a delivery says of itself beside its signature: what it is, which one it is, and when it was signed.

https://www.standardwebhooks.com/: an id that every attempt keeps, a timestamp within five minutes, at most 20 kB.
"""

from __future__ import annotations

from dataclasses import dataclass

from prodverify.judges import trace_context
from prodverify.judges.quotation import quote
from prodverify.judges.schemes.message import Message, Unreadable
from prodverify.judges.schemes.table import read
from prodverify.judges.signatures import Trust
from prodverify.record.findings import Finding, Severity, fail, inconclusive, warn
from prodverify.wire.exchange import Exchange

TOLERANCE_SECONDS = 300.0
"""How far a timestamp may lie from a receiver's clock, on either side: what the senders' own packages allow."""
USUAL_KILOBYTES = 20
_MILLISECONDS = 1e11  # no timestamp in seconds is as large before the year 5138


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as our receiver got it; moments are seconds since the epoch."""

    message: Message
    received_at: float
    hung_up_at: float | None = None


def judge_age(attempt: Attempt, trust: Trust, *, service_clock: float | None = None) -> list[Finding]:
    """
    Deviations of the signed timestamp from the moment of arrival: at most 300 s on either side, and not expired.

    ``service_clock`` is what the service's own Date made of that moment: where it agrees with the timestamp and our
    clock does not, nobody can tell here whose clock is wrong.
    """
    try:
        claim = read(trust.scheme, attempt.message, trust.how)
    except Unreadable as unreadable:
        return [_unsigned(unreadable.finding)]
    if claim.stamp is None:
        return [fail("timestamp-missing", "the signature says when it was made", "no timestamp is signed")]
    if claim.expires is not None and claim.expires < attempt.received_at:
        late = attempt.received_at - claim.expires
        return [fail("signature-expired", "a signature that has not expired", f"expired {late:.0f} s before it came")]
    age = attempt.received_at - claim.stamp
    if abs(age) <= TOLERANCE_SECONDS:
        return []
    wanted = f"a timestamp within {TOLERANCE_SECONDS:g} s of the moment of arrival"
    if service_clock is not None and abs(service_clock - claim.stamp) <= TOLERANCE_SECONDS:
        seen = f"the service's clock agrees with it, ours differs by {attempt.received_at - service_clock:+.0f} s"
        return [inconclusive("timestamp-clocks-differ", wanted, seen, next_step="compare both clocks with NTP")]
    if claim.stamp > _MILLISECONDS:
        return [fail("timestamp-ahead", wanted, "more digits than seconds have: milliseconds?")]
    seen = f"{abs(age):.0f} s {'ago' if age > 0 else 'ahead'}"
    return [fail("timestamp-stale" if age > 0 else "timestamp-ahead", wanted, seen)]


def judge_content(message: Message, *, media_type: str, max_kilobytes: int | None) -> list[Finding]:
    """
    Deviations of the body's media type and size, and of the sender's name.

    What is not declared (an empty ``media_type``, no ``max_kilobytes``) is held against what is usual, as a warning.
    """
    return [*_media_type(message, media_type), *_size(message, max_kilobytes), *_sender(message)]


def judge_id(message: Message, header: str) -> list[Finding]:
    """Deviations of the id by which a receiver tells a repeat from something new."""
    wanted = f"one {header} that names the delivery"
    values = [value.strip(" \t") for value in message.headers.all(header)]
    if len(values) > 1:
        return [fail("delivery-id-several", wanted, f"{len(values)} header lines")]
    if not values or not values[0]:
        return [fail("delivery-id-missing", wanted, "an empty one" if values else "none")]
    return []


def judge_cause(message: Message, cause: Exchange, header: str) -> list[Finding]:
    """Deviations of a delivery from naming the request that caused it, by the id that its answer carries."""
    wanted = f"{header} of the answer that caused the delivery"
    named, given = cause.headers.first(header), message.headers.first(header)
    if not given:
        return [fail("delivery-request-id-missing", wanted, f"the delivery carries no {header}")]
    if not named:
        step = "correct request_id_header of the webhook, or have the service identify its answers"
        return [inconclusive("delivery-cause-unnamed", wanted, "the answer carries none", next_step=step)]
    if given != named:
        return [fail("delivery-request-id-other", wanted, f"another: {quote(given, 60)}, not {quote(named, 60)}")]
    return []


def judge_trace(message: Message, cause: Exchange) -> list[Finding]:
    """Deviations of a delivery from carrying on the trace of its cause, below a span of the sender's own."""
    sent = trace_context.parse(cause.request_headers.first("traceparent"))
    wanted = "traceparent with the trace of the request that caused the delivery"
    if sent is None:
        return [inconclusive("delivery-trace-unsent", wanted, "that request carried none")]
    lines = message.headers.all("traceparent")
    if len(lines) != 1:
        return [
            fail("delivery-trace-missing", wanted, f"{len(lines)} header lines" if lines else "no such header line")
        ]
    said = trace_context.parse(lines[0])
    if said is None:
        return [fail("delivery-trace-malformed", wanted, quote(lines[0], 80))]
    if said.trace_id != sent.trace_id:
        return [fail("delivery-trace-other", wanted, f"another trace, {said.trace_id}")]
    if said.parent_id == sent.parent_id:
        step = "open a span for the delivery, and send its id: a receiver's span would lie beside the sender's"
        observed = "the caller's own span, as it came"
        return [warn("delivery-trace-copied", "the id of a span of the sender's", observed, next_step=step)]
    return []


def _unsigned(found: Finding) -> Finding:
    if found.severity is Severity.INCONCLUSIVE or found.rule.startswith("timestamp-"):
        return found
    return fail("timestamp-unsigned", "a timestamp that is signed", f"no signature to read: {found.rule}")


def _media_type(message: Message, declared: str) -> list[Finding]:
    values = message.headers.all("content-type")
    wanted = f"Content-Type: {quote(declared, 80) or 'the media type of the body'}"
    if not values or not values[0].strip(" \t"):
        if not message.body:
            return []
        make = fail if declared else warn
        return [make("delivery-media-type-missing", wanted, "none")]
    given = values[0].split(";")[0].strip(" \t").lower()
    if declared and given != declared.split(";")[0].strip(" \t").lower():
        return [fail("delivery-media-type-wrong", wanted, quote(values[0], 80))]
    return []


def _size(message: Message, most: int | None) -> list[Finding]:
    kilobytes = len(message.body) / 1024
    limit = USUAL_KILOBYTES if most is None else most
    if kilobytes <= limit:
        return []
    make = warn if most is None else fail
    step = "send what a receiver needs to know and a link to the rest"
    return [make("delivery-too-large", f"a body of at most {limit} KiB", f"{kilobytes:.1f} KiB", next_step=step)]


def _sender(message: Message) -> list[Finding]:
    if message.headers.first("user-agent").strip(" \t"):
        return []
    return [warn("delivery-sender-unnamed", "a User-Agent that names the sender", "none")]
