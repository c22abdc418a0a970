"""The files of a folder that may be migrations, by their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from prodverify.data.migrations.history import History, Recorded


def script_files(folder: Path, suffixes: Iterable[str], *, otherwise: Iterable[str] = ()) -> tuple[Path, ...]:
    """
    Files in ``folder`` itself whose names end in one of ``suffixes``, in order of name; those of ``otherwise`` where
    there is none. Raises ``OSError``.

    Without hidden ones and without TypeScript's declarations, which lie beside compiled scripts and are none.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    for wanted in (tuple(suffixes), tuple(otherwise)):
        chosen = tuple(path for path in files if path.suffix in wanted and not is_declaration(path))
        if chosen:
            return chosen
    return ()


def is_declaration(path: Path) -> bool:
    """Whether it declares types and does nothing: ``name.d.ts``."""
    return path.name.endswith((".d.ts", ".d.cts", ".d.mts"))


def without_endings(code: History, recorded: Recorded) -> Recorded:
    """
    The rows by the code's names where they have none of their endings.

    Services tell their tool to leave the ending out, so that a script is the same as TypeScript and compiled; where
    the tool is told nothing, no row is without one.
    """
    stems: dict[str, list[str]] = {}
    for name in code.known:
        stems.setdefault(name.rpartition(".")[0], []).append(name)

    def called(name: str) -> str:
        same = stems.get(name, ())
        return same[0] if name not in code.known and len(same) == 1 else name

    return replace(recorded, applied=frozenset(map(called, recorded.applied)), order=tuple(map(called, recorded.order)))
