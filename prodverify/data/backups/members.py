"""The members of a manifest, each of the type that it must have. Pure: plain values in."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime


class Reading:
    """Collects every complaint; where there is one, a value of the right type takes the place of the wrong one."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def complain(self, member: str, wanted: str, value: object) -> None:
        came = "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
        self.complaints.append(f"{member} must be {wanted}, and is {came}")

    def members(self, value: object, member: str) -> dict[str, object]:
        if isinstance(value, dict):
            return value
        self.complain(member, "an object", value)
        return {}

    def text(self, value: object, member: str, pattern: str = r"(?s).+") -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        wanted = "a text" if pattern.endswith(".+") else f"a text like {pattern}"
        self.complain(member, wanted, value)
        return ""

    def texts(self, value: object, member: str) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self.complain(member, "a list of texts", value)
        return ()

    def count(self, value: object, member: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.complain(member, "a number, 0 or more", value)
        return 0

    def step(self, value: object, member: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value:
            return value
        self.complain(member, "a number other than 0", value)
        return 1

    def truth(self, value: object, member: str) -> bool:
        if isinstance(value, bool):
            return value
        self.complain(member, "true or false", value)
        return False

    def position(self, value: object, member: str) -> tuple[int, bool]:
        """The last value of a sequence, and whether it was handed out."""
        match value:
            case [int(last), bool(called)] if not isinstance(last, bool):
                return last, called
        self.complain(member, "a number with true or false, such as [7, true]", value)
        return 0, False

    def moment(self, value: object, member: str) -> datetime:
        # OverflowError: a moment of the year 1 in one zone is before the year 1 in another
        with suppress(ValueError, OverflowError):
            if isinstance(value, str) and (moment := datetime.fromisoformat(value)).tzinfo is not None:
                return moment.astimezone(UTC)
        self.complain(member, "a time with its zone, such as 2026-01-31T09:00:00Z", value)
        return datetime.fromtimestamp(0, UTC)
