"""The list of large objects that a directory or tar archive holds: a line for each, with the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodverify.data.archives.damage import DamagedDump

LIST = re.compile(r"blobs(?:_\d+)?\.toc")
"""Names of lists, as PostgreSQL's ``src/bin/pg_dump/pg_backup_directory.c`` gives them."""
OBJECT = re.compile(r"blob_\d+\.dat")
"""Names of files that hold a large object."""

_LINE = re.compile(rb"(\d+) (blob_\1\.dat)")
_LONGEST = 256 << 20


def objects_in(content: Iterator[bytes], name: str) -> list[str]:
    """The files that the list ``name`` names. Raises ``DamagedDump``."""
    text = b""
    for piece in content:
        text += piece
        if len(text) > _LONGEST:
            raise DamagedDump(f"it is damaged: its {name} is larger than any list of large objects")
    if text and not text.endswith(b"\n"):
        raise DamagedDump(f"it is cut off: its {name} ends within a line")
    found = []
    for line in text.splitlines():
        if not (listed := _LINE.fullmatch(line)):
            raise foreign(line.partition(b" ")[2].decode("utf-8", "replace"))
        found.append(listed[2].decode())
    return found


def number_in(name: str) -> int:
    """The number of the large object in the file ``name``, as an archive writes it: with a sign."""
    number = int(name.removeprefix("blob_").removesuffix(".dat"))
    return number if number < 1 << 31 else number - (1 << 32)


def foreign(name: str) -> DamagedDump:
    """A name that pg_restore would open, and that pg_dump never gives."""
    return DamagedDump(f"it is damaged, or made to do harm: it names the file {name[:100]!r}, which pg_dump never does")
