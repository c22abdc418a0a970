"""
What one answer states about the limit is complete, possible, and in agreement with itself and with the promise.

RFC 9110 section 10.2.3, RFC 6585 section 4, draft-ietf-httpapi-ratelimit-headers section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodverify.judges import http_date
from prodverify.judges.cache_control import directives
from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.judges.reading import Reading, answered_at
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.target.rate_limit import RateLimit
from prodverify.wire.exchange import Exchange

CLAUSE = "RFC 9110 section 10.2.3"

EXACT = ("clock", "first_request", "sliding_log")
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
    declared = {name.lower() for name in names}
    for name, value in malformed.items():
        if name == "retry-after" and name not in declared:
            yield fail("rate-limit-header-malformed", "Retry-After: whole seconds or an HTTP date", value)
        elif name not in declared:
            advice = "Clients have to ignore it; mend it or leave it out."
            yield warn("rate-limit-header-ignored", f"{name} that can be read", value, next_step=advice)


def counts(said: Reading, promise: RateLimit, *, refused: bool) -> Iterator[Finding]:
    """Limit is the one promised, Remaining is possible, and nothing remains to who is refused."""
    if said.limit is not None and said.limit != promise.requests:
        yield fail("rate-limit-limit-differs", f"Limit {promise.requests}, as promised", f"Limit {said.limit}")
    stated_window = said.window_seconds
    if stated_window is not None and abs(stated_window - promise.window_seconds) > 1:
        wanted = f"a window of {promise.window_seconds:g} s, as promised"
        yield fail("rate-limit-window-differs", wanted, f"{stated_window} s for a limit of {said.limit}")
    if said.remaining is None:
        return
    if refused and said.remaining != 0:
        yield fail("rate-limit-remaining-wrong", "Remaining 0 on a refusal", f"Remaining {said.remaining}")
    elif said.remaining < 0 or said.remaining > promise.requests:
        observed = f"Remaining {said.remaining}"
        yield fail("rate-limit-remaining-wrong", f"Remaining from 0 to {promise.requests}", observed)


def waits(said: Reading, promise: RateLimit) -> Iterator[Finding]:
    """Retry-After and Reset lie ahead, and agree with each other or with the window."""
    yield from retry(said, promise.window_seconds)
    if said.resets:
        yield from _reset(said, promise)


def retry(said: Reading, window_seconds: float) -> Iterator[Finding]:
    """Retry-After, where there is one, lies ahead and within the window."""
    if said.retry_after is None:
        return
    wait = said.retry_after.seconds
    if wait < -SLACK_SECONDS:
        yield fail("rate-limit-retry-past", "Retry-After ahead of the answer's date", f"{-wait:.0f} s before it")
    elif wait <= 0 and said.retry_after.form == "seconds":
        yield warn("rate-limit-retry-at-once", "Retry-After of at least 1", "0: a caller is invited to hammer")
    elif wait > window_seconds + SLACK_SECONDS:
        yield warn("rate-limit-retry-long", f"Retry-After within the window of {window_seconds:g} s", f"{wait:.0f} s")


def _reset(said: Reading, promise: RateLimit) -> Iterator[Finding]:
    ahead = [reset for reset in said.resets if reset.seconds >= -SLACK_SECONDS]
    if not ahead:
        past = f"{-said.resets[0].seconds:.0f} s before it ({said.resets[0].form})"
        yield fail("rate-limit-reset-past", "Reset ahead of the answer's date", past)
        return
    possible = [reset for reset in ahead if _consistent(reset.seconds, said, promise)]
    read_as = f"Reset in {ahead[0].seconds:.1f} s ({ahead[0].form})"
    beside = "" if said.retry_after is None else f", Retry-After in {said.retry_after.seconds:.1f} s"
    if not possible:
        wanted = f"Reset that agrees with Retry-After and lies within the window of {promise.window_seconds:g} s"
        yield fail("rate-limit-reset-inconsistent", wanted, read_as + beside)
    elif said.retry_after is None and len(ahead) > 1:
        advice = "State Retry-After, too, or seconds since the epoch."
        wanted = "a Reset of which two answers tell the unit"
        observed = "it could be seconds or milliseconds"
        yield inconclusive("rate-limit-reset-ambiguous", wanted, observed, next_step=advice)
    elif said.retry_after is not None and promise.window in EXACT:
        early = possible[0].seconds - said.retry_after.seconds
        if early > SLACK_SECONDS:
            yield warn("rate-limit-retry-early", "Retry-After not before Reset", read_as + beside)


def _consistent(reset_seconds: float, said: Reading, promise: RateLimit) -> bool:
    if reset_seconds > promise.window_seconds + SLACK_SECONDS:
        return said.retry_after is not None and abs(reset_seconds - said.retry_after.seconds) <= SLACK_SECONDS
    # A bucket may have a token soon and be full only later; nothing is full before it has one.
    return said.retry_after is None or reset_seconds >= said.retry_after.seconds - SLACK_SECONDS


def kept_by_caches(exchange: Exchange) -> Iterator[Finding]:
    """No cache stores a refusal (RFC 6585 section 4); one that says nothing is stored by none (RFC 9111 section 3)."""
    said = directives(exchange.headers)
    if "no-store" in said or "private" in said:
        return
    lifetime = max((whole(said.get(name, "")) or 0 for name in ("max-age", "s-maxage")), default=0)
    expires = http_date.parse(exchange.headers.first("expires"))
    fresh = lifetime > 0 or ("max-age" not in said and expires is not None and expires > answered_at(exchange))
    if "public" in said or fresh:
        seen = [f"{name}: {value}" for name, value in exchange.headers if name.lower() in ("cache-control", "expires")]
        yield fail("rate-limit-refusal-cacheable", "a refusal that no cache stores", quote(", ".join(seen), 100))
    elif not said:
        wanted = "Cache-Control: no-store on a refusal"
        yield info("rate-limit-refusal-storable", wanted, "no cache-control, so that caches leave it alone")
