"""Standbys keep up, and what waits for one that is gone does not fill the disk."""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.health.replication import Replication, Slot, Standby
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn

MIB = 1024.0**2


def judge_standbys(
    replication: Replication, standbys: int | None, max_lag_seconds: float | None, max_lag_mib: float | None
) -> list[Finding]:
    """
    As many standbys as promised stream, and none is further behind than promised: on a primary all that it knows of,
    on a standby itself.

    https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
    """
    found = []
    streaming = [standby for standby in replication.standbys if standby.streaming]
    wanted = 1 if replication.itself else standbys
    if wanted is not None and len(streaming) < wanted and not replication.hidden:
        observed = (
            "this server is a standby that receives nothing, or does not replay it"
            if replication.itself
            else f"{len(streaming)} of them"
        )
        step = "look at the log of the standby that is missing; without its slot it may have to be made anew"
        found.append(fail("standby-missing", f"{wanted} streaming", observed, next_step=step))
    for standby in replication.standbys:
        found += _lag(standby, max_lag_seconds, max_lag_mib)
    if any(finding.rule == "standby-missing" or finding.rule == "replication-lag" for finding in found):
        return found
    if replication.hidden:
        found.append(
            inconclusive(
                "standbys-hidden",
                "to see how far each standby is",
                f"{replication.hidden} of them are hidden from our role",
                next_step="GRANT pg_monitor TO the role that the suite reads as",
            )
        )
    elif not replication.standbys and standbys is None:
        found.append(
            inconclusive(
                "standbys-unseen",
                "a standby, whose lag was promised",
                "the server knows of none",
                next_step="name standbys in [database]; where the provider hides them, let dsn lead to the standby",
            )
        )
    return found


def judge_slots(slots: Iterable[Slot], max_slot_mib: float) -> list[Finding]:
    """
    No replication slot holds back more than ``max_slot_mib`` of log, which cannot be removed before it is used.

    https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS
    """
    found = []
    for slot in slots:
        held = f"{quote(slot.name, 63)} holds back {slot.retained_bytes / MIB:.0f} MiB"
        observed = held if slot.active else f"{held}, and nobody uses it"
        if slot.retained_bytes > max_slot_mib * MIB:
            step = "bring its reader back, or SELECT pg_drop_replication_slot(...); bound it by max_slot_wal_keep_size"
            expected = f"at most {max_slot_mib:g} MiB of log held back by a slot"
            found.append(fail("slot-retains", expected, observed, next_step=step))
        elif slot.lost:
            step = "make its reader anew from a fresh copy, and drop the slot"
            found.append(
                warn("slot-lost", "slots that have all that they wait for", quote(slot.name, 63), next_step=step)
            )
        elif not slot.active:
            step = "drop it if its reader does not come back"
            found.append(warn("slot-idle", "slots that somebody uses", observed, next_step=step))
    return found


def _lag(standby: Standby, max_seconds: float | None, max_mib: float | None) -> list[Finding]:
    name = quote(standby.name, 63)
    step = "look at what it replays (long queries there, its disk, the network); pg_stat_replication says where it lags"
    found = []
    if max_seconds is not None and standby.seconds is not None:
        observed = f"{name}: {standby.seconds:.1f} s"
        expected = f"at most {max_seconds:g} s behind"
        late = standby.seconds > max_seconds
        found.append(
            fail("replication-lag", expected, observed, next_step=step) if late else info("lag", expected, observed)
        )
    if max_mib is not None and standby.bytes is not None:
        observed = f"{name}: {standby.bytes / MIB:.1f} MiB"
        expected = f"at most {max_mib:g} MiB behind"
        late = standby.bytes > max_mib * MIB
        found.append(
            fail("replication-lag", expected, observed, next_step=step) if late else info("lag", expected, observed)
        )
    if not found and (max_seconds is not None or max_mib is not None):
        return [
            inconclusive(
                "replication-lag-unknown",
                f"to see how far {name} is behind",
                "it has replayed nothing yet that has a time or a place",
                next_step="wait until it has replayed a transaction, and look whether it streams",
            )
        ]
    return found
