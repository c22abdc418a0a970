"""
A baseline: how quick and how reliable a service was in one run, and the alert thresholds that follow from it. Pure.

SPEC O9: a warning at 5 times the usual share of errors and at 1.5 times the usual p95, critical at 25 times and at 3
times; a pool of connections above 80 of 100. Many times nothing is nothing: with fewer than ``FEW_ERRORS`` errors the
usual share is taken to be the largest that is in keeping with them (95 % confidence), and the file says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodverify.objectives import bounds
from prodverify.objectives.counts import Counts

ERROR_WARNING, ERROR_CRITICAL = 5.0, 25.0
LATENCY_WARNING, LATENCY_CRITICAL = 1.5, 3.0
POOL_PERCENT = 80.0
FEW_ERRORS = 10
_CONFIDENCE = 0.95
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


def measured(record: Mapping[str, Any]) -> tuple[Usual, ...]:
    """What the run of ``record`` (a ``record.json``) measured, by endpoint; nothing where it measured none."""
    load = record.get("load")
    return tuple(_under_load(load["counts"]) if load else _in_the_gate(record.get("checks", ())))


def _under_load(counts: Mapping[str, Any]) -> Iterator[Usual]:
    for name, tally in counts.items():
        answers = tally["asked"] - tally["limited"]
        if answers:
            yield Usual(name, answers, sum(tally["errors"].values()), _percentiles(tally["from_due"]), FROM_DUE)


def _in_the_gate(checks: Sequence[Mapping[str, Any]]) -> Iterator[Usual]:
    """A sample has percentiles among the facts of a latency objective, and errors among those of one of success."""
    found: dict[str, dict[str, Any]] = {}
    for check in checks:
        facts, case = check["facts"], check["id"].rpartition("/")[2]
        if not case.startswith(_CHECK) or "total" not in facts:
            continue
        name = case[len(_CHECK) : -1].removeprefix(f"{facts['slo']}-")
        if facts["kind"] == "success":
            found.setdefault(name, {}).update(answers=facts["total"], errors=facts["bad"])
        else:
            found.setdefault(name, {}).update(percentiles=_percentiles(facts))
    for name, seen in found.items():
        if "answers" in seen:
            yield Usual(name, seen["answers"], seen["errors"], seen.get("percentiles", {}), FROM_SENT)


def _percentiles(facts: Mapping[str, Any]) -> dict[str, float]:
    return {key: facts[key] for key in ("p50_ms", "p95_ms", "p99_ms") if facts.get(key) is not None}


def text(record: Mapping[str, Any], usual: Sequence[Usual]) -> str:
    """The baseline as a TOML file, with the proposed thresholds of each endpoint below what they follow from."""
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
