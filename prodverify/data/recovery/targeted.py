"""What a target file says of recovery, as the wishes of one and the copy that it is made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prodverify.data.drill import targeted
from prodverify.data.recovery.copies import newest
from prodverify.data.recovery.pgbackrest import Repository
from prodverify.data.recovery.recovery import Wishes
from prodverify.data.recovery.source import FolderSource, Source
from prodverify.target.load import Target
from prodverify.target.recovery import Recovery


def wishes(target: Target) -> Wishes:
    """What recovering a copy of ``target``, which declares ``[recovery]``, is asked for, from now on."""
    declared = _declared(target)
    ago = declared.recover_to_seconds_ago
    return Wishes(
        database=declared.database,
        user=declared.superuser,
        until=datetime.now(UTC) - timedelta(seconds=ago) if ago else declared.moment,
        configured=str(target.folder / declared.binaries) if declared.binaries else "",
        deadline_seconds=declared.deadline_seconds,
        amcheck=declared.amcheck,
        questions=tuple(targeted.question(each) for each in declared.queries),
        query_timeout_ms=declared.query_timeout_ms,
        readers=targeted.readers(target.promises.migrations),
    )


def source(target: Target, before: datetime | None = None) -> Source:
    """
    The newest physical copy that it names; with ``before``, the newest from which that moment can be recovered.

    Raises ``NoCopy``, ``NoRepositoryCopy``, ``DamagedCopy`` and ``Unjudged``.
    """
    declared = _declared(target)
    if (ours := declared.pgbackrest) is not None:
        config = str(target.folder / ours.config) if ours.config else ""
        return Repository(ours.stanza, config, deadline_seconds=declared.deadline_seconds).newest(before)
    wal = target.folder / declared.wal if declared.wal else None
    return FolderSource(newest(target.folder / declared.copies, before), wal)


def _declared(target: Target) -> Recovery:
    assert target.promises.recovery is not None
    return target.promises.recovery
