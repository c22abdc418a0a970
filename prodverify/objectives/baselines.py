"""
A baseline: how quick and how reliable a service was in one run, and the alert thresholds that follow from it. Pure.

SPEC O9: a warning at 5 times the usual share of errors and at 1.5 times the usual p95, critical at 25 times and at 3
times; a pool of connections above 80 of 100. Many times nothing is nothing: with fewer than ``FEW_ERRORS`` errors the
usual share is taken to be the largest that is in keeping with them (95 % confidence), and the file says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prodverify.objectives import bounds
from prodverify.objectives.counts import Counts
from prodverify.record.run import FORMAT

ERROR_WARNING, ERROR_CRITICAL = 5.0, 25.0
LATENCY_WARNING, LATENCY_CRITICAL = 1.5, 3.0
POOL_PERCENT = 80.0
FEW_ERRORS = 10
_MOST = 10**12
"""No run asks more often or waits longer, in milliseconds."""
_CONFIDENCE = 0.95
_HEAD = ("target", "run_id", "mode", "ended_at", "verdict", "target_sha256")
_KINDS: dict[type, str] = {dict: "object", list: "list", str: "text"}
_CHECK = "test_objectives.py::test_objective_is_met["
FROM_DUE, FROM_SENT = "the moment a request was due", "the first byte sent"


@dataclass(frozen=True, slots=True)
class Usual:
    """One endpoint or journey of a run: its answers, errors among them, and percentiles by keys like ``p99_ms``."""

    name: str
    answers: int
    errors: int
    percentiles_ms: Mapping[str, float]
    measured_from: str

    @property
    def error_percent(self) -> float:
        """The observed share of errors."""
        return 100.0 * self.errors / self.answers if self.answers else 0.0

    @property
    def usual_error_percent(self) -> float:
        """The share that thresholds are multiples of."""
        if self.errors >= FEW_ERRORS:
            return self.error_percent
        return 100.0 * bounds.upper(Counts(self.answers, self.errors), _CONFIDENCE)


class RecordError(ValueError):
    """What is no record of a run, or one that no run wrote so. The text says where."""


def measured(record: object) -> tuple[Usual, ...]:
    """
    What the run of ``record`` (a ``record.json``) measured, by endpoint; nothing where it measured none.

    Raises RecordError for whatever it could not be told from, now or by ``text``: a record may be of another version,
    cut off, or edited by hand.
    """
    found = _Piece(record)
    if found["format"].value != FORMAT:
        raise RecordError(f"it is of format {found['format'].value!r}, not {FORMAT}")
    for key in _HEAD:
        found[key].text()
    if found.get("load").value:
        return tuple(_under_load(found["load"]["counts"]))
    return tuple(_in_the_gate(found["checks"].items()))


def _under_load(counts: _Piece) -> Iterator[Usual]:
    for name, tally in counts.members():
        others = _sum(tally.get("intercepted"))  # neither errors of the service nor answers of it
        answers = tally["asked"].count() - tally["limited"].count() - others
        if answers:
            times = tally["from_due"]
            yield _usual(tally, Usual(name, answers, _sum(tally["errors"]), _percentiles(times), FROM_DUE))


def _in_the_gate(checks: Iterable[_Piece]) -> Iterator[Usual]:
    """A sample has percentiles among the facts of a latency objective, and errors among those of one of success."""
    found: dict[str, dict[str, Any]] = {}
    for check in checks:
        facts, case = check["facts"], check["id"].text().rpartition("/")[2]
        if not case.startswith(_CHECK) or facts.get("total").value is None:
            continue
        name = case[len(_CHECK) : -1].removeprefix(f"{facts['slo'].text()}-")
        if facts["kind"].text() == "success":
            usual = Usual(name, facts["total"].count(), facts["bad"].count(), {}, FROM_SENT)
            found.setdefault(name, {}).update(usual=_usual(facts, usual))
        else:
            found.setdefault(name, {}).update(percentiles=_percentiles(facts))
    for seen in found.values():
        if "usual" in seen and seen["usual"].answers:
            yield replace(seen["usual"], percentiles_ms=seen.get("percentiles", {}))


def _usual(told: _Piece, usual: Usual) -> Usual:
    if not 0 <= usual.errors <= usual.answers:
        raise RecordError(f"{told.place} has {usual.errors} errors of {usual.answers} answers")
    return usual


def _sum(numbers: _Piece) -> int:
    return sum(number.count() for _, number in numbers.members()) if numbers.value else 0


def _percentiles(told: _Piece) -> dict[str, float]:
    pieces = ((key, told.get(key)) for key in ("p50_ms", "p95_ms", "p99_ms"))
    return {key: piece.milliseconds() for key, piece in pieces if piece.value is not None}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a record and where it stands. Everything raises RecordError where it is not what is asked for."""

    value: Any
    place: str = ""

    def __getitem__(self, key: str) -> _Piece:
        if (found := self.get(key)).value is None:
            raise RecordError(f"{found.place} is missing")
        return found

    def get(self, key: str) -> _Piece:
        """That member; one whose value is None where there is none."""
        return _Piece(self._is(dict).get(key), f"{self.place}.{key}".lstrip("."))

    def members(self) -> Iterator[tuple[str, _Piece]]:
        """Names and members."""
        for name in self._is(dict):
            yield _Piece(name, f"a name in {self.place}").text(), self[name]

    def items(self) -> list[_Piece]:
        """Those of a list."""
        return [_Piece(value, f"{self.place}[{number}]") for number, value in enumerate(self._is(list))]

    def text(self) -> str:
        """A text of one line, as runs write them: no more than that may become a file for others."""
        text: str = self._is(str)
        if not (text.isascii() and text.isprintable()):
            raise RecordError(f"{self.place} is not a line of plain text")
        return text

    def count(self) -> int:
        """A whole number of things."""
        if type(self.value) is not int or not 0 <= self.value <= _MOST:
            raise RecordError(f"{self.place} is no count")
        return self.value

    def milliseconds(self) -> float:
        """A time."""
        if type(self.value) not in (int, float) or not 0 <= self.value <= _MOST:
            raise RecordError(f"{self.place} is no time in milliseconds")
        return float(self.value)

    def _is(self, kind: type) -> Any:
        if not isinstance(self.value, kind):
            raise RecordError(f"{self.place or 'it'} is no {_KINDS[kind]}")
        return self.value


