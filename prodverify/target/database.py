"""What is promised of the live database."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import Name, Percent, PositiveFloat, PositiveInt, SecretName, Section, Word

LONG_WORK = ("pg_dump", "pg_dumpall", "pg_basebackup", "pg_restore", "pgbackrest*", "barman*", "wal-g*")
"""Applications that are known to work for long, and rightly."""
OURS = "prodverify*"
"""How the suite's own sessions are called."""
OURS_TO_SET = frozenset(
    {
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "row_security",
        "default_transaction_read_only",
        "transaction_read_only",
        "transaction_isolation",
        "application_name",
        "client_encoding",
    }
)
"""Settings that the suite makes for its own transaction, so that it cannot see what others get."""


class QueryObjective(Section):
    """One of ``[[database.objectives]]``: how soon a query of yours is answered."""

    name: Name = Field(description="name of this objective in the evidence")
    query: str = Field(
        max_length=4000, description="one SELECT that returns few rows; it runs in a read-only transaction"
    )
    threshold_ms: PositiveFloat = Field(description="an answer is in time within this many milliseconds")
    objective_percent: Percent = Field(description="share of answers that come in time")
    confidence_percent: float = Field(95.0, gt=50, lt=100, description="confidence of the verdict")
    sample: Annotated[int, Field(gt=0, le=100_000)] = Field(300, description="answers that it is judged on")
    max_sample: Annotated[int, Field(gt=0, le=100_000)] | None = Field(
        None,
        description="answers up to which it is asked, and no more than it needs to tell; absent: sample of them are judged, once",
    )


class PromisedPool(Section):
    """One of ``[[database.pools]]``: a PgBouncer in front of the database."""

    name: Name = Field(description="name of this pooler in the evidence")
    dsn: SecretName = Field(
        description="name of the secret that holds how to reach its console: database pgbouncer, a user of stats_users"
    )
    max_waiting_seconds: PositiveFloat = Field(1.0, description="longest wait of a client for a connection")
    databases: tuple[str, ...] = Field(
        (), description="databases that are judged, by their names at the pooler; absent: all of them"
    )


class Database(Section):
    """``[database]``: the live database, read only."""

    dsn: SecretName = Field(description="name of the secret that holds the connection string")
    statement_timeout_ms: PositiveInt = Field(5000, description="longest statement of ours, in milliseconds")
    role: str = Field(
        "",
        max_length=63,
        description="role that the suite reads as, which may do no more than that; absent: not judged",
    )
    tls: Literal["require", "verify-full", "none"] | None = Field(
        None, description="how the connection is protected; none: it never leaves the machine; absent: not judged"
    )
    warn_percent: Percent = Field(80.0, description="share of a limit (connections, size, disk) from which to warn")
    fail_percent: Percent = Field(90.0, description="share of a limit from which the promise is broken")
    max_transaction_seconds: PositiveFloat = Field(3600.0, description="longest transaction of an application")
    max_idle_seconds: PositiveFloat = Field(300.0, description="longest that a transaction may be idle")
    max_wait_seconds: PositiveFloat = Field(30.0, description="longest wait for a lock")
    max_statement_seconds: PositiveFloat = Field(300.0, description="longest statement of an application")
    slow_statement_seconds: PositiveFloat = Field(1.0, description="statements slower than this are named")
    max_mean_ms: PositiveFloat | None = Field(
        None, description="slowest mean of a statement that pg_stat_statements counted; absent: slow ones are named"
    )
    min_calls: PositiveInt = Field(100, description="calls from which a statement's mean is judged")
    statements_window_seconds: Annotated[float, Field(gt=0, le=600)] | None = Field(
        None,
        description="time between two readings of pg_stat_statements, within which min_calls must be reached;"
        " absent: means since the last reset",
    )
    long_applications: tuple[str, ...] = Field(
        LONG_WORK, description="application names whose transactions may take long, with * for anything"
    )
    wraparound_percent: Percent = Field(
        60.0, description="share of the 2^31 transaction numbers that may be used before old rows are frozen"
    )
    standbys: int | None = Field(None, ge=0, le=50, description="standbys that follow this server")
    max_lag_seconds: PositiveFloat | None = Field(None, description="how far a standby may be behind, in seconds")
    max_lag_mib: PositiveFloat | None = Field(None, description="how far a standby may be behind, in MiB of log")
    max_slot_mib: PositiveFloat = Field(10240.0, description="log that a replication slot may hold back, in MiB")
    max_size_gib: PositiveFloat | None = Field(None, description="size that the database was planned for, in GiB")
    disk_gib: PositiveFloat | None = Field(None, description="size of the disk with data folder and log, in GiB")
    settings: dict[str, Word] = Field({}, description="settings and their values, as SHOW prints them")
    accepted_settings: tuple[str, ...] = Field(
        (), description="settings that endanger data, such as fsync, and are meant to here"
    )
    objectives: tuple[QueryObjective, ...] = Field((), description="how soon queries are answered")
    pools: tuple[PromisedPool, ...] = Field((), description="PgBouncers that clients connect to")
