"""What is promised of the database's schema: it is what the team committed, and migrations go both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from prodverify.target.section import PositiveFloat, Section
from prodverify.target.wording import Complaint, Place, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_MOST_ROWS = 100_000


class Difference(Section):
    """``[[schema.ignore]]``: objects that differ on purpose."""

    lines: str = Field(min_length=1, description="lines of a snapshot, from start to end, with * for anything")
    reason: str = Field(min_length=1, description="why they may differ")


class Scratch(Section):
    """``[schema.scratch]``: how the newest migration is applied and taken back, on a database of our own."""

    upgrade: tuple[str, ...] = Field(
        description="command that applies what is pending, word by word; {python} is the Python that runs the suite"
    )
    downgrade: tuple[str, ...] = Field(description="command that takes back the newest migration alone")
    folder: str = Field(".", description="folder that both commands run in")
    dsn_env: str = Field("DATABASE_URL", description="environment variable that tells them the scratch database")
    dsn_scheme: str = Field("postgresql", description="how its address begins, such as postgresql+psycopg")
    environment: dict[str, str] = Field({}, description="further variables of both commands, none of them secret")
    networked: bool = Field(
        False, description="the commands may reach a network, where they could find the live database by themselves"
    )
    rows: Annotated[int, Field(ge=0, le=_MOST_ROWS)] = Field(
        100, description="rows of each live table that are copied there, so that a migration meets data"
    )
    deadline_seconds: PositiveFloat = Field(300.0, description="longest that everything may take")


class DatabaseSchema(Section):
    """``[schema]``: what the live schema must equal, object by object."""

    snapshot: str = Field("", description="file of the expected schema, written by python -m prodverify snapshot")
    same_as: str = Field("", description="NAME or PATH of another target whose database has the same schema")
    restored: bool = Field(True, description="the newest backup, once restored, has the live schema")
    ignore: tuple[Difference, ...] = Field((), description="objects that differ on purpose")
    scratch: Scratch | None = Field(None, description="the newest migration goes down and up again")

    @property
    def ignored(self) -> tuple[str, ...]:
        """The patterns of lines that are compared with nothing."""
        return tuple(each.lines for each in self.ignore)


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What ``[schema]`` cannot mean."""
    schema = promises.database_schema
    if schema is None:
        return
    if not promises.database:
        yield Complaint(("database", "dsn"), "is missing; [schema] speaks of its schema")
    for number, ignored in enumerate(schema.ignore):
        if not ignored.lines.strip("* "):
            place: Place = ("schema", "ignore", number, "lines")
            yield Complaint(place, "would ignore every line; expected a pattern, as 'table events_20*'")
    if scratch := schema.scratch:
        for key, command in (("upgrade", scratch.upgrade), ("downgrade", scratch.downgrade)):
            if not command or not command[0].strip():
                yield Complaint(("schema", "scratch", key), 'expected a command, as ["alembic", "upgrade", "head"]')
        for name in (scratch.dsn_env, *scratch.environment):
            if not _VARIABLE.fullmatch(name):
                key = "dsn_env" if name == scratch.dsn_env else "environment"
                yield Complaint(("schema", "scratch", key), f"expected the name of a variable, came {came(name)}")
        if not _SCHEME.fullmatch(scratch.dsn_scheme):
            text = f'expected what stands before "://", as "postgresql+psycopg", came {came(scratch.dsn_scheme)}'
            yield Complaint(("schema", "scratch", "dsn_scheme"), text)
