"""There is a backup, it is recent, and the old ones are gone when their time is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import PurePath

from prodverify.data.backups.manifest import BackupFile
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info

CLOCKS_APART = timedelta(minutes=5)
"""How far the clock that named a backup may be ahead of ours."""


def judge_age(backup: BackupFile, max_age_seconds: float, now: datetime) -> list[Finding]:
    """
    The newest backup is no older than what may be lost (RPO), by the times in its name and in its manifest.

    Modification times are not looked at: they are new after a copy. A backup from the future has no age.
    """
    seconds = (now - backup.taken_at).total_seconds()
    expected = f"a backup taken in the last {_duration(max_age_seconds)}"
    taken = f"{backup.path.name}, taken {backup.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    if seconds < -CLOCKS_APART.total_seconds():
        return [
            inconclusive(
                "backup-from-the-future",
                expected,
                f"{taken}, which is {_duration(-seconds)} ahead of us",
                next_step="compare the clocks, and whether backups are named in UTC",
            )
        ]
    observed = f"{taken}, {_duration(max(seconds, 0.0))} ago"
    if seconds > max_age_seconds:
        return [
            fail(
                "backup-stale",
                expected,
                observed,
                next_step="find out why the schedule took none since, and take one: python -m prodverify backup",
            )
        ]
    return [info("backup-age", expected, observed)]


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


def judge_retention(moments: Mapping[PurePath, datetime], retention_days: int, now: datetime) -> list[Finding]:
    """Backups older than ``retention_days`` are named: kept for no one, and personal data in them is kept too long."""
    old = sorted(path.name for path, taken_at in moments.items() if now - taken_at > timedelta(days=retention_days))
    if not old:
        return []
    return [
        info(
            "backups-beyond-retention",
            f"backups of the last {retention_days} days",
            f"{len(old)} of {len(moments)} are older, such as {old[0]}",
            next_step="let the schedule remove them",
        )
    ]


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
