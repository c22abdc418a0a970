"""What tells two schemas apart, by object. Pure: lines in, lines out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from prodverify.data.catalog.contents import BESIDE
from prodverify.data.catalog.lines import about

MOST_LINES, LONGEST_LINE = 500, 600
"""Of a difference in the evidence; what is longer is another schema altogether, or no schema of ours."""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    What a schema lacks of the expected one, has beyond it, or has in another form, each sorted.

    ``changed`` holds pairs about one object: the expected line, and the one that was found.
    """

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.unknown or self.changed)

    def __len__(self) -> int:
        return len(self.missing) + len(self.unknown) + len(self.changed)

    def as_lines(self) -> list[str]:
        """A diff for a person: ``- missing``, ``+ not expected``, ``~ expected`` with ``> found`` below it."""
        lines = [f"- {each}" for each in self.missing] + [f"+ {each}" for each in self.unknown]
        for before, after in self.changed:
            lines += [f"~ {before}", f"> {after}"]
        return lines

    def as_evidence(self) -> list[str]:
        """The same, at most ``MOST_LINES`` of at most ``LONGEST_LINE`` characters, and how many more there are."""
        lines = self.as_lines()
        more = [f"... {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
        return [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines[:MOST_LINES]] + more

    def applied(self, expected: Iterable[str]) -> tuple[str, ...]:
        """The lines of the other schema, made of those that were expected."""
        gone = {*self.missing, *(before for before, _ in self.changed)}
        came = {*self.unknown, *(after for _, after in self.changed)}
        return tuple(sorted({each for each in expected if each not in gone} | came))


def difference(expected: Iterable[str], found: Iterable[str], ignored: Collection[str] = ()) -> Difference:
    """
    What must be done to the lines ``expected`` to have the lines ``found``; those of ``BESIDE`` are no matter.

    ``ignored`` are patterns of lines, with ``*`` for anything (``* events_20*``): a line that one of them matches, from
    its start to its end, is on neither side.
    """
    # nothing but * is special: brackets stand in the names of types
    patterns = [re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL) for pattern in ignored]
    lost, came = _only(expected, found, patterns), _only(found, expected, patterns)
    changed = sorted((lost[subject], came[subject]) for subject in lost.keys() & came.keys())
    return Difference(
        missing=tuple(sorted(lost[subject] for subject in lost.keys() - came.keys())),
        unknown=tuple(sorted(came[subject] for subject in came.keys() - lost.keys())),
        changed=tuple(changed),
    )


def _only(these: Iterable[str], others: Iterable[str], ignored: Collection[re.Pattern[str]]) -> dict[str, str]:
    # two lines about one object are none that we wrote; each of them stands for itself then
    lines = sorted(set(these) - set(others))
    only: dict[str, str] = {}
    for line in lines:
        if line.startswith(BESIDE) or any(pattern.fullmatch(line) for pattern in ignored):
            continue
        subject = about(line)
        only[line if subject in only else subject] = line
    return only
