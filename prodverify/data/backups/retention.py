"""How long backups are kept: which ones may go, and their removal. The last good one never goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.names import OURS
from prodverify.data.backups.places import Place, Stored
from prodverify.record.findings import Unjudged

LARGEST_SKEW_SECONDS = 3600.0
"""A clock that is further from the server's is not trusted to say what is old."""


class NothingRemoved(Exception):  # noqa: N818 - a sentence for whoever asked for the backup, which was taken
    """Why old backups were left where they are."""


def expired(
    found: Iterable[Stored], name: str, *, days: int, now: datetime, keep_at_least: int = 1
) -> tuple[Stored, ...]:
    """
    What of ``found`` may go: called ``name``, taken more than ``days`` before ``now`` (in UTC), the oldest first.

    Of all that have a manifest the newest ``keep_at_least`` stay, whatever their age, and everything that is newer than
    the oldest of these. Pure.
    """
    ours = [
        (stored.taken_at, stored.name, stored)
        for stored in found
        if stored.taken_at is not None and _called(name, stored)
    ]
    ours.sort(key=lambda each: each[:2])
    with_manifest = [at for at, _, stored in ours if stored.has_manifest]
    if len(with_manifest) < keep_at_least:
        return ()
    try:
        before = min(now - timedelta(days=days), with_manifest[-keep_at_least])
    except OverflowError:
        return ()  # so many days ago there was no calendar
    return tuple(stored for at, _, stored in ours if at < before)


def remove_expired(
    place: Place, name: str, *, days: int, taken: str, manifest: Manifest, keep_at_least: int = 1
) -> Iterator[Stored]:
    """
    Remove what may go after the backup ``taken`` was stored in ``place`` with ``manifest``; each is given when gone.

    Nothing is removed unless the place lists that backup, with its manifest and of its size: it is the last good one.
    Raises ``NothingRemoved``.
    """
    if abs(manifest.skew_seconds) > LARGEST_SKEW_SECONDS:
        raise NothingRemoved(
            f"the clocks of this machine and of the server differ by {abs(manifest.skew_seconds):.0f} s, "
            "so that nobody knows what is old"
        )
    try:
        found = place.backups()
        listed = [stored for stored in found if stored.name == taken]
        if not listed or not listed[0].has_manifest or listed[0].size_bytes != manifest.size_bytes:
            raise NothingRemoved(f"{place.describe()} does not list the new backup whole")
        known = _sound(place, found, name, keep_at_least)
        for stored in expired(known, name, days=days, now=manifest.taken_at, keep_at_least=keep_at_least):
            try:
                place.remove(stored)
            except FileNotFoundError:
                continue  # another backup removes what is old at the same time
            yield stored
    except Unjudged as problem:
        raise NothingRemoved(str(problem).rstrip(".")) from None
    except OSError as error:
        raise NothingRemoved(f"{place.describe()}: {error.strerror or error}") from None


def _called(name: str, stored: Stored) -> bool:
    return OURS.called(stored.name) == name


def _sound(place: Place, found: Iterable[Stored], name: str, wanted: int) -> Iterator[Stored]:
    """``found``, newest first, in which those that may be kept as good ones have a manifest that is about them."""
    for stored in found:
        if wanted and stored.has_manifest and _called(name, stored):
            held = place.manifest(stored).manifest
            if held is None or held.size_bytes != stored.size_bytes:
                yield replace(stored, has_manifest=False)
                continue
            wanted -= 1
        yield stored
