"""
What an answer says about the caller's limit, whichever of the known forms it uses.

RFC 9110 section 10.2.3 (Retry-After), draft-ietf-httpapi-ratelimit-headers (three RateLimit-* fields up to draft-06,
one with limit=, remaining= and reset= in draft-07, items with q, w, r and t since draft-08). X-RateLimit-* is no
standard: its Reset is found as seconds or milliseconds from now, as seconds or milliseconds since the epoch, and as a
date, so every plausible meaning is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import http_sf

from prodverify.judges import http_date
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
    window_seconds: int | None = None
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


def read(
    headers: HeaderList, *, date: float, window_seconds: float | None = None, requests: int | None = None
) -> Reading:
    """
    Everything that ``headers`` say. ``date``: the answer's own, in seconds since the epoch.

    ``window_seconds`` tells milliseconds from seconds where a Reset could be either; ``requests`` tells which of
    several quotas is meant.
    """
    malformed: list[tuple[str, str]] = []
    limit = _count(headers, ("x-ratelimit-limit", "x-rate-limit-limit", "ratelimit-limit"), malformed)
    remaining = _count(headers, ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"), malformed)
    resets = _resets(headers, date, window_seconds, malformed)
    retry_after = _retry_after(headers, date, malformed)
    stated = _stated(headers, malformed, requests)
    return Reading(
        stated.limit if limit is None else limit,
        stated.remaining if remaining is None else remaining,
        resets or stated.resets,
        retry_after,
        stated.window_seconds,
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


def settled(first: Exchange, second: Exchange, *, window_seconds: float) -> tuple[Moment, ...]:
    """
    The meanings of Reset in ``second`` under which it names the same moment as in ``first``, asked a little earlier.

    A number of seconds from now shrinks by one a second, one of milliseconds by a thousand.
    """
    said = [read(one.headers, date=answered_at(one), window_seconds=window_seconds).resets for one in (first, second)]
    apart = second.started_at - first.started_at
    earlier = {moment.form: moment.seconds for moment in said[0]}
    return tuple(
        moment
        for moment in said[1]
        if moment.form in earlier
        and abs(earlier[moment.form] - apart - moment.seconds) <= (0.05 if moment.form == "milliseconds" else 1.5)
    )


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


@dataclass(frozen=True, slots=True)
class Quota:
    """One item of RateLimit or RateLimit-Policy: its name, and whole numbers by parameter."""

    name: str
    numbers: dict[str, int]
    unit: str = "requests"


def _stated(headers: HeaderList, malformed: list[tuple[str, str]], requests: int | None) -> Reading:
    """The single RateLimit field of draft-07 and later, with the quota that RateLimit-Policy names."""
    flat = _flat(headers)
    if "remaining" in flat:
        reset = flat.get("reset")
        policies = [policy for policy in _policies(headers, malformed) if policy.numbers["q"] == flat.get("limit")]
        return Reading(
            flat.get("limit"),
            flat["remaining"],
            () if reset is None else (Moment(float(reset), "seconds"),),
            window_seconds=_window(policies),
        )
    items = [item for item in _items(headers, "ratelimit") if "r" in item.numbers]
    if "ratelimit" in headers and not items:
        malformed.append(("ratelimit", quote(headers.first("ratelimit"), 60)))
    # Bytes and requests at a time are other limits than the one that is promised.
    policies = [policy for policy in _policies(headers, malformed) if policy.unit == "requests"]
    promised = [policy for policy in policies if policy.numbers["q"] == requests]
    # Of several quotas the promised one counts, else the one that is nearest to its end, which binds the caller.
    of_promised = [item for item in items if item.name in {policy.name for policy in promised}]
    binding = min(of_promised or items, key=lambda item: item.numbers["r"], default=Quota("", {}))
    policy = next((policy for policy in promised or policies if policy.name == binding.name), None)
    left = binding.numbers.get("t")
    return Reading(
        policy.numbers["q"] if policy else None,
        binding.numbers.get("r"),
        () if left is None else (Moment(float(left), "seconds"),),
        window_seconds=_window([policy] if policy else []),
    )


def _window(policies: list[Quota]) -> int | None:
    return next((policy.numbers["w"] for policy in policies if "w" in policy.numbers), None)


def _flat(headers: HeaderList) -> dict[str, int]:
    """Draft-07: a Dictionary."""
    try:
        parsed: Any = http_sf.parse(_value(headers, "ratelimit"), tltype="dictionary")
    except ValueError:
        return {}
    members = {key: member[0] for key, member in parsed.items() if isinstance(member, tuple)}
    return {key: number for key, number in members.items() if _is_whole(number)}


def _policies(headers: HeaderList, malformed: list[tuple[str, str]]) -> list[Quota]:
    """Quotas of RateLimit-Policy; up to draft-07 the item itself is the quota, since then q is."""
    found = [quota for quota in _items(headers, "ratelimit-policy") if "q" in quota.numbers]
    if "ratelimit-policy" in headers and not found:
        malformed.append(("ratelimit-policy", quote(headers.first("ratelimit-policy"), 60)))
    return found


def _items(headers: HeaderList, name: str) -> list[Quota]:
    """Draft-08 and later: a List of Strings with parameters, the whole of which is void where a part cannot be read."""
    try:
        parsed: Any = http_sf.parse(_value(headers, name), tltype="list")
    except ValueError:
        return []
    found: list[Quota] = []
    for member in parsed:
        value, parameters = member if isinstance(member, tuple) else (member, {})
        numbers = {key: number for key, number in parameters.items() if _is_whole(number)}
        if name == "ratelimit-policy" and _is_whole(value):
            numbers = {"q": value, **numbers}
        elif not isinstance(value, str):
            continue
        unit = parameters.get("qu", "requests")
        found.append(Quota(str(value), numbers, unit if isinstance(unit, str) else ""))
    return found


def _value(headers: HeaderList, name: str) -> bytes:
    return ", ".join(headers.all(name)).encode("utf-8", "replace")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
