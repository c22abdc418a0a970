"""What is promised about data: database, migrations and backups."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import Day, Name, Path, Pointer, PositiveFloat, PositiveInt, SecretName, Section


class Database(Section):
    """``[database]``: the live database, read only."""

    dsn: SecretName = Field(description="name of the secret that holds the connection string")
    statement_timeout_ms: PositiveInt = Field(5000, description="longest statement of ours, in milliseconds")


class Migrations(Section):
    """``[migrations]``: the code's heads against the database's."""

    tool: Literal["alembic"] = Field("alembic", description="migration tool")
    folder: str = Field("", description="folder of the migration scripts, as the code has them")
    heads: tuple[str, ...] = Field((), description="heads of the code, where the scripts are not at hand")
    version_table: str = Field(
        "alembic_version", description="table that the tool keeps its heads in, with its schema if it is not public"
    )
    reported_path: Path | None = Field(
        None, description="path where the service reports its database's heads, where we cannot reach the database"
    )
    reported_at: Pointer = Field("/heads", description="JSON Pointer of the head or heads there")
    role: str = Field("anonymous", description="role to ask that path as")


class Backups(Section):
    """``[backups]``: where backups are, how old they may be, and what a restored one must hold."""

    directory: str = Field("", description="folder that holds YYYY-MM-DD/<name>_backup_YYYYMMDD_HHMMSS.sql.gz")
    max_age_seconds: PositiveFloat = Field(86400.0, description="RPO: age of the newest backup")
    rto_seconds: PositiveFloat = Field(3600.0, description="RTO: time to restore and verify it")
    key_tables: tuple[str, ...] = Field((), description="tables without which the service is lost")
    retention_days: PositiveInt = Field(30, description="days that backups are kept")
    binaries: str = Field(
        "", description="folder of the PostgreSQL programs to restore with; found by itself when absent"
    )


class Slo(Section):
    """One of ``[[slos]]``: the share of good answers."""

    name: Name = Field(description="name of this objective in the evidence")
    endpoints: tuple[Name, ...] = Field(
        min_length=1, description="endpoints, or journeys by their last request, that it covers"
    )
    role: str = Field(description="role that samples it")
    kind: Literal["latency", "success"] = Field(
        "latency", description="good means answered in time, or answered without error"
    )
    threshold_ms: PositiveFloat | None = Field(None, description="an answer is in time within this many milliseconds")
    objective_percent: float = Field(gt=0, lt=100, description="share of good answers that the team aims at")
    agreement_percent: float | None = Field(None, gt=0, lt=100, description="looser share that customers were promised")
    confidence_percent: float = Field(95.0, gt=50, lt=100, description="confidence of the verdict")
    window_days: PositiveInt = Field(30, description="window of the objective")
    sample: PositiveInt | None = Field(
        None, description="requests that the gate samples for it; absent: only load runs judge it"
    )
    max_sample: PositiveInt | None = Field(
        None, description="requests after which it is judged again where sample could not tell; absent: it is not"
    )


class Load(Section):
    """``[load]``: arrivals of a load run."""

    rate_per_second: PositiveFloat = Field(description="arrivals a second, whatever the answers take")
    duration_seconds: float = Field(20.0, gt=0, le=600, description="length of the run")
    warm_up_seconds: float = Field(2.0, ge=0, description="first seconds that are not judged")
    role: str = Field(description="role that asks; its credentials share the work")
    shares: dict[str, PositiveFloat] = Field(
        min_length=1, description="endpoint or journey, and its share of the arrivals"
    )


class Waiver(Section):
    """One of ``[[waivers]]``: a failure that somebody answers for, until a day."""

    check: str = Field(min_length=3, description="node id of the case, or of the check without its brackets")
    reason: str = Field(min_length=10, description="why the failure is accepted")
    ticket: str = Field(min_length=1, description="where it is being mended")
    owner: str = Field(min_length=1, description="who answers for it")
    until: Day = Field(description="last day on which it holds, YYYY-MM-DD")


class Embedded(Section):
    """``[embedded]``: this target is started by us."""

    service: Literal["relay"] = Field("relay", description="the practice service, with a PostgreSQL of its own")
