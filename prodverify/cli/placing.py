"""Files that a verb writes: each whole or not at all, each told by its name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from prodverify.cli.snapshot import written

FAILED = 1


def placed(folder: str, files: Mapping[str, str]) -> int:
    """Writes ``files`` (name and text) into ``folder``, which is made; prints each path. Returns the exit status."""
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            written(place / name, text)
            print(place / name)
    except OSError as error:
        print(f"nothing more can be written to {place}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    return 0
