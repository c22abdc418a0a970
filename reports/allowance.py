"""How much a page may still hold, so that it opens at once however large the run was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Thing = TypeVar("_Thing")


class Allowance:
    """Characters that one part of a page may still take."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, characters: int) -> bool:
        """Takes them where they are left. Once something did not fit, nothing does: order is kept."""
        self._left = self._left - characters if characters <= self._left else 0
        return self._left > 0

    def fitting(self, things: Iterable[_Thing], size: Callable[[_Thing], int]) -> Iterator[_Thing]:
        """The first of ``things`` that fit."""
        for thing in things:
            if not self.take(size(thing)):
                return
            yield thing
