"""Scripts that carry their number at the start of their name, and the rows that repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from prodverify.data.migrations.history import BrokenHistory

MOST_SCRIPTS = 100_000
_PASSED_BY = frozenset({"node_modules", "site-packages", "__pycache__"})


def number(text: object) -> str:
    """A version as all these tools compare it: as a number, without leading zeros; a text that is none stays."""
    said = str(text)
    return str(int(said)) if said.isascii() and said.isdigit() and len(said) < 100 else said


def named(folder: Path, pattern: re.Pattern[str], *, deep: bool = False) -> list[tuple[str, Path]]:
    """
    The first group of ``pattern`` and the path of each file in ``folder`` whose whole name matches, by name.

    With ``deep`` also those in folders below, but for hidden ones and those that hold other people's code.
    Raises ``OSError``, and ``BrokenHistory`` beyond ``MOST_SCRIPTS``.
    """
    found = []
    for path in below(folder) if deep else sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if match and path.is_file():
            found.append((match.group(1), path))
            if len(found) > MOST_SCRIPTS:
                raise BrokenHistory(f"more than {MOST_SCRIPTS} scripts")
    return sorted(found, key=lambda each: each[1].name)


def below(folder: Path) -> Iterable[Path]:
    """Every file under ``folder``, but for hidden folders and those that hold other people's code."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if not path.name.startswith(".") and path.name not in _PASSED_BY:
                yield from below(path)
        else:
            yield path
