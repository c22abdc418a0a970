"""
Dates as header fields write them, as seconds since the epoch.

RFC 9110 section 5.6.7 (IMF-fixdate, and the two obsolete forms that every recipient accepts) and RFC 3339.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})"
_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"[a-z]{{3}}, (?P<day>\d{{1,2}})[ -](?P<month>[a-z]{{3}})[ -](?P<year>\d{{4}}) {_TIME} (?:GMT|UTC)",
        rf"[a-z]{{6,9}}, (?P<day>\d{{2}})-(?P<month>[a-z]{{3}})-(?P<year>\d{{2}}) {_TIME} GMT",
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})[T ]{_TIME}(?:\.\d{{1,9}})?"
        r"(?:Z|(?P<sign>[+-])(?P<offset_hours>\d{2}):(?P<offset_minutes>\d{2}))",
    )
)


def parse(text: str) -> float | None:
    """The moment that ``text`` names; None where it is in none of the four forms, or not in the calendar."""
    for form in _FORMS:
        if match := form.fullmatch(text.strip(" \t")):
            return _moment(match.groupdict())
    return None


def _moment(parts: dict[str, str | None]) -> float | None:
    month = str(parts["month"]).lower()
    if month in _MONTHS:
        month = str(_MONTHS.index(month) + 1)
    year = int(str(parts["year"]))
    if len(str(parts["year"])) == 2:
        # RFC 9110 reads a two-digit year that seems far in the future as past; the far end of this century is past.
        year += 2000 if year < 70 else 1900
    try:
        moment = datetime(
            year,
            int(month),
            int(str(parts["day"])),
            int(str(parts["hour"])),
            int(str(parts["minute"])),
            min(int(str(parts["second"])), 59),  # a leap second counts as the one before it
            tzinfo=UTC,
        )
        offset = timedelta(hours=int(parts.get("offset_hours") or 0), minutes=int(parts.get("offset_minutes") or 0))
        return (moment + offset if parts.get("sign") == "-" else moment - offset).timestamp()
    except (ValueError, OverflowError):
        return None
