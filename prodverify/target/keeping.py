"""Rules of ``[backups]``: where backups are, how they are named, and promises that contradict each other."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from prodverify.data.backups.names import Naming, PatternError, directives
from prodverify.target.addresses import wrong_url
from prodverify.target.migrating import TABLE_NAME
from prodverify.target.wording import Complaint, Place, came, nearest

if TYPE_CHECKING:
    from prodverify.target.backups import S3, Backups
    from prodverify.target.model import Promises

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_DAY_SECONDS = 86400
_MEANS = {
    "beyond_retention": ("retention_days",),
    "size_of_last": ("min_size_percent",),
    "schedule_days": ("schedule", "every_seconds"),
    "grace_seconds": ("schedule", "every_seconds"),
}
"""Keys that say how another one is judged, and mean nothing without it."""


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Everything in ``[backups]`` that cannot be meant, references by name apart."""
    backups = promises.backups
    if backups is None:
        return
    if backups.directory and backups.s3:
        yield Complaint(("backups", "directory"), "expected either directory or [backups.s3], came both")
    elif not backups.directory and not backups.s3 and not promises.embedded:
        text = "is missing; expected the folder that holds the backups, or [backups.s3]"
        yield Complaint(("backups", "directory"), text)
    elif "\0" in backups.directory:
        yield Complaint(("backups", "directory"), f"expected the path of a folder, came {came(backups.directory)}")
    if backups.s3:
        yield from _storage(backups.s3)
    yield from _names(backups)
    yield from _times(backups)
    for key, needed in _MEANS.items():
        if key in backups.model_fields_set and not any(getattr(backups, each) for each in needed):
            yield Complaint(("backups", key), f"means nothing without {' or '.join(needed)}; remove it, or add that")
    for number, table in enumerate(backups.key_tables):
        if not TABLE_NAME.fullmatch(table):
            yield Complaint(("backups", "key_tables", number), f"expected table or schema.table, came {came(table)}")
    for number, row in enumerate(backups.newest_rows):
        place: Place = ("backups", "newest_rows", number)
        if not TABLE_NAME.fullmatch(row.table):
            yield Complaint((*place, "table"), f"expected table or schema.table, came {came(row.table)}")
        if not _COLUMN.fullmatch(row.column):
            yield Complaint((*place, "column"), f"expected the name of a column, came {came(row.column)}")


def secrets_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of this section that names a secret, and the name."""
    if promises.backups and (s3 := promises.backups.s3):
        for key in ("access_key_id", "secret_access_key", "session_token"):
            if (named := getattr(s3, key)) is not None:
                yield ("backups", "s3", key), named


def _storage(s3: S3) -> Iterator[Complaint]:
    place: Place = ("backups", "s3")
    if s3.endpoint and wrong_url(s3.endpoint, origin_only=True):
        # not quoted: it may hold a password
        text = 'expected an absolute http or https address without path, user name or query, as "https://s3.example"'
        yield Complaint((*place, "endpoint"), text)
    if (s3.access_key_id is None) != (s3.secret_access_key is None):
        missing = "access_key_id" if s3.access_key_id is None else "secret_access_key"
        yield Complaint((*place, missing), "is missing; a key is its id and its secret")
    if s3.session_token is not None and s3.access_key_id is None:
        yield Complaint((*place, "session_token"), "means nothing without access_key_id and secret_access_key")
    if any(part in (".", "..") for part in s3.prefix.split("/")):
        yield Complaint((*place, "prefix"), f"expected a prefix without . and .., came {came(s3.prefix)}")


def _names(backups: Backups) -> Iterator[Complaint]:
    try:
        Naming(backups.pattern)
    except PatternError as wrong:
        yield Complaint(("backups", "pattern"), f"{wrong}, came {came(backups.pattern)}")
    if backups.name and backups.pattern:
        yield Complaint(("backups", "name"), "means nothing with pattern, which says itself which backups are meant")
    for key in ("time_zone", "header_time_zone"):
        zone = getattr(backups, key)
        # The default is not looked up: reading every name takes longer than all else of a target file.
        if zone not in ("", "UTC") and zone not in (known := zoneinfo.available_timezones()):
            yield Complaint(("backups", key), f"no time zone {came(zone)}{nearest(zone, sorted(known))}")
    if backups.time_zone != "UTC" and not directives(backups.pattern):
        text = "means nothing without a pattern that holds times; names of our own are in UTC"
        yield Complaint(("backups", "time_zone"), text)


def _times(backups: Backups) -> Iterator[Complaint]:
    if backups.schedule and backups.every_seconds is not None:
        yield Complaint(("backups", "every_seconds"), "expected either schedule or every_seconds, came both")
        return
    times = sorted(backups.schedule)
    if len(set(times)) < len(times):
        yield Complaint(("backups", "schedule"), "expected each time once")
        return
    minutes = [int(at[:2]) * 60 + int(at[3:]) for at in times]
    between = [
        60 * (later - earlier) for earlier, later in pairwise([*minutes, *(1440 + first for first in minutes[:1])])
    ]
    shortest = min(between, default=backups.every_seconds or _DAY_SECONDS)
    if (backups.schedule or backups.every_seconds) and backups.grace_seconds >= shortest:
        if "grace_seconds" in backups.model_fields_set:
            text = f"expected less than the {shortest:g} s between two backups, came {backups.grace_seconds:g}"
        else:
            text = f"is missing; backups come every {shortest:g} s, and by itself it is {backups.grace_seconds:g} s"
        yield Complaint(("backups", "grace_seconds"), text)
    longest = max(between, default=backups.every_seconds or 0)
    if backups.max_age_seconds is not None and backups.max_age_seconds < longest:
        text = (
            f"expected at least {longest:g}, the time between two scheduled backups, came {backups.max_age_seconds:g}"
        )
        yield Complaint(("backups", "max_age_seconds"), text)
