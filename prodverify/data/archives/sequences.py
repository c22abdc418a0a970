"""Where a dump sets each sequence, as pg_dump writes it after all rows."""

from __future__ import annotations

import re

from prodverify.data.archives.encodings import decoded
from prodverify.data.catalog.contents import Position

BEGINS = b"SELECT pg_catalog.setval("
_NAME = rb"(?:\"(?:[^\"']|\"\"|'')+\"|[^\s\"'.]+)"
_SETS = re.compile(re.escape(BEGINS) + rb"'(" + _NAME + rb"\." + _NAME + rb")', (-?\d{1,19}), (true|false)\);")


def sequence_in(line: bytes, encoding: str) -> tuple[str, Position] | None:
    """
    The sequence that ``line`` sets, as ``schema.name`` quoted as SQL, and where to; ``None`` where it is another line.

    ``encoding`` is that of the dump. The line of a pg_dump before 10.3, which names no schema, is not read.
    """
    found = _SETS.match(line)
    if found is None:
        return None
    name = decoded(found[1].replace(b"''", b"'"), encoding)
    return name, Position(int(found[2]), found[3] == b"true")
