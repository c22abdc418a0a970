"""What is promised of migrations: the code and the database agree."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import Path, Pointer, Section


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
