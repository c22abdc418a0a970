"""What is promised of backups: there, recent, whole, kept as long as promised, and restorable."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from prodverify.target.drill import Drill
from prodverify.target.section import PositiveFloat, PositiveInt, SecretName, Section
from prodverify.target.taking import Taking

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
BackupName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
BucketName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$")]


class S3(Section):
    """``[backups.s3]``: storage that speaks S3. Checks only read it."""

    bucket: BucketName = Field(description="bucket that holds the backups")
    prefix: str = Field("", description='folder of the backups in the bucket, as "production"')
    endpoint: str = Field("", description="address of the storage, which this allows to be asked; absent for AWS")
    region: str = Field("", description="region of the bucket")
    access_key_id: SecretName | None = Field(
        None, description="name of the secret with the key's id; absent for what the environment provides"
    )
    secret_access_key: SecretName | None = Field(None, description="name of the secret with the key")
    session_token: SecretName | None = Field(None, description="name of the secret with a temporary key's token")
    timeout_seconds: PositiveFloat = Field(10.0, description="patience for one connection, and between two pieces")


class NewestRow(Section):
    """One ``[[backups.newest_rows]]``: a table that is written all the time, and how old its newest row may be."""

    table: str = Field(description="table, or schema.table")
    column: str = Field(description="column of a time, which rows get when they are written")
    max_age_seconds: PositiveFloat = Field(description="age of the newest row when the backup was taken")


class Backups(Section):
    """``[backups]``: where backups are, how old they may be, and what a restored one must hold."""

    directory: str = Field("", description="folder that holds the backups")
    s3: S3 | None = Field(None, description="storage that speaks S3, in the place of directory")
    pattern: str = Field(
        "",
        description="names below the place, with %Y %m %d %H %M %S %j and *; "
        "absent for [FOLDER/]NAME_backup_YYYYMMDD_HHMMSS and an ending",
    )
    name: BackupName = Field(
        "",
        description="NAME of these backups; absent for the target's, or for the only one there, with a warning where it is another",
    )
    time_zone: str = Field("UTC", description='time zone of the times in names, as "Europe/Berlin"')
    header_time_zone: str = Field(
        "", description="time zone of the machine that dumps, which archives do not record; absent where unknown"
    )
    max_age_seconds: PositiveFloat | None = Field(None, description="RPO: age of the newest backup")
    every_seconds: PositiveFloat | None = Field(None, description="longest time between two backups")
    schedule: tuple[TimeOfDay, ...] = Field((), description="times of day, in UTC, at which backups begin")
    schedule_days: PositiveInt = Field(7, description="days back for which the schedule is verified")
    grace_seconds: PositiveFloat = Field(3600.0, description="how much later than scheduled a backup may be")
    min_size_percent: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="size of the newest backup, in percent of the median of those before it"
    )
    size_of_last: Annotated[int, Field(ge=2, le=1000)] = Field(5, description="backups that the median is made of")
    retention_days: PositiveInt | None = Field(None, description="days that backups are kept, and no longer")
    beyond_retention: Literal["warn", "fail"] = Field("warn", description="what a backup that is kept longer means")
    encryption: Literal["age", "gpg", "any", "none"] | None = Field(
        None, description='how backups are encrypted before they are stored; "none" promises plain files'
    )
    private: bool = Field(
        False, description="whether a backup that everybody can read breaks the promise; a warning where not"
    )
    newest_rows: tuple[NewestRow, ...] = Field((), description="rows that show how recent a restored backup is")
    taking: Taking | None = Field(None, description="how `python -m prodverify backup` takes them")
    rto_seconds: PositiveFloat = Field(3600.0, description="RTO: time from this place to a database that answers")
    drill: Drill = Field(Drill(), description="how a restored backup is compared and asked")
    key_tables: tuple[str, ...] = Field((), description="tables without which the service is lost")
    binaries: str = Field(
        "", description="folder of the PostgreSQL programs to restore with; found by itself when absent"
    )
