"""
A body read as JSON, or the reason why it cannot be.

RFC 8259; NaN and Infinity are not JSON, and members of one name count once, the last of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.wire.exchange import Exchange

DEEPEST = 64
"""Levels of nesting that are judged; deeper ones would exhaust the stack of whoever walks them."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that is not JSON. ``cut`` says that we stopped reading it, so that the service is not to blame."""

    reason: str
    cut: bool = False

    def finding(self, rule: str) -> Finding:
        """A failure of the service, or, for a body that we cut, something that cannot be judged."""
        if self.cut:
            return inconclusive(rule, "a whole JSON body", self.reason, next_step="Raise asking.max_body_kilobytes.")
        return fail(rule, "a JSON body", self.reason)


def read(exchange: Exchange) -> Any:
    """The document in the body, of plain Python values, or ``Unreadable``. Raises nothing."""
    if not exchange.body_complete:
        return Unreadable(f"the body was cut after {len(exchange.body)} bytes", cut=True)
    if not exchange.body.strip():
        return Unreadable("the body is empty")
    try:
        document = json.loads(exchange.body, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        return Unreadable(f"not JSON ({quote(type(problem).__name__, 40)}): {quote(exchange.body, 80)}")
    return document if _depth_is_fair(document) else Unreadable(f"JSON nested deeper than {DEEPEST} levels")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _depth_is_fair(document: object) -> bool:
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return True
    return False
