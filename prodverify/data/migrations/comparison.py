"""The code's revisions against a database's rows: what is applied, pending, unknown, removed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from prodverify.data.migrations.history import History, Recorded
from prodverify.data.migrations.manner import Manner


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    ``applied`` are the code's revisions that the database has, ``pending`` those that it lacks, in their order, and
    ``late`` those of the pending that are older than the newest applied. ``unknown`` are rows that the code does not
    know, without those of ``removed``: rows older than all that it knows, where the tool passes over such. ``later``
    are rows that were run after the last of the declared heads, where nothing tells whose they are.
    """

    applied: frozenset[str]
    pending: tuple[str, ...]
    late: tuple[str, ...]
    unknown: frozenset[str]
    removed: frozenset[str]
    later: frozenset[str] = frozenset()


def compare(code: History, database: Recorded, manner: Manner) -> Comparison:
    """Both sides, of which ``database`` is as ``manner.settled`` takes it."""
    applied = _applied(code, database, manner)
    pending = _pending(code, applied | database.left_out)
    removed = _removed(code, database, manner)
    late, unknown = _late(code, applied, pending, manner), _unknown(code, database, manner) - removed
    later: frozenset[str] = frozenset()
    if not code.complete and manner.key is None and manner.family is None and database.means == "all":
        # one that stands above a head and ran after it, or is another code's in the same table, looks like a newer one
        unknown, later = frozenset(), unknown & _after_heads(code, database, manner)
    return Comparison(applied, pending, late, unknown, removed, later)


def last_in_common(code: History, compared: Comparison, manner: Manner) -> str:
    """The last revision of the code up to which all are applied and none is unknown; empty where the first is not."""
    first_unknown = min(map(manner.key, compared.unknown), default=None) if manner.key else None
    last = ""
    for revision in code.revisions:
        name = revision.identifier
        parted = manner.key is not None and first_unknown is not None and manner.key(name) > first_unknown
        if name not in compared.applied or parted:
            break
        last = name
    return last


def _applied(code: History, database: Recorded, manner: Manner) -> frozenset[str]:
    if database.means == "latest" and manner.key is not None and database.applied:
        newest = max(map(manner.key, database.applied))
        broken = {trouble.revision for trouble in database.troubles if trouble.kind in {"failed", "partial"}}
        return frozenset(name for name in code.known - broken if manner.key(name) <= newest)
    return code.applied(database.applied, database.means)


def _unknown(code: History, database: Recorded, manner: Manner) -> frozenset[str]:
    unknown = database.applied - code.known - code.stood_for()
    if not code.complete and manner.key is not None:
        # what is older than the declared heads is theirs, as far as anybody can tell
        newest = max(map(manner.key, code.heads), default=None)
        unknown = frozenset(name for name in unknown if newest is None or manner.key(name) > newest)
    elif not code.complete and manner.family is not None and database.means == "all":
        unknown &= _after_heads(code, database, manner)
    if manner.family is not None:
        families = {manner.family(name) for name in code.known}
        unknown = frozenset(name for name in unknown if manner.family(name) in families)
    return unknown


def _after_heads(code: History, database: Recorded, manner: Manner) -> frozenset[str]:
    # names without an order: what was run after the last of the heads of its family is not theirs
    after: dict[str, set[str]] = {}
    for name in database.order:
        family = manner.family(name) if manner.family is not None else ""
        if name in code.known:
            after[family] = set()
        elif family in after:
            after[family].add(name)
    return frozenset(name for names in after.values() for name in names)


def _removed(code: History, database: Recorded, manner: Manner) -> frozenset[str]:
    if not manner.bears_gaps or not code.complete:
        return frozenset()
    known, begun = code.known | code.stood_for(), set()
    before: dict[str, list[str]] = {}
    for name in sorted(database.applied, key=manner.key) if manner.key else database.order:
        family = manner.family(name) if manner.family is not None else ""
        if name in known:
            begun.add(family)
        elif family not in begun:
            before.setdefault(family, []).append(name)
    return frozenset(name for family in begun for name in before.get(family, ()))


def _pending(code: History, applied: frozenset[str]) -> tuple[str, ...]:
    pending = set(code.known - applied)
    for revision in code.revisions:
        if revision.replaces and revision.identifier in pending:
            # as Django: once one of them is applied they all have to be, until then the one that replaces them is
            pending -= {revision.identifier} if applied & set(revision.replaces) else set(revision.replaces)
    return code.in_order(pending)


def _late(code: History, applied: frozenset[str], pending: tuple[str, ...], manner: Manner) -> tuple[str, ...]:
    if manner.key is None or not code.complete:
        return ()
    again = frozenset(revision.identifier for revision in code.revisions if revision.repeats)
    newest = max(map(manner.key, applied - again), default=None)
    return tuple(name for name in pending if newest is not None and name not in again and manner.key(name) < newest)
