"""What was seen in a restored database beside its contents. Pure data; no value of a row is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from prodverify.data.catalog.contents import Position, Span

Mode = Literal["manifest", "archive", "live"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    What a drill ran on, without which its times mean nothing.

    ``exposed`` says why the server was not cut off from the network, and is empty where it was. ``collation`` says why
    the restored database has another than the one that was backed up, as a clause; ``collation_told`` is whether the
    backup says which that was, which plain SQL does not. ``settings`` are those of the server that decide how durable,
    and so how fast, it is.
    """

    server: str = ""
    jobs: int = 0
    cores: int = 0
    memory_mib: int = 0
    machine: str = ""
    exposed: str = ""
    collation: str = ""
    collation_told: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def durable(self) -> bool:
        """Whether the server wrote to disk as a live one would; where not, its RTO is a lower bound."""
        return all(self.settings.get(name) == "on" for name in ("fsync", "full_page_writes"))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the record."""
        sealed = f"no: {self.exposed}" if self.exposed else "yes"
        return {**asdict(self), "settings": dict(self.settings), "sealed": sealed, "durable": self.durable}


@dataclass(frozen=True, slots=True)
class Compared:
    """
    One table, or its slice, restored and as something else has it.

    ``rows`` is the other's count, ``restored`` ours, ``None`` where there is no such table on that side. ``same`` is
    whether the content is, in whatever order. ``incomparable`` says why it cannot be told, and then ``same`` means
    nothing. ``what`` names the table, for a slice with its limit.
    """

    what: str
    rows: int | None
    restored: int | None
    same: bool
    tolerance: int = 0
    incomparable: str = ""


@dataclass(frozen=True, slots=True)
class ComparedSequence:
    """Where something else has a sequence, and where it was restored to; ``None`` where there is no such one."""

    name: str
    theirs: Span
    restored: Position | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Every table and sequence that one mode compared; ``impossible`` says why nothing could be compared at all.

    ``unread`` names the sequences that the other's role may not read.
    """

    mode: Mode
    tables: tuple[Compared, ...] = ()
    impossible: str = ""
    sequences: tuple[ComparedSequence, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Integrity:
    """
    What amcheck said of the files of the restored database.

    ``problems`` has a line for each table or index that is not sound. ``unavailable`` says why amcheck did not run;
    ``unchecked`` names what it could not look at, ``unended`` what took it longer than one may.
    """

    relations: int = 0
    problems: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    unavailable: str = ""
    unended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What became of one query: how many rows came, and of the first value what was asked of it alone.

    ``equal`` is whether it is the expected one, ``older_seconds`` how long before the backup it lies; ``None`` where
    nobody asked, and ``older_seconds`` also where it is no time. ``refused`` is PostgreSQL's message where it refused.
    """

    name: str
    rows: int = 0
    equal: bool | None = None
    older_seconds: float | None = None
    refused: str = ""
