"""How long an answer asks us to wait."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from prodverify.wire import clock
from prodverify.wire.exchange import HeaderList


def seconds(headers: HeaderList) -> float | None:
    """
    Seconds of Retry-After, in either form of RFC 9110 section 10.2.3; None where it is missing or malformed.

    A date is compared with the answer's own Date, because our clocks need not agree; one that has passed is 0. A date
    that no calendar has is malformed.
    """
    value = headers.first("retry-after").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    until = _moment(value)
    if until is None:
        return None
    sent = _moment(headers.first("date"))
    return max(0.0, until - (clock.now() if sent is None else sent))


def _moment(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
