"""The revisions that the code knows, in their order, and those that a database records. Pure: no file, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Literal

Means = Literal["heads", "all", "latest"]
"""
What the rows of a version table are: ``heads`` (Alembic: everything before them is applied too), ``all`` (most tools:
each applied migration has its row), or ``latest`` (golang-migrate: one row, and nothing is known of those before it).
"""


@dataclass(frozen=True, slots=True)
class Revision:
    """
    One migration script: what it follows (``parents``), what it needs besides (``needs``), and its branch names.

    ``replaces`` are revisions that it stands for once they are all applied (Django's squashed migrations).
    ``checksum`` is written as the tool writes it into its table; empty where it is not known. ``also`` are checksums
    that the tool takes for the same script, such as that with other ends of lines.
    ``repeats``: the tool runs it again whenever it changes, so that a changed one is pending and not edited.
    """

    identifier: str
    parents: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    checksum: str = ""
    replaces: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    Something of a migration that did not end well, as the tool's own table tells it.

    ``failed``: it began and did not succeed. ``partial``: some of its statements ran. ``locked``: a lock is held by a
    run that is no more. ``running``: it may still be running. ``sentence`` says what the table shows, and no row's
    value beyond names, counts and times.
    """

    kind: Literal["failed", "partial", "locked", "running"]
    revision: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    What a database says of itself: the rows of one tool's version table.

    ``applied`` are the identifiers that ``means`` explains, without those of ``troubles`` that are not applied.
    ``order`` are the same in the order in which they were applied, where the table tells it. ``checksums`` are by
    identifier. ``table_exists`` is false where the table is missing; no row in a table that exists is *base*.
    ``left_out`` are those of the code that have no row, and that the tool was perhaps told to leave out here.
    ``source`` says in words where this was read.
    """

    applied: frozenset[str]
    source: str
    table_exists: bool = True
    means: Means = "heads"
    checksums: Mapping[str, str] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    order: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()


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
    known: frozenset[str] = field(init=False, repr=False, compare=False)
    """The identifier of every revision."""
    _by_id: dict[str, Revision] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {revision.identifier: revision for revision in self.revisions})
        object.__setattr__(self, "known", frozenset(self._by_id))

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> History:
        """The history that ``revisions`` make. Raises ``BrokenHistory`` for a duplicate, a gap or a circle."""
        known = _named(revisions)
        resolved = {name: _resolved(revision, known) for name, revision in known.items()}
        return cls(_in_order(resolved))

    @classmethod
    def chain(cls, revisions: Iterable[Revision]) -> History:
        """The history of a tool that applies its scripts one after the other in the order given."""
        line: list[Revision] = []
        for revision in _named(revisions).values():
            before = (line[-1].identifier,) if line else ()
            line.append(replace(revision, parents=before))
        return cls(tuple(line))

    @classmethod
    def of_heads(cls, heads: Iterable[str]) -> History:
        """The little that is known from the names of the heads alone."""
        return cls(tuple(Revision(head) for head in sorted(set(heads))), complete=False)

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

    @property
    def labels(self) -> frozenset[str]:
        """Every name of a branch."""
        return frozenset(label for revision in self.revisions for label in revision.labels)

    def restricted(self, branches: Iterable[str]) -> History:
        """The heads on ``branches`` and everything that these follow or need."""
        wanted = set(branches)
        heads = {
            head
            for head in self.heads
            if any(wanted & set(self._by_id[name].labels) for name in self._closure({head}, with_needs=False))
        }
        kept = self._closure(heads, with_needs=True)
        return History(tuple(revision for revision in self.revisions if revision.identifier in kept), self.complete)

    @property
    def checksums(self) -> Mapping[str, str]:
        """The checksums of the scripts by identifier, where they are known."""
        return {revision.identifier: revision.checksum for revision in self.revisions if revision.checksum}

    def applied(self, recorded: Iterable[str], means: Means = "heads") -> frozenset[str]:
        """
        Everything of the code that is applied where ``recorded`` are in the table.

        Under ``heads`` and ``latest`` they, and all they follow or need; under ``all`` they alone. A revision that
        stands for others is applied once all of those are, and they are once it is.
        """
        names = set(recorded)
        if means != "all":
            return self._closure(self.known & names, with_needs=True)
        changed = True
        while changed:
            more = {
                name
                for revision in self.revisions
                if revision.replaces
                for name in (revision.identifier, *revision.replaces)
                if revision.identifier in names or names >= set(revision.replaces)
            }
            changed = not more <= names
            names |= more
        return self.known & names

    def stood_for(self) -> frozenset[str]:
        """Revisions that another one replaces, whether their scripts are still there or not."""
        return frozenset(name for revision in self.revisions for name in revision.replaces)

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


def _named(revisions: Iterable[Revision]) -> dict[str, Revision]:
    known: dict[str, Revision] = {}
    for revision in revisions:
        if revision.identifier in known:
            raise BrokenHistory(f"two scripts call themselves {revision.identifier}")
        known[revision.identifier] = revision
    return known


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
        revision.checksum,
        revision.replaces,
    )


def _in_order(revisions: dict[str, Revision]) -> tuple[Revision, ...]:
    waiting = TopologicalSorter({name: revision.parents + revision.needs for name, revision in revisions.items()})
    try:
        waiting.prepare()
    except CycleError as circle:
        raise BrokenHistory(f"{', '.join(sorted({*circle.args[1]}))} follow each other in a circle") from None
    ordered: list[Revision] = []
    while waiting.is_active():
        ready = sorted(waiting.get_ready())
        ordered += [revisions[name] for name in ready]
        waiting.done(*ready)
    return tuple(ordered)
