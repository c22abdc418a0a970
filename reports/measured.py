"""The numbers that checks measured, for people: recovery times, ages, waits, row counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from prodverify.record.run import CaseRecord, RunRecord
from reports import objectives
from reports.visible import cut, line
from reports.wording import amount, fact, label_of, promise_of

_MAX_VALUE = 300
_MAX_ROWS = 40


@dataclass(frozen=True, slots=True)
class Table:
    """A fact that is a mapping of mappings, such as a drill's tables. ``left`` rows are in the record alone."""

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What one case measured: labels and texts with their units, and tables."""

    promise: str
    label: str
    state: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]


def measured(record: RunRecord) -> Iterator[Measured]:
    """The cases that measured something, in the order of the run. Objectives are told by their own rows."""
    for case in record.checks:
        if case.facts and not objectives.is_row(case):
            yield _measured(case)


def load_facts(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """What a load run measured beside its objectives."""
    return _facts((record.load or {}).get("facts") or {})


def _measured(case: CaseRecord) -> Measured:
    nested = {name: value for name, value in case.facts.items() if _is_table(value)}
    flat = {name: value for name, value in case.facts.items() if name not in nested}
    tables = tuple(_table(str(name), value) for name, value in nested.items())
    return Measured(promise_of(case), label_of(case), case.state.value, _facts(flat), tables)


def _facts(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What says nothing is left out."""
    told = (fact(str(name), value) for name, value in facts.items() if value not in (None, "", [], {}))
    return tuple((line(label), line(cut(text, _MAX_VALUE))) for label, text in told)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(row, Mapping) for row in value.values())


def _table(name: str, value: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = tuple(dict.fromkeys(str(column) for row in value.values() for column in row))
    rows = (
        (str(key), *(line(cut(amount(row.get(column, "")), _MAX_VALUE)) for column in columns))
        for key, row in islice(value.items(), _MAX_ROWS)
    )
    labels = tuple(column.replace("_", " ") for column in columns)
    return Table(name.replace("_", " "), labels, tuple(rows), max(0, len(value) - _MAX_ROWS))
