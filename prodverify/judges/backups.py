"""The newest backup is recent, and its manifest is its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from prodverify.data.backups.manifest import BackupFile
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn

CLOCKS_APART = timedelta(minutes=5)
"""How far the clock that named a backup may be ahead of ours."""
NAMED_WITHIN = timedelta(days=1)
"""How much later than its content a name may be: it may be given when a long dump ends, in another time zone."""
WEST, EAST = timedelta(hours=12), timedelta(hours=14)
"""How far behind and ahead of UTC the clocks of this world are; an archive's header does not record its zone."""
_CLOCK_SINCE = 1990
"""Storage that keeps no times says 1970 or 1980."""
_TAKE_ONE = "find out why the schedule took none since, and take one: python -m prodverify backup"


@dataclass(frozen=True, slots=True)
class Taken:
    """
    When one backup was taken, by everything that says something of it; all in UTC, ``None`` where it says nothing.

    ``named`` lasts ``span_seconds``: a name may say no more than the day. ``header`` is the time in the archive itself:
    in UTC where ``header_zone_known``, otherwise the clock of a machine whose zone nobody tells. ``modified`` is later
    than the backup and never earlier; after a copy it says nothing.
    """

    name: str
    named: datetime | None = None
    span_seconds: float = 1.0
    manifest: datetime | None = None
    header: datetime | None = None
    header_zone_known: bool = False
    modified: datetime | None = None

    def witnesses(self) -> Iterator[tuple[str, datetime, datetime]]:
        """What says it, and from when until when it may have been taken by that."""
        if self.named is not None:
            span = timedelta(seconds=self.span_seconds if self.span_seconds > 1 else 0)
            yield "name", self.named, _moved(self.named, span)
        if self.manifest is not None:
            yield "manifest", self.manifest, self.manifest
        if self.header is not None:
            known = self.header_zone_known
            yield (
                "archive header",
                self.header if known else _moved(self.header, -EAST),
                self.header if known else _moved(self.header, WEST),
            )

    def said(self) -> str:
        """All of it in words."""
        moments = (("name", self.named), ("manifest", self.manifest), ("archive header", self.header))
        told = [f"its {what} says {moment:%Y-%m-%d %H:%M:%S}" for what, moment in moments if moment is not None]
        if not told and self.modified is not None:
            told = [f"its file was written at {self.modified:%Y-%m-%d %H:%M:%S}"]
        return quote(f"{self.name}: {', '.join(told) or 'nothing says when it was taken'}", 300)


def judge_age(taken: Taken, max_age_seconds: float, now: datetime) -> list[Finding]:
    """
    The newest backup is no older than what may be lost (RPO), by its archive's header, its manifest and its name.

    The oldest of them is believed. A modification time of days before makes a backup older; none makes it younger, as
    it is new after a copy.
    A backup from the future has no age.
    """
    expected = f"a backup taken in the last {duration(max_age_seconds)}"
    witnesses = list(taken.witnesses())
    if not witnesses:
        return [_undated(taken, max_age_seconds, expected, now)]
    ahead = max(start for _, start, _ in witnesses) - now
    if ahead > CLOCKS_APART:
        observed = f"{taken.said()}, which is {duration(ahead.total_seconds())} ahead of us"
        step = "compare the clocks, and whether time_zone and header_time_zone in [backups] are those of the names"
        return [inconclusive("backup-from-the-future", expected, observed, next_step=step)]
    what, start, end = min(witnesses, key=lambda witness: witness[2])
    agreeing = [begin for _, begin, _ in witnesses if begin <= end]  # all that may be true at once
    youngest = end
    if taken.modified is not None and taken.modified.year >= _CLOCK_SINCE and end - taken.modified > NAMED_WITHIN:
        youngest = taken.modified
    age_seconds = max((now - youngest).total_seconds(), 0.0)
    observed = f"{taken.said()}, {duration(age_seconds)} ago"
    named_age = (now - witnesses[0][2]).total_seconds() if taken.named is not None else age_seconds
    if taken.named is not None and (
        taken.named - youngest > NAMED_WITHIN or named_age <= max_age_seconds < age_seconds
    ):
        older = observed if what != "name" else f"{observed}: its file was written before its name says"
        step = "find out what gives old backups new names; " + _TAKE_ONE
        return [fail("backup-older-than-named", expected, older, next_step=step)]
    if age_seconds > max_age_seconds:
        return [fail("backup-stale", expected, observed, next_step=_TAKE_ONE)]
    if (now - max(agreeing, default=start)).total_seconds() > max_age_seconds and youngest == end:
        step = "put the hour into the names, keep manifests beside them, or say header_time_zone in [backups]"
        return [inconclusive("backup-age-unclear", expected, f"{observed} or earlier", next_step=step)]
    return [info("backup-age", expected, observed)]


def judge_name(called: str, own: str) -> list[Finding]:
    """
    The backups that are there, all ``called`` so, are those of the target, whose ``own`` name they have.

    Nobody says otherwise, so they are judged; but where they are of another database, ours has none. ``called`` is
    empty where a pattern says which are meant.
    """
    if called in ("", own):
        return []
    expected = f"backups called {quote(own)}, as the target is"
    observed = f"all are called {quote(called)}, and were taken for its own"
    step = f"say name = {json.dumps(called)} in [backups] if they are its own; if not, find out why it has none"
    return [warn("backups-of-another-name", expected, observed, next_step=quote(step))]


def judge_manifest(backup: BackupFile) -> list[Finding]:
    """A manifest that is beside the backup can be used; that there is none is no finding of this judge."""
    if not backup.complaint:
        return []
    return [
        fail(
            "backup-manifest-damaged",
            f"a manifest that belongs to {backup.path.name}",
            quote(backup.complaint),
            next_step="find out what altered it; without it the content of this backup cannot be verified",
        )
    ]


def duration(seconds: float) -> str:
    """A span of time for a person."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def _undated(taken: Taken, max_age_seconds: float, expected: str, now: datetime) -> Finding:
    if taken.modified is not None and (now - taken.modified).total_seconds() > max_age_seconds:
        age = duration((now - taken.modified).total_seconds())
        return fail("backup-stale", expected, f"{taken.said()}, {age} ago, and nothing was since", next_step=_TAKE_ONE)
    step = "put the time into the names and say so as pattern in [backups], or keep a manifest beside each backup"
    return inconclusive("backup-age-unknown", expected, taken.said(), next_step=step)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:  # the year 1 or 9999, which only a damaged header says
        return moment
