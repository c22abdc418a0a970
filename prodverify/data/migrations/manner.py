"""How a migration tool goes about its work, as far as a verdict depends on it. Pure: no file, no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from prodverify.data.migrations.history import History, Means, Recorded

Key = Callable[[str], tuple[Any, ...]]
"""Sorts identifiers into the order in which the tool applies them."""


def numbered(identifier: str) -> tuple[Any, ...]:
    """Numbers by their value, whatever their zeros, and before all names; names as text."""
    if identifier.isascii() and identifier.isdigit():
        return (0, int(identifier) if len(identifier) < 100 else 0, identifier)
    return (1, 0, identifier)


@dataclass(frozen=True, slots=True)
class Manner:
    """
    ``title`` is the tool's name for people, ``means`` what its rows are.

    ``scripts`` says in words what ``folder`` has to name; ``upgrade``, ``look`` and ``repair`` are what a person runs.
    ``late`` is what the tool does with a script that is older than the newest one applied and has not been applied:
    it ``runs`` it, it ``refuses`` to go on, or it ``skips`` it for ever.
    ``tells_trouble`` is true where its tables show a migration that failed, one half applied, or a lock left behind.
    ``checksums`` is true where the tool records what a script was and ``code`` computes the same.
    ``key`` is None where identifiers do not tell the order.
    ``family`` names the part of the code that an identifier belongs to, where rows of parts that the code does not
    have are no error (Django's apps); None where there are no such parts.
    ``spelling`` is how an identifier that somebody writes by hand is written in rows, as without zeros in front.
    ``bears_gaps`` is true where rows of scripts that somebody removed, all older than those that are left, are no
    error to the tool.
    ``settle`` is what the tool makes of its rows in view of the scripts, where it does more than compare names
    (Flyway's baselines and repeatables); None where it does not. Judges look at rows through ``settled`` alone.
    """

    title: str
    means: Means
    scripts: str
    upgrade: str
    look: str
    repair: str = ""
    late: Literal["runs", "refuses", "skips"] = "runs"
    tells_trouble: bool = False
    checksums: bool = False
    key: Key | None = None
    family: Callable[[str], str] | None = None
    spelling: Callable[[str], str] = str
    bears_gaps: bool = False
    settle: Callable[[History, Recorded], Recorded] | None = None

    def settled(self, code: History, recorded: Recorded) -> Recorded:
        """The rows as the tool takes them where ``code`` are its scripts; what it will run again is not applied."""
        settled = self.settle(code, recorded) if self.settle is not None else recorded
        again = frozenset(
            revision.identifier
            for revision in code.revisions
            if revision.repeats
            and revision.checksum
            and settled.checksums.get(revision.identifier) not in {None, revision.checksum, *revision.also}
        )
        return replace(settled, applied=settled.applied - again) if again else settled
