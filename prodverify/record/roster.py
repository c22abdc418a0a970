"""The roster: which cases a target is expected to have in each mode, so that a check that vanished is noticed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeVar

_AnyPath = TypeVar("_AnyPath", bound=PurePath)
_MODE = re.compile(r"\[([a-z]+)\]")


class RosterError(ValueError):
    """A roster that cannot be read; the text says which line and what to do."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Cases of the roster that were not collected, and collected cases that it does not list."""

    present: bool = False
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Comparison:
        """The comparison that the record holds."""
        return cls(bool(values["present"]), tuple(values["missing"]), tuple(values["unexpected"]))


@dataclass(frozen=True, slots=True)
class Roster:
    """Case ids of each mode, in the order of the file."""

    cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, named: str) -> Roster:
        """
        The roster that ``text`` of the file ``named`` holds: a line ``[mode]``, then one case id a line.

        Lines that begin with ``#`` and empty lines say nothing. Raises RosterError for a case above the first mode
        and for a mode or a case that is written twice.
        """
        cases: dict[str, list[str]] = {}
        listed: list[str] | None = None
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if mode := _MODE.fullmatch(line):
                if mode[1] in cases:
                    raise RosterError(_wrong(named, number, f"mode {mode[1]} is there twice"))
                listed = cases[mode[1]] = []
            elif listed is None:
                raise RosterError(_wrong(named, number, f"expected a mode such as [gate] above {line}"))
            else:
                listed.append(line)
        for mode_name, ids in cases.items():
            if len(set(ids)) != len(ids):
                twice = next(one for one in ids if ids.count(one) > 1)
                raise RosterError(_wrong(named, None, f"{twice} is there twice in mode {mode_name}"))
        return cls({mode_name: tuple(ids) for mode_name, ids in cases.items()})

    def with_mode(self, mode: str, ids: Iterable[str]) -> Roster:
        """The same roster with exactly ``ids`` in ``mode``, sorted, so that a diff shows what changed."""
        return Roster({**self.cases, mode: tuple(sorted(set(ids)))})

    def text(self, target: str) -> str:
        """The file of ``target``: modes by name, cases in their order."""
        lines = [
            f"# Cases expected of target {target}, by mode. Written by --update-roster.",
            "# A case that vanishes makes a run INCONCLUSIVE, so read the diff before committing it.",
        ]
        for mode in sorted(self.cases):
            lines += ["", f"[{mode}]", *self.cases[mode]]
        return "\n".join(lines) + "\n"

    def compare(self, mode: str, collected: Iterable[str]) -> Comparison:
        """What differs between the roster and what was collected. A mode that it does not list has no roster."""
        if mode not in self.cases:
            return Comparison()
        there, expected = dict.fromkeys(collected), dict.fromkeys(self.cases[mode])
        return Comparison(
            True,
            tuple(one for one in expected if one not in there),
            tuple(one for one in there if one not in expected),
        )

    def size(self, mode: str) -> int:
        """How many cases are expected in ``mode``; 0 where nothing says so."""
        return len(self.cases.get(mode, ()))


def beside(target_path: _AnyPath) -> _AnyPath:
    """Where the roster of a target file lies: ``targets/local.toml`` has ``targets/local.roster``."""
    return target_path.with_suffix(".roster")


def absent(target: str, mode: str) -> str:
    """What a target without a roster is told. It does not change the verdict."""
    return (
        f"target {target} has no roster for mode {mode}, so a check that vanishes goes unnoticed; "
        "write one with --update-roster"
    )


def _wrong(named: str, number: int | None, what: str) -> str:
    place = f"{named}, line {number}" if number else named
    return f"{place}: {what}; write the roster anew with --update-roster"
