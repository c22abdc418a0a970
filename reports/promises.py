"""Everything that was verified, promise by promise, and what was not, by the word that is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from reports.allowance import Allowance, weight
from reports.visible import cut
from reports.wording import MARKS, WORDS, label_of, promise_of, took

# Markup around a check's row and around a case in it.
_ROW_BYTES = 90
_CASE_BYTES = 40
_MAX_REASON = 600


@dataclass(frozen=True, slots=True)
class Line:
    """One case: its mark, its word where it is not a plain pass, what tells it apart, and its duration."""

    state: str
    mark: str
    word: str
    label: str
    took: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check with its cases."""

    claim: str
    clause: str
    tally: str
    cases: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """One file of checks. ``left`` cases are counted in the tally and listed in the record alone."""

    name: str
    path: str
    tally: tuple[tuple[str, str, str, int], ...]
    checks: tuple[Check, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Aside:
    """Cases that did not run for the same reason."""

    reason: str
    ids: tuple[str, ...]


def verified(record: RunRecord, allowance: Allowance) -> list[Promise]:
    """All cases, grouped by promise and check, in the order of the run."""
    grouped: dict[str, dict[str, list[CaseRecord]]] = {}
    for case in record.checks:
        grouped.setdefault(case.check.partition("::")[0], {}).setdefault(case.check, []).append(case)
    return [_promise(path, checks, allowance) for path, checks in grouped.items()]


def not_run(record: RunRecord, allowance: Allowance) -> tuple[list[Aside], int]:
    """Cases that did not run, by reason, most first; and how many are not listed."""
    grouped: dict[str, list[str]] = {}
    for case in record.with_state(State.NOT_RUN):
        grouped.setdefault(cut(case.reason, _MAX_REASON) or "no reason was given", []).append(case.id)
    asides, left = [], 0
    for reason, ids in sorted(grouped.items(), key=lambda group: -len(group[1])):
        kept = (
            tuple(allowance.fitting(ids, lambda one: weight(one) + 10)) if allowance.take(weight(reason) + 180) else ()
        )
        left += len(ids) - len(kept)
        if kept:
            asides.append(Aside(reason, kept))
    return asides, left


def _promise(path: str, checks: dict[str, list[CaseRecord]], allowance: Allowance) -> Promise:
    everything = [case for cases in checks.values() for case in cases]
    shown, left = [], 0
    for cases in checks.values():
        # A case that never ran knows no claim.
        first = next((case for case in cases if case.claim), cases[0])
        if not allowance.take(_ROW_BYTES + weight(first.claim, first.clause)):
            left += len(cases)
            continue
        kept = tuple(allowance.fitting(map(_line, cases), lambda line: _CASE_BYTES + weight(line.label)))
        left += len(cases) - len(kept)
        shown.append(Check(first.claim or label_of(first), first.clause, _words(cases), kept))
    return Promise(promise_of(everything[0]), path, _tally(everything), tuple(shown), left)


def _line(case: CaseRecord) -> Line:
    plain = case.state is State.PASS
    words = [] if plain else [WORDS[case.state]]
    words += ["after a retry"] if case.retried else []
    return Line(case.state.value, MARKS[case.state], ", ".join(words), label_of(case), _took(case))


def _took(case: CaseRecord) -> str:
    """Nothing for what did not run."""
    return "" if case.state is State.NOT_RUN else took(case.duration_ms)


def _tally(cases: list[CaseRecord]) -> tuple[tuple[str, str, str, int], ...]:
    count = Counter(case.state for case in cases)
    return tuple((state.value, MARKS[state], word, count[state]) for state, word in WORDS.items() if count[state])


def _words(cases: list[CaseRecord]) -> str:
    return ", ".join(f"{number} {word}" for _, _, word, number in _tally(cases))
