"""What archives that pg_restore reads have in common, whatever their format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager

from prodverify.data.archives import pgrestore
from prodverify.data.archives.facts import Facts
from prodverify.data.archives.nameless import Deadline
from prodverify.data.binaries import Binaries


class Packed(ABC):
    """An archive with a table of contents."""

    __slots__ = ()
    facts: Facts

    @abstractmethod
    def source(self, programs: Binaries, deadline: Deadline) -> AbstractContextManager[tuple[str, tuple[int, ...]]]:
        """The name by which pg_restore opens it, and the open files that the name needs, unpacked by ``deadline``."""

    def restore(
        self,
        programs: Binaries,
        dsn: str,
        *,
        jobs: int,
        deadline_seconds: float,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """By pg_restore, which reads a tar by one connection alone; see ``Archive``."""
        deadline = Deadline(deadline_seconds)
        with self.source(programs, deadline) as (source, descriptors):
            pgrestore.run(
                programs,
                dsn,
                source,
                descriptors=descriptors,
                jobs=1 if self.facts.format == "tar" else jobs,
                entries=self.facts.entries,
                deadline=deadline,
                progress=progress,
            )
