"""
Dates of cookies as browsers read them, as seconds since the epoch: in any order, and whatever zone they name is UTC.

RFC 6265bis section 5.1.1.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DELIMITERS = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {
    "time": re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL),
    "day": re.compile(r"(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL),
    "month": re.compile(rf"({'|'.join(_MONTHS)}).*", re.IGNORECASE | re.DOTALL),
    "year": re.compile(r"(\d{2,4})(?:\D.*)?", re.ASCII | re.DOTALL),
}
"""The parts of a date, in the order in which a piece of the text is taken for one; each is found once."""
_EARLIEST_YEAR = 1601


def parse(text: str) -> float | None:
    """The moment that ``text`` names; None where a part is missing, or is not in the calendar."""
    found: dict[str, tuple[str, ...]] = {}
    for piece in _DELIMITERS.split(text):
        for part, pattern in _PARTS.items():
            if part not in found and (match := pattern.fullmatch(piece)):
                found[part] = match.groups()
                break
    if found.keys() != _PARTS.keys():
        return None
    year = int(found["year"][0])
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    month = _MONTHS.index(found["month"][0].lower()) + 1
    hour, minute, second = map(int, found["time"])
    try:
        moment = datetime(year, month, int(found["day"][0]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() if year >= _EARLIEST_YEAR else None
