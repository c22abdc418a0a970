"""How far standbys are behind, and what replication slots hold back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_STANDBYS = 50


@dataclass(frozen=True, slots=True)
class Standby:
    """
    One standby's lag of replay, in seconds and bytes; None where it is not known.

    ``name`` is what it calls itself; ``streaming`` whether it is connected and past its catching up.
    """

    name: str
    streaming: bool
    seconds: float | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Replication:
    """
    What this server knows of replication: of its standbys where it is a primary, of itself where ``itself`` says so.

    ``hidden`` are standbys whose state our role may not see.
    """

    itself: bool
    standbys: tuple[Standby, ...]
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A replication slot: whether somebody uses it, bytes of log that it holds back, and whether it lost some."""

    name: str
    active: bool
    retained_bytes: int
    lost: bool


def read(connection: Connection) -> Replication:
    """
    Safe on a busy primary: pg_stat_replication and pg_stat_wal_receiver are copies of shared memory with one entry a
    standby; at most ``MOST_STANDBYS`` rows. Without pg_monitor the positions are hidden, and counted.

    Copies under way (pg_basebackup) and receivers that only archive replay nothing, and are no standbys; nor is who
    reads changes through a logical slot, which ``read_slots`` tells of. Every role sees which sessions those are.
    """
    recovering = connection.execute("SELECT pg_catalog.pg_is_in_recovery()").fetchone()
    if recovering and recovering[0]:
        return Replication(True, (_itself(connection),))
    rows = connection.execute(
        """
        SELECT application_name, state, extract(epoch FROM replay_lag)::float8,
               pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint
        FROM pg_catalog.pg_stat_replication
        WHERE (state IS NULL OR (state <> 'backup' AND replay_lsn IS NOT NULL))
          AND pid NOT IN (SELECT active_pid FROM pg_catalog.pg_replication_slots
                          WHERE slot_type = 'logical' AND active_pid IS NOT NULL)
        ORDER BY 4 DESC NULLS LAST LIMIT %s
        """,
        (MOST_STANDBYS,),
    ).fetchall()
    seen = [row for row in rows if row[1] is not None]
    return Replication(
        False,
        tuple(
            # replay_lag is NULL once a standby that has everything has had nothing to do for a while
            Standby(str(name), state == "streaming", 0.0 if lag is None and not behind else _float(lag), _int(behind))
            for name, state, lag, behind in seen
        ),
        len(rows) - len(seen),
    )


def _itself(connection: Connection) -> Standby:
    """Safe on a busy standby: positions of the log in shared memory, and one row of pg_stat_wal_receiver."""
    row = connection.execute(
        """
        SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()),
               extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8,
               (SELECT count(*) FROM pg_catalog.pg_stat_wal_receiver),
               pg_catalog.pg_is_wal_replay_paused()
        """
    ).fetchone()
    assert row is not None  # a SELECT without FROM
    behind, age, receivers, paused = row
    streaming = bool(receivers) and not paused
    bytes_behind = None if behind is None else max(0, int(float(str(behind))))
    # Where all that came is replayed, the last transaction's age only says that the primary has nothing to do.
    seconds = 0.0 if streaming and bytes_behind == 0 else _float(age)
    return Standby("this server", streaming, seconds, bytes_behind)


def read_slots(connection: Connection) -> tuple[Slot, ...]:
    """
    Slots of a primary; none on a standby, whose slots follow its primary's.

    Safe on a busy primary: pg_replication_slots is a copy of shared memory, at most ``MOST_STANDBYS`` rows; every role
    sees it.
    """
    recovering = connection.execute("SELECT pg_catalog.pg_is_in_recovery()").fetchone()
    if recovering and recovering[0]:
        return ()
    rows = connection.execute(
        """
        SELECT slot_name::text, active, coalesce(wal_status, '') = 'lost',
               coalesce(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn), 0)::bigint
        FROM pg_catalog.pg_replication_slots WHERE NOT temporary ORDER BY 4 DESC LIMIT %s
        """,
        (MOST_STANDBYS,),
    ).fetchall()
    return tuple(Slot(str(name), bool(active), max(0, int(str(held))), bool(lost)) for name, active, lost, held in rows)


def _float(value: object) -> float | None:
    return max(0.0, float(value)) if isinstance(value, int | float) else None


def _int(value: object) -> int | None:
    return max(0, value) if isinstance(value, int) else None