def text(record: Mapping[str, Any], usual: Sequence[Usual]) -> str:
    """
    The baseline as a TOML file, with the proposed thresholds of each endpoint below what they follow from.

    ``usual`` is what ``measured`` made of ``record``.
    """
    lines = [
        "# How quick and how reliable the service was, and the alert thresholds that follow (SPEC O9): errors 5 and 25",
        "# times the usual share, latency 1.5 and 3 times the usual p95, connections of a pool above 80 of 100.",
        *(["# Practice service: nothing of yours was measured."] if record.get("practice") else []),
        f"target = {json.dumps(record['target'])}",
        f"run = {json.dumps(record['run_id'])}",
        f"mode = {json.dumps(record['mode'])}",
        f"ended_at = {json.dumps(record['ended_at'])}",
        f"verdict = {json.dumps(record['verdict'])}",
        f"target_sha256 = {json.dumps(record['target_sha256'])}",
        f"pool_in_use_above_percent = {POOL_PERCENT:g}",
    ]
    for each in usual:
        lines += ["", "[[endpoints]]", f"name = {json.dumps(each.name)}", *_told(each)]
    return "\n".join(lines) + "\n"


def _told(usual: Usual) -> Iterator[str]:
    yield f"answers = {usual.answers}"
    yield f"errors = {usual.errors}"
    yield f"error_percent = {usual.error_percent:.4g}"
    for key, value in usual.percentiles_ms.items():
        yield f"{key} = {value:.4g}  # from {usual.measured_from}"
    if usual.errors < FEW_ERRORS:
        yield (
            f"# Few errors: the usual share is taken to be {usual.usual_error_percent:.3g} %, the largest in keeping"
            " with them at 95 %; more answers give closer thresholds."
        )
    yield "[endpoints.proposed]"
    for key, times in (("error_warning_percent", ERROR_WARNING), ("error_critical_percent", ERROR_CRITICAL)):
        yield f"{key} = {min(100.0, times * usual.usual_error_percent):.3g}"
    if "p95_ms" in usual.percentiles_ms:
        yield f"p95_warning_ms = {LATENCY_WARNING * usual.percentiles_ms['p95_ms']:.3g}"
        yield f"p95_critical_ms = {LATENCY_CRITICAL * usual.percentiles_ms['p95_ms']:.3g}"
