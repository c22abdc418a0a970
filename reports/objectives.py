"""Objectives as rows: those of a load run, and those that the gate sampled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prodverify.record.run import CaseRecord, RunRecord
from reports.wording import amount, label_of

KINDS = ("objective", "agreement")
"""What an SLO states: what the team aims at, and the looser figure that customers are owed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One judgement from counts: ``bad`` of ``n``, and the bounds on the share of bad ones."""

    name: str
    state: str
    observed: str
    limit: str
    n: int
    bad: int
    bounds: str
    percentiles: str = ""
    sentence: str = ""


def rows(record: RunRecord) -> Iterator[Row]:
    """In the order of the run."""
    for stated in (record.load or {}).get("objectives", ()):
        yield Row(
            name=str(stated["name"]),
            state=str(stated["state"]),
            observed=str(stated.get("observed", "")),
            limit=str(stated.get("limit", "")),
            n=int(stated.get("n", 0)),
            bad=int(stated.get("bad", 0)),
            bounds=str(stated.get("bounds", "")),
            percentiles=str(stated.get("percentiles", "")),
            sentence=str(stated.get("sentence", "")),
        )
    for case in record.checks:
        for kind in KINDS:
            judged = case.facts.get(kind)
            if isinstance(judged, Mapping) and "state" in judged:
                yield _row(case, kind, judged)


def is_row(case: CaseRecord) -> bool:
    """Whether the case's facts are told as a row, so that they need not be told again."""
    return any(isinstance(case.facts.get(kind), Mapping) and "state" in case.facts[kind] for kind in KINDS)


def assumptions(record: RunRecord) -> tuple[str, ...]:
    """What the bounds of the rows take for granted, each said once."""
    said = (str(case.facts.get("assumption", "")) for case in record.checks if is_row(case))
    return tuple(dict.fromkeys(filter(None, said)))


def _row(case: CaseRecord, kind: str, judged: Mapping[str, Any]) -> Row:
    facts = {**case.facts, **{key: judged[key] for key in ("threshold_ms", "total", "bad") if key in judged}}
    within = f"within {amount(facts['threshold_ms'])} ms" if facts.get("threshold_ms") else "succeed"
    low, high = amount(judged.get("bad_at_least_percent", 0.0)), amount(judged.get("bad_at_most_percent", 100.0))
    name = f"{label_of(case)} over {facts['window_days']} days" if "window_days" in facts else label_of(case)
    said = [str(judged.get("sentence", ""))] if judged["state"] != "pass" else []
    if kind == "objective" and facts.get("set_aside"):
        said.append(f"{facts['set_aside']:,} answers were set aside: this machine had no processor to spare")
    return Row(
        name=name if kind == "objective" else f"{name} ({kind})",
        state=str(judged["state"]),
        observed=f"{amount(judged.get('observed_percent', ''))} %",
        limit=f"{amount(judged.get('percent', ''))} % {within}",
        n=int(facts.get("total", 0)),
        bad=int(facts.get("bad", 0)),
        bounds=f"{low} % to {high} % bad",
        percentiles=" / ".join(amount(facts[name]) for name in ("p50_ms", "p95_ms", "p99_ms") if name in facts),
        sentence="; ".join(filter(None, said)),
    )
