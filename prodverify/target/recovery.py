"""What is promised of recovery: a physical copy and archived WAL bring the server back, to a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from prodverify.target import querying
from prodverify.target.drill import Query
from prodverify.target.section import PositiveFloat, PositiveInt, Section
from prodverify.target.wording import Complaint

if TYPE_CHECKING:
    from prodverify.target.model import Promises


class PgBackRest(Section):
    """``[recovery.pgbackrest]``: a repository in place of a folder."""

    stanza: str = Field(min_length=1, max_length=200, description="name of the stanza")
    config: str = Field("", description="pgBackRest's own configuration file; absent: its default")


class Recovery(Section):
    """``[recovery]``: recovered by PostgreSQL itself, in a private server that is gone afterwards."""

    copies: str = Field(
        "", description="folder of physical copies by pg_basebackup, each in a folder of its own, or one copy"
    )
    wal: str = Field("", description="folder of archived WAL, packed or not; absent: a copy has all that it needs")
    pgbackrest: PgBackRest | None = Field(None, description="a repository in place of copies and wal")
    database: str = Field(min_length=1, max_length=63, description="database of the copy that is read back")
    superuser: str = Field("postgres", min_length=1, max_length=63, description="a superuser's role in the copy")
    recover_to: str = Field("", description="moment to recover to, as 2026-11-21T09:00:00Z; absent: the end of the WAL")
    recover_to_seconds_ago: PositiveFloat | None = Field(None, description="the same, counted back from now")
    max_age_seconds: PositiveFloat | None = Field(
        None, description="RPO: age of the last transaction that can be recovered; an idle database needs a heartbeat"
    )
    max_copy_age_seconds: PositiveFloat | None = Field(None, description="age of the newest physical copy")
    rto_seconds: PositiveFloat | None = Field(None, description="RTO: time from the copy to the first answer")
    slower_percent: PositiveFloat | None = Field(
        None,
        description="by how much a recovery may be slower than the median of the last ones without a warning; "
        "needs rto_seconds",
    )
    last_drills: PositiveInt = Field(5, description="how many of the last recoveries that median is of")
    key_tables: tuple[str, ...] = Field((), description="tables without which the service is lost")
    amcheck: bool = Field(True, description="every table and B-tree is looked through by amcheck")
    queries: tuple[Query, ...] = Field((), description="questions of your own to the recovered database")
    query_timeout_ms: PositiveInt = Field(30_000, description="longest query of yours, in milliseconds")
    deadline_seconds: PositiveFloat = Field(
        3600.0, description="time after which bringing, verifying and replaying it is given up"
    )
    binaries: str = Field(
        "", description="folder of the PostgreSQL programs of the copy's major; found by itself when absent"
    )

    @property
    def moment(self) -> datetime | None:
        """``recover_to`` as a moment."""
        return datetime.fromisoformat(self.recover_to) if self.recover_to else None


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Keys of ``[recovery]`` that do not go together, or say nothing."""
    recovery = promises.recovery
    if recovery is None:
        return
    if recovery.pgbackrest is not None:
        for key in sorted({"copies", "wal"} & recovery.model_fields_set):
            yield Complaint(("recovery", key), "means nothing beside [recovery.pgbackrest]; remove one of the two")
    elif not recovery.copies and not promises.embedded:
        yield Complaint(
            ("recovery", "copies"), "is missing; expected a folder of physical copies, or [recovery.pgbackrest]"
        )
    yield from querying.complaints(("recovery",), recovery.queries)
    if recovery.recover_to:
        if recovery.recover_to_seconds_ago is not None:
            text = "means nothing beside recover_to; remove one of the two"
            yield Complaint(("recovery", "recover_to_seconds_ago"), text)
        if not _is_moment(recovery.recover_to):
            text = 'expected a moment with its zone, as "2026-11-21T09:00:00Z"'
            yield Complaint(("recovery", "recover_to"), text)
    if recovery.slower_percent is not None and recovery.rto_seconds is None:
        text = "needs rto_seconds: how long a recovery takes is judged where it is promised"
        yield Complaint(("recovery", "slower_percent"), text)
    if "last_drills" in recovery.model_fields_set and recovery.slower_percent is None:
        yield Complaint(("recovery", "last_drills"), "means nothing without slower_percent")
    if (recovery.recover_to or recovery.recover_to_seconds_ago) and recovery.max_age_seconds is not None:
        text = "is the age of the end of the WAL, and recover_to stops before it; declare it in a target of its own"
        yield Complaint(("recovery", "max_age_seconds"), text)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
