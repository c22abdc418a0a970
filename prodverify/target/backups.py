"""What is promised of backups: there, recent, and restorable."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import PositiveFloat, PositiveInt, Section


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
