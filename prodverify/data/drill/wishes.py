"""What one drill is asked for: where to restore to, what to compare with, what to ask. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodverify.data.connection import Connection
from prodverify.data.drill.observed import Mode

DEADLINE_SECONDS = 3600.0
QUERY_TIMEOUT_MS = 30_000

Reader = Callable[[Connection], Any]
"""Reads something of the restored database, which its caller judges."""


@dataclass(frozen=True, slots=True)
class Question:
    """
    One statement that reads, and what is to be noticed of its answer: see ``[[backups.drill.queries]]``.

    ``at_least`` rows are fetched, never more.
    """

    name: str
    sql: str
    expect: str | None = None
    at_least: int = 1
    dated: bool = False


@dataclass(frozen=True, slots=True)
class LiveSlice:
    """Rows of one live table whose ``column`` lies more than ``before_seconds`` before the backup."""

    table: str
    column: str
    before_seconds: float
    tolerance_rows: int = 0


@dataclass(frozen=True, slots=True)
class Live:
    """The live database: its DSN, how long one statement may take there, and the rows that are compared."""

    dsn: str = field(repr=False)
    statement_timeout_ms: int
    slices: tuple[LiveSlice, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    ``configured`` names a folder of PostgreSQL's programs. A server that has ``live_system_identifier`` is refused.
    ``identity`` opens an encrypted backup. ``jobs`` of 0 are as many as there are cores. ``modes`` are compared;
    where none is named, ``archive`` is where there is no manifest. ``readers`` are called with a read-only connection
    to the restored database; what they return, or the ``Unjudged`` that they raise, is in ``DrillReport.watched``.
    """

    configured: str = ""
    live_system_identifier: str = ""
    identity: str = field(default="", repr=False)
    jobs: int = 0
    deadline_seconds: float = DEADLINE_SECONDS
    modes: tuple[Mode, ...] = ()
    live: Live | None = None
    amcheck: bool = True
    questions: tuple[Question, ...] = ()
    query_timeout_ms: int = QUERY_TIMEOUT_MS
    readers: Mapping[str, Reader] = field(default_factory=dict)
