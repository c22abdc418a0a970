"""The numbers that checks measured, for people: recovery times, latencies, limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prodverify.record.run import CaseRecord, RunRecord
from reports.visible import cut, line
from reports.wording import fact, label_of, promise_of

_MAX_VALUE = 300


@dataclass(frozen=True, slots=True)
class Measured:
    """What one case measured: labels and texts with their units."""

    promise: str
    label: str
    claim: str
    state: str
    facts: tuple[tuple[str, str], ...]


def measured(record: RunRecord) -> Iterator[Measured]:
    """The cases that measured something, in the order of the run."""
    for case in record.checks:
        if case.facts:
            yield Measured(promise_of(case), label_of(case), case.claim, case.state.value, _facts(case))


def load_facts(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """What a load run measured beside its objectives."""
    return tuple(fact(str(name), value) for name, value in ((record.load or {}).get("facts") or {}).items())


def _facts(case: CaseRecord) -> tuple[tuple[str, str], ...]:
    pairs = (fact(str(name), value) for name, value in case.facts.items())
    return tuple((label, line(cut(text, _MAX_VALUE))) for label, text in pairs)
