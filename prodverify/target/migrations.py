"""What is promised of migrations: the code and the database agree."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from prodverify.target.section import Name, Path, Pointer, Section

MigrationTool = Literal[
    "alembic",
    "atlas",
    "dbmate",
    "diesel",
    "django",
    "drizzle",
    "ecto",
    "efcore",
    "flyway",
    "golang-migrate",
    "goose",
    "knex",
    "laravel",
    "liquibase",
    "node-pg-migrate",
    "prisma",
    "rails",
    "sequelize",
    "sqlx",
    "typeorm",
    "detect",
]
"""Every tool of ``prodverify.data.migrations.tools``, which is not imported here: a target is read without a driver."""


class Migrations(Section):
    """``[[migrations]]``: what one tool's scripts say against what its table in the database says."""

    name: Name | None = Field(None, description="name of this entry, by default the tool's")
    tool: MigrationTool = Field(
        "alembic", description='migration tool, or "detect": the one that has its table in the database'
    )
    version_table: str = Field(
        "", description="table that the tool records in, with its schema if it is not public; by default the tool's own"
    )
    folder: str = Field("", description="folder of the migration scripts, in the tool's own layout")
    more_folders: tuple[str, ...] = Field(
        (), description="further folders of the same history, where the tool is given several"
    )
    git_revision: str = Field(
        "", description="commit, tag or branch that folder is read at, without checking it out; empty reads the files"
    )
    repository: str = Field("", description="git repository of git_revision; folder is then a path inside it")
    heads: tuple[str, ...] = Field((), description="heads of the code, where the scripts are not at hand")
    manifest: str = Field("", description="file that the build left and that tells the code's heads")
    manifest_at: Pointer | None = Field(
        None, description="JSON Pointer of the head or heads in manifest; without it, the file has one head a line"
    )
    code_path: Path | None = Field(None, description="path where the service reports the heads of its code")
    code_at: Pointer = Field("/heads", description="JSON Pointer of the head or heads there")
    branches: tuple[str, ...] = Field(
        (), description="named branches, or Django's apps, that belong to this database; empty means all"
    )
    code_behind: Literal["warn", "fail"] = Field(
        "warn",
        description="what it is that the database has migrations which the code does not know, as after a rollback",
    )
    reported_path: Path | None = Field(
        None, description="path where the service reports its database's heads, where we cannot reach the database"
    )
    reported_at: Pointer = Field("/heads", description="JSON Pointer of the head or heads there")
    role: str = Field("anonymous", description="role to ask these paths as")

    @property
    def label(self) -> str:
        """Its name, or its tool's."""
        return self.name or self.tool

    @property
    def sources(self) -> tuple[str, ...]:
        """The keys by which it says where the code's heads come from; one is expected."""
        return tuple(key for key in ("folder", "heads", "manifest", "code_path") if getattr(self, key))


def or_one(schema: dict[str, Any]) -> None:
    """Says in a JSON Schema of a list that one table is a list of one."""
    items = schema.pop("items")
    schema["anyOf"] = [items, {"type": schema.pop("type"), "items": items}]
