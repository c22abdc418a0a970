"""A moment as logs write it: ISO 8601 text, or a number of seconds, milliseconds, microseconds or nanoseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,12})?", re.ASCII)
# Python 3.11 reads fractions of three or six digits, and others write as many as they like; a comma is ISO 8601's.
_FRACTION = re.compile(r"[.,]([0-9]{1,12})")
# As Ruby, PostgreSQL and others write a zone: behind a space, or by its name.
_ZONE = re.compile(r" ?(?:UTC|GMT)$| (?=[+-][0-9]{2}:?[0-9]{2}$)")
# Seconds since 1970 of any year from 2001 to 2286 have ten digits.
_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (float("inf"), 1e9))


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since 1970. ``zoned`` is false where no zone is said, and UTC was taken."""

    seconds: float
    zoned: bool = True


def read(value: object) -> Moment | None:
    """The moment that ``value`` writes; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _counted(float(value)) if abs(value) < 1e20 else None
    text = str(value).strip()[:64]
    if _NUMBER.fullmatch(text):
        return _counted(float(text))
    text = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text, count=1)
    text = _ZONE.sub(lambda match: "+00:00" if match[0].strip() else "", text)
    try:
        said = datetime.fromisoformat(text)
        zoned = said.tzinfo is not None
        return Moment((said if zoned else said.replace(tzinfo=UTC)).timestamp(), zoned)
    except (ValueError, OverflowError):
        return None


def _counted(number: float) -> Moment:
    return Moment(next(number / unit for least, unit in _UNITS if abs(number) < least))
