"""
What one answer states about the limit is complete, possible, and in agreement with itself and with the promise.

RFC 9110 section 10.2.3, RFC 6585 section 4, draft-ietf-httpapi-ratelimit-headers section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodverify.judges.cache_control import directives
from prodverify.judges.quotation import quote
from prodverify.judges.reading import Reading
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.target.promises import RateLimit
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 9110 section 10.2.3"

EXACT = ("clock", "first_request")
"""Windows that give nothing back before they end."""

SLACK_SECONDS = 2.0
"""Header dates have whole seconds, and two headers of one answer may be computed a second apart."""


def headers(exchange: Exchange, names: Iterable[str], said: Reading, kind: str) -> Iterator[Finding]:
    """Every header of ``names`` is there and has a meaning; ``kind`` says what answer it is, with its article."""
    malformed = dict(said.malformed)
    for name in names:
        if name not in exchange.headers:
            yield fail("rate-limit-header-missing", quote(name, 60), f"not on {kind}")
        elif name.lower() in malformed:
            meaning = "whole seconds or an HTTP date" if name.lower() == "retry-after" else "a number"
            yield fail("rate-limit-header-malformed", f"{quote(name, 60)}: {meaning}", malformed[name.lower()])


def counts(said: Reading, promise: RateLimit, *, refused: bool) -> Iterator[Finding]:
    """Limit is the one promised, Remaining is possible, and nothing remains to who is refused."""
    if said.limit is not None and said.limit != promise.requests:
        yield fail("rate-limit-limit-differs", f"Limit {promise.requests}, as promised", f"Limit {said.limit}")
    if said.remaining is None:
        return
    if refused and said.remaining != 0:
        yield fail("rate-limit-remaining-wrong", "Remaining 0 on a refusal", f"Remaining {said.remaining}")
    elif said.remaining < 0 or said.remaining > promise.requests:
        observed = f"Remaining {said.remaining}"
        yield fail("rate-limit-remaining-wrong", f"Remaining from 0 to {promise.requests}", observed)


def waits(said: Reading, promise: RateLimit) -> Iterator[Finding]:
    """Retry-After and Reset lie ahead, and agree with each other or with the window."""
    window = promise.window_seconds
    if said.retry_after is not None:
        wait = said.retry_after.seconds
        if wait < -SLACK_SECONDS:
            yield fail("rate-limit-retry-past", "Retry-After ahead of the answer's date", f"{-wait:.0f} s before it")
        elif wait <= 0 and said.retry_after.form == "seconds":
            yield warn("rate-limit-retry-at-once", "Retry-After of at least 1", "0: a caller is invited to hammer")
        elif wait > window + SLACK_SECONDS:
            yield warn("rate-limit-retry-long", f"Retry-After within the window of {window:g} s", f"{wait:.0f} s")
    if not said.resets:
        return
    ahead = [reset for reset in said.resets if reset.seconds >= -SLACK_SECONDS]
    if not ahead:
        past = f"{-said.resets[0].seconds:.0f} s before it ({said.resets[0].form})"
        yield fail("rate-limit-reset-past", "Reset ahead of the answer's date", past)
    elif not any(_consistent(reset.seconds, said, promise) for reset in ahead):
        read_as = f"Reset in {ahead[0].seconds:.1f} s ({ahead[0].form})"
        beside = "" if said.retry_after is None else f", Retry-After in {said.retry_after.seconds:.1f} s"
        wanted = f"Reset that agrees with Retry-After and lies within the window of {window:g} s"
        yield fail("rate-limit-reset-inconsistent", wanted, read_as + beside)
    elif said.retry_after is None and len(ahead) > 1:
        yield info("rate-limit-reset-ambiguous", "one unit", "Reset could be seconds or milliseconds")


def _consistent(reset_seconds: float, said: Reading, promise: RateLimit) -> bool:
    if said.retry_after is not None and abs(reset_seconds - said.retry_after.seconds) <= SLACK_SECONDS:
        return True
    if reset_seconds > promise.window_seconds + SLACK_SECONDS:
        return False
    if said.retry_after is None:
        return True
    # A bucket may have a token soon and be full only later; it is never full before it has one.
    return promise.window not in EXACT and reset_seconds >= said.retry_after.seconds - SLACK_SECONDS


def kept_by_caches(exchange: Exchange) -> Iterator[Finding]:
    """No cache stores a refusal (RFC 6585 section 4)."""
    said = directives(exchange.headers)
    if "no-store" not in said and ({"public", "s-maxage"} & said.keys()):
        seen = quote(", ".join(exchange.headers.all("cache-control")), 100)
        yield fail("rate-limit-refusal-cacheable", "a refusal that no cache stores", seen)
