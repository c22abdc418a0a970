"""What a backup says of itself. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prodverify.data.catalog.contents import Position


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a backup says of itself.

    ``format`` is ``plain``, ``custom``, ``directory`` or ``tar``. ``codec`` is what packed it from outside (``gzip``,
    ``zstd``, ``lz4`` or nothing), ``compression`` what packs the data inside an archive (``none``, ``gzip``, ``zstd``,
    ``lz4``, or nothing where the format is plain). ``sha256`` is of the file; of a directory it is that of the sorted
    lines ``<sha256>  <name>`` of its files. Majors are 0 and texts empty where it does not tell. ``encoding`` is the
    one of its text by PostgreSQL's name. ``taken_at`` is the archive's own time, which plain SQL does not have: the
    wall clock of the machine that ran pg_dump, taken for UTC. ``self_checking`` is whether its format or codec would
    notice each flipped bit of its content; an archive's does not, because its table of contents has no checksum,
    whatever packs the data. ``unsupported`` says in words why it cannot be restored here.

    ``content_bytes`` is its size unpacked. ``entries`` is how many things its table of contents has. ``locale``, which
    orders text, ``character_locale``, which says what a letter is, and ``locale_provider`` are those of the database;
    plain SQL does not tell them. ``tablespaces`` are those that it names, ``sequences`` those that it sets, each as
    ``schema.name`` quoted as SQL.
    """

    format: str
    codec: str
    compression: str
    size_bytes: int
    sha256: str
    server_version: str
    tool_version: str
    server_major: int
    tool_major: int
    database: str
    encoding: str
    extensions: frozenset[str]
    roles: frozenset[str]
    taken_at: datetime | None
    self_checking: bool
    unsupported: str
    content_bytes: int = 0
    entries: int = 0
    locale: str = ""
    character_locale: str = ""
    locale_provider: str = ""
    tablespaces: frozenset[str] = frozenset()
    sequences: Mapping[str, Position] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """
    A backup that was read through before: its ``sha256`` and its ``content_bytes``, as ``Facts`` has them.

    Whatever still has that sum holds what was unpacked then, byte by byte.
    """

    sha256: str
    content_bytes: int
