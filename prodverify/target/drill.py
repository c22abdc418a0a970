"""How a backup is drilled: what the restored database is compared with, and what is asked of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import MOST, Name, PositiveFloat, PositiveInt, SecretName, Section, Word

Count = Annotated[int, Field(ge=0, le=MOST)]
Seconds = Annotated[float, Field(ge=0, le=MOST)]


class Query(Section):
    """``[[backups.drill.queries]]``: a question of the target's own to the restored database, which only reads."""

    name: Name = Field(description="name of the query")
    sql: str = Field(description="one statement that reads; what it returns is never written down")
    expect: Word | None = Field(None, description="what the first value of its first row is, as text")
    min_rows: Count | None = Field(None, description="rows that it returns at least")
    max_age_seconds: PositiveFloat | None = Field(
        None, description="how long before the backup the time in the first value of its first row may lie"
    )


class Slice(Section):
    """``[[backups.drill.slices]]``: rows of the live database that nobody changes any more."""

    table: str = Field(description="table whose old rows are compared, with its schema if it is not public")
    column: str = Field(description="its column of the type timestamptz, timestamp or date by which rows are old")
    before_seconds: Seconds = Field(3600.0, description="how long before the backup a row must lie to be compared")
    tolerance_rows: Count = Field(0, description="old rows that may be gone from the live table, or be new in it")


class Drill(Section):
    """``[backups.drill]``: the restored database, compared and asked."""

    compare: tuple[Literal["manifest", "archive", "live"], ...] = Field(
        (),
        description="what its content is compared with; the manifest when absent, or the archive where there is none",
    )
    slices: tuple[Slice, ...] = Field((), description="old rows that the live database still has as they were")
    identity: SecretName | None = Field(None, description="name of the secret that opens an encrypted backup")
    amcheck: Literal["heapallindexed", "off"] = Field(
        "heapallindexed", description="how its tables and indexes are checked by PostgreSQL's extension amcheck"
    )
    queries: tuple[Query, ...] = Field((), description="questions of your own to it")
    query_timeout_ms: PositiveInt = Field(30_000, description="longest query of yours, in milliseconds")
    jobs: PositiveInt | None = Field(
        None, description="restoring processes; as many as the machine has cores if absent"
    )
    deadline_seconds: PositiveFloat = Field(3600.0, description="time after which a restore is given up")
    slower_percent: PositiveFloat | None = Field(
        None, description="by how much a drill may be slower than the median of the last ones without a warning"
    )
    last_drills: PositiveInt = Field(5, description="how many of the last drills that median is of")
