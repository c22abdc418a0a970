"""What pg_dump wrote, of whatever format: what can be told of it, its restore and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from prodverify.data.archives.custom import examine_custom
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.directory import examine_directory
from prodverify.data.archives.facts import Facts, Known
from prodverify.data.archives.kinds import recognised
from prodverify.data.archives.plain import examine_plain
from prodverify.data.archives.problems import Refused
from prodverify.data.archives.tar import examine_tar
from prodverify.data.binaries import Binaries

__all__ = ["Archive", "DamagedDump", "Facts", "Known", "Refused", "examine"]


class Archive(Protocol):
    """A backup that was read through and found whole."""

    @property
    def path(self) -> Path:
        """The file, or the folder of a directory archive."""

    @property
    def facts(self) -> Facts:
        """What it says of itself."""

    def restore(
        self,
        programs: Binaries,
        dsn: str,
        *,
        jobs: int,
        deadline_seconds: float,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """
        Fill the empty database of ``dsn`` with all of it, by at most ``jobs`` connections where the format permits.

        ``progress`` is called with words for a person, several times a second. Raises ``Refused`` where the backup is
        to blame, ``DamagedDump`` where its file is, ``Unjudged`` where this machine lacks something or the deadline
        passed. Whatever was started has ended when this returns.
        """

    def rows(self, programs: Binaries) -> Iterator[tuple[str, Iterator[bytes]]]:
        """
        Each table that has data, as ``schema.name`` quoted as SQL, and its lines of COPY as the archive holds them.

        The pieces of one table are to be used up before the next is asked for; joined they are what ``COPY table
        (columns) TO STDOUT`` says in the archive's encoding. Raises as ``restore`` does.
        """


def examine(path: Path, known: Known | None = None) -> Archive:
    """
    Read all of ``path`` once and say what it is, by its content and not by its name.

    Its data is unpacked to find damage, unless it turns out to be the file that is ``known`` and packs its tables one
    by one: its sum tells more. Raises ``DamagedDump`` where it is empty, no backup, damaged or cut off,
    ``Unjudged`` where this machine cannot unpack it, and ``OSError`` where it cannot be read. A dump of a kind that is
    not restored here is told in ``facts.unsupported``.
    """
    codec, kind = recognised(path)
    return _EXAMINERS[kind](path, codec, known)


_EXAMINERS: dict[str, Callable[[Path, str, Known | None], Archive]] = {
    "plain": examine_plain,
    "custom": examine_custom,
    "directory": examine_directory,
    "tar": examine_tar,
}
