"""How much a page may still hold, so that it opens at once however large the run was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import TypeVar

from reports.visible import visible

_Thing = TypeVar("_Thing")


def weight(*texts: str) -> int:
    """Bytes that ``texts`` take on a page, escapes included."""
    return sum(len(escape(visible(text)).encode()) for text in texts)


class Allowance:
    """Bytes that one part of a page may still take."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        """Takes them where they are left. Once something did not fit, nothing does: order is kept."""
        self._left = self._left - size if size <= self._left else 0
        return self._left > 0

    def fitting(self, things: Iterable[_Thing], size: Callable[[_Thing], int]) -> Iterator[_Thing]:
        """The first of ``things`` that fit."""
        for thing in things:
            if not self.take(size(thing)):
                return
            yield thing
