"""Scripts that carry their number at the start of their name, and the rows that repeat it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from prodverify.data.migrations.history import BrokenHistory

MOST_FILES = 100_000
"""More files than lie beside anybody's migrations; a larger folder is not walked to its end."""

_PASSED_BY = frozenset({"node_modules", "site-packages", "__pycache__"})


def number(text: object) -> str:
    """A version as all these tools compare it: as a number, without leading zeros; a text that is none stays."""
    said = str(text)
    return str(int(said)) if said.isascii() and said.isdigit() and len(said) < 100 else said


def named(folder: Path, pattern: re.Pattern[str], *, deep: bool = False) -> list[tuple[str, Path]]:
    """
    The first group of ``pattern`` and the path of each file in ``folder`` whose whole name matches, by name.

    With ``deep`` also those that are ``below``. Raises ``OSError``, and ``BrokenHistory`` as that does.
    """
    paths = below(folder) if deep else folder.iterdir()
    matches = ((pattern.fullmatch(path.name), path) for path in paths)
    found = [(match.group(1), path) for match, path in matches if match and path.is_file()]
    return sorted(found, key=lambda each: each[1].name)


def below(folder: Path, *, besides: Collection[str] = ()) -> list[Path]:
    """
    Every file under ``folder`` in order of path, but for hidden folders, those that hold other people's code, and
    those called as one of ``besides``. Links to folders are not followed.

    Raises ``OSError``, also for a folder inside that may not be read, and ``BrokenHistory`` beyond ``MOST_FILES``.
    """
    files: list[Path] = []
    todo = [folder]
    while todo:
        for path in todo.pop().iterdir():
            if not path.is_dir() or path.is_symlink():
                files.append(path)
            elif not path.name.startswith(".") and path.name not in _PASSED_BY and path.name not in besides:
                todo.append(path)
        if len(files) > MOST_FILES:
            raise BrokenHistory(f"more than {MOST_FILES} files, as beside no migrations")
    return sorted(files)
