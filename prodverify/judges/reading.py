"""
What an answer says about the caller's limit, whichever of the known forms it uses.

RFC 9110 section 10.2.3 (Retry-After), draft-ietf-httpapi-ratelimit-headers (three RateLimit-* fields up to draft-06,
one with limit=, remaining= and reset= in draft-07, items with q, w, r and t since draft-08). X-RateLimit-* is no
standard: its Reset is found as seconds or milliseconds from now, as seconds or milliseconds since the epoch, and as a
date, so every plausible meaning is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from prodverify.judges import http_date
from prodverify.judges.members import of, split, unquote
from prodverify.judges.numeral import decimal, whole
from prodverify.judges.quotation import quote
from prodverify.wire.exchange import Exchange, HeaderList

CLAUSE = "RFC 9110 section 10.2.3, draft-ietf-httpapi-ratelimit-headers"

Form = Literal["seconds", "milliseconds", "epoch seconds", "epoch milliseconds", "date"]

LONGEST_DELTA_SECONDS = 31 * 86400
NEAR_SECONDS = 30 * 86400
"""An epoch this near to the answer's own date is taken for one."""

_SIGNED = re.compile(r"-?[0-9]{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, in seconds from the answer (negative: past), and the form that it was written in."""

    seconds: float
    form: Form


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What was said; None or empty where nothing was. ``resets``: every plausible meaning of Reset, likeliest first.

    ``malformed`` maps a header, by its name in lower case, to its value where that has no meaning at all.
    """

    limit: int | None = None
    remaining: int | None = None
    resets: tuple[Moment, ...] = ()
    retry_after: Moment | None = None
    malformed: tuple[tuple[str, str], ...] = ()

    @property
    def wait_seconds(self) -> float | None:
        """The stated wait: Retry-After, else the likeliest Reset; None where neither is stated."""
        stated = self.retry_after or next(iter(self.resets), None)
        return None if stated is None else max(0.0, stated.seconds)


def answered_at(exchange: Exchange) -> float:
    """The answer's own date, in seconds since the epoch; without a valid one, when it arrived by our clock."""
    dated = http_date.parse(exchange.headers.first("date"))
    return exchange.started_at + exchange.elapsed_ms / 1000 if dated is None else dated


def read(headers: HeaderList, *, date: float, window_seconds: float | None = None) -> Reading:
    """
    Everything that ``headers`` say. ``date``: the answer's own, in seconds since the epoch.

    ``window_seconds`` tells milliseconds from seconds where a Reset could be either.
    """
    malformed: list[tuple[str, str]] = []
    limit = _count(headers, ("x-ratelimit-limit", "x-rate-limit-limit", "ratelimit-limit"), malformed)
    remaining = _count(headers, ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"), malformed)
    resets = _resets(headers, date, window_seconds, malformed)
    retry_after = _retry_after(headers, date, malformed)
    stated = _stated(headers, malformed)
    return Reading(
        stated.limit if limit is None else limit,
        stated.remaining if remaining is None else remaining,
        resets or stated.resets,
        retry_after,
        tuple(malformed),
    )


def classify(value: str, *, date: float, window_seconds: float | None = None) -> tuple[Moment, ...]:
    """Every plausible meaning of an X-RateLimit-Reset, likeliest first; none where it has no meaning."""
    dated = http_date.parse(value)
    if dated is not None:
        return (Moment(dated - date, "date"),)
    number = decimal(value)
    if number is None:
        return ()
    if number > 1e11:
        return (Moment(number / 1000 - date, "epoch milliseconds"),)
    if number > LONGEST_DELTA_SECONDS:
        # A number this large is no wait that a caller was promised: an epoch, even one that lies in the far past.
        near = abs(number - date) <= NEAR_SECONDS
        return (Moment(number - date, "epoch seconds"),) if number > 1e9 or near else ()
    seconds, milliseconds = Moment(number, "seconds"), Moment(number / 1000, "milliseconds")
    if window_seconds is None or number <= window_seconds + 2:
        return (seconds,)
    if abs(number - window_seconds * 1000) <= window_seconds * 10:
        return (milliseconds,)
    return (seconds, milliseconds) if number <= window_seconds * 1000 else (seconds,)


def _count(headers: HeaderList, names: tuple[str, ...], malformed: list[tuple[str, str]]) -> int | None:
    for name in names:
        if name in headers:
            # Draft-03 lets policies follow the number: "100, 100;w=60".
            start = re.split(r"[,;]", headers.first(name), maxsplit=1)[0].strip()
            if _SIGNED.fullmatch(start):
                return int(start)
            malformed.append((name, quote(headers.first(name), 60)))
    return None


def _resets(
    headers: HeaderList, date: float, window_seconds: float | None, malformed: list[tuple[str, str]]
) -> tuple[Moment, ...]:
    for name in ("x-ratelimit-reset", "x-rate-limit-reset"):
        if name in headers:
            if found := classify(headers.first(name), date=date, window_seconds=window_seconds):
                return found
            malformed.append((name, quote(headers.first(name), 60)))
    if "ratelimit-reset" in headers:
        seconds = decimal(headers.first("ratelimit-reset"))
        if seconds is not None:
            return (Moment(seconds, "seconds"),)
        malformed.append(("ratelimit-reset", quote(headers.first("ratelimit-reset"), 60)))
    return ()


def _retry_after(headers: HeaderList, date: float, malformed: list[tuple[str, str]]) -> Moment | None:
    if "retry-after" not in headers:
        return None
    value = headers.first("retry-after")
    seconds = whole(value)
    if seconds is not None:
        return Moment(float(seconds), "seconds")
    dated = http_date.parse(value)
    if dated is not None:
        return Moment(dated - date, "date")
    malformed.append(("retry-after", quote(value, 60)))
    return None


def _stated(headers: HeaderList, malformed: list[tuple[str, str]]) -> Reading:
    """The single RateLimit field of draft-07 and later, with the quota that RateLimit-Policy names."""
    items = list(_items(headers, "ratelimit"))
    flat = {key: value for _, parameters in items for key, value in parameters.items()}
    if "ratelimit" in headers and not ({"r", "remaining"} & flat.keys()):
        malformed.append(("ratelimit", quote(headers.first("ratelimit"), 60)))
    if "remaining" in flat:
        reset = flat.get("reset")
        return Reading(flat.get("limit"), flat["remaining"], () if reset is None else (Moment(reset, "seconds"),))
    # Of several quotas the one that is nearest to its end binds the caller.
    binding = min((item for item in items if "r" in item[1]), key=lambda item: item[1]["r"], default=("", {}))
    quotas = {name: parameters["q"] for name, parameters in _items(headers, "ratelimit-policy") if "q" in parameters}
    left = binding[1].get("t")
    resets = () if left is None else (Moment(left, "seconds"),)
    return Reading(quotas.get(binding[0]), binding[1].get("r"), resets)


def _items(headers: HeaderList, name: str) -> Iterator[tuple[str, dict[str, int]]]:
    for member in of(headers.all(name)):
        first, *parameters = split(member, ";")
        # In draft-07 the member itself is the parameter: limit=100.
        pairs = (parameter.partition("=") for parameter in (first, *parameters) if "=" in parameter)
        numbers = {key.strip().lower(): whole(value) for key, _, value in pairs}
        yield unquote(first), {key: number for key, number in numbers.items() if number is not None}
