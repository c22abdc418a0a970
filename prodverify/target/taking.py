"""How `python -m prodverify backup` takes a backup."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import PositiveFloat, PositiveInt, Section

MOST_JOBS = 64


class Taking(Section):
    """``[backups.taking]``: how ``python -m prodverify backup`` takes them. Checks do not read it."""

    format: Literal["plain", "custom", "directory"] = Field("plain", description="format of pg_dump")
    compression: Literal["gzip", "zstd", "none"] = Field("gzip", description="what packs the dump")
    jobs: Annotated[int, Field(ge=1, le=MOST_JOBS)] = Field(
        2, description="tables that are dumped at the same time, in the directory format"
    )
    encrypt_to: tuple[str, ...] = Field(
        (), description="public keys of age or SSH of those who may read the backup; nobody else can"
    )
    lock_timeout_seconds: PositiveFloat = Field(30.0, description="patience for tables that somebody else has locked")
    keep_at_least: PositiveInt = Field(1, description="backups that retention leaves, however old they are")
    binaries: str = Field(
        "",
        description="folder of the PostgreSQL programs to dump with; found by itself, of the server's major, when absent",
    )
