"""The revisions that the code knows, in their order, and those that a database records. Pure: no file, no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

VERSION_TABLE = "alembic_version"
"""Where Alembic keeps its heads unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration script: what it follows (``parents``), what it needs besides (``needs``), and its branch names."""

    identifier: str
    parents: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    What a database says of itself: the rows of its version table, which are its heads.

    ``table_exists`` is false where the table is missing; no rows in a table that exists is Alembic's *base*.
    ``source`` says in words where this was read.
    """

    heads: frozenset[str]
    source: str
    table_exists: bool = True


class BrokenHistory(Exception):  # noqa: N818 - a state of the scripts, said in a sentence
    """The scripts do not make a history; the text says which one and why."""


@dataclass(frozen=True, slots=True)
class History:
    """
    Revisions of the code, parents before children.

    ``complete`` is false where only the heads were declared: then nothing is known about what comes before them.
    """

    revisions: tuple[Revision, ...]
    complete: bool = True
    _by_id: dict[str, Revision] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {revision.identifier: revision for revision in self.revisions})

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> History:
        """The history that ``revisions`` make. Raises ``BrokenHistory`` for a duplicate, a gap or a circle."""
        known: dict[str, Revision] = {}
        for revision in revisions:
            if revision.identifier in known:
                raise BrokenHistory(f"two scripts call themselves {revision.identifier}")
            known[revision.identifier] = revision
        resolved = {name: _resolved(revision, known) for name, revision in known.items()}
        return cls(_in_order(resolved))

    @classmethod
    def of_heads(cls, heads: Iterable[str]) -> History:
        """The little that is known from the names of the heads alone."""
        return cls(tuple(Revision(head) for head in sorted(set(heads))), complete=False)

    @property
    def known(self) -> frozenset[str]:
        """Every revision."""
        return frozenset(self._by_id)

    @property
    def heads(self) -> frozenset[str]:
        """Revisions that no other one follows."""
        return self.known - {parent for revision in self.revisions for parent in revision.parents}

    @property
    def labelled_heads(self) -> frozenset[str]:
        """Heads on a branch that somebody gave a name, in the head itself or in a revision that it follows."""
        return frozenset(
            head
            for head in self.heads
            if any(self._by_id[name].labels for name in self._closure({head}, with_needs=False))
        )

    def applied(self, recorded: Iterable[str]) -> frozenset[str]:
        """Everything that is applied where the known ones among ``recorded`` are: they, and all they follow or need."""
        return self._closure(self.known & set(recorded), with_needs=True)

    def followed(self, recorded: Iterable[str]) -> frozenset[str]:
        """Those of ``recorded`` that another one of them follows, so that they are no heads."""
        names = self.known & set(recorded)
        return frozenset(
            name for name in names for other in names - {name} if name in self._closure({other}, with_needs=False)
        )

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """``names`` in the order in which they are applied."""
        wanted = set(names)
        return tuple(revision.identifier for revision in self.revisions if revision.identifier in wanted)

    def _closure(self, names: Iterable[str], *, with_needs: bool) -> frozenset[str]:
        reached: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                revision = self._by_id[name]
                todo += revision.parents + (revision.needs if with_needs else ())
        return frozenset(reached)


def _resolved(revision: Revision, known: dict[str, Revision]) -> Revision:
    def resolve(name: str) -> str:
        # a revision, or the one that declares this branch name: what Alembic accepts in a script
        if name in known:
            return name
        labelled = [each for each, other in known.items() if name in other.labels]
        if len(labelled) == 1:
            return labelled[0]
        raise BrokenHistory(f"{revision.identifier} follows or needs {name}, and no script is that revision")

    return Revision(
        revision.identifier,
        tuple(resolve(parent) for parent in revision.parents),
        tuple(resolve(need) for need in revision.needs),
        revision.labels,
    )


def _in_order(revisions: dict[str, Revision]) -> tuple[Revision, ...]:
    ordered: dict[str, Revision] = {}
    waiting = dict(sorted(revisions.items()))
    while waiting:
        ready = [r for r in waiting.values() if all(name in ordered for name in r.parents + r.needs)]
        if not ready:
            raise BrokenHistory(f"{', '.join(waiting)} follow each other in a circle")
        for revision in ready:
            ordered[revision.identifier] = waiting.pop(revision.identifier)
    return tuple(ordered.values())
