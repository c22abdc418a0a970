"""
Numbers as header fields write them: 1*DIGIT, in ASCII, without sign.

RFC 9110 section 10.2.3 (delay-seconds) and RFC 9111 section 1.2.2 (delta-seconds).
"""

from __future__ import annotations

import re

LARGEST = 10**15
"""What a longer run of digits counts as: more than any time in milliseconds, and still exact as a float."""

_WHOLE = re.compile(r"[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


def whole(text: str) -> int | None:
    """The number that ``text`` writes, at most LARGEST; None where it is not 1*DIGIT between blanks."""
    digits = text.strip(" \t")
    if not _WHOLE.fullmatch(digits):
        return None
    significant = digits.lstrip("0") or "0"
    return min(int(significant), LARGEST) if len(significant) <= 16 else LARGEST


def decimal(text: str) -> float | None:
    """Like ``whole``, with a fraction allowed."""
    digits = text.strip(" \t")
    if not _DECIMAL.fullmatch(digits):
        return None
    units, _, fraction = digits.partition(".")
    counted = whole(units)
    return None if counted is None else counted + (float("0." + fraction[:9]) if fraction else 0.0)
