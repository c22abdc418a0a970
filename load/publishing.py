"""Writes the evidence of a load run and says its verdict in one line."""

from __future__ import annotations

import json

from load.evidence import Ending
from load.outcome import Objective
from load.target import ROOT
from load.telling import PRACTICE
from prodverify.record.findings import Severity
from prodverify.record.states import state_of
from prodverify.target.load import Target


def publish(ending: Ending, target: Target, locust_html: str) -> tuple[str, int]:
    """The last lines for the terminal, and the exit status. Locust's page lies beside the record."""
    record = ending.record
    stamp, _, unique = record.run_id.partition("-")
    folder = ROOT / "reports" / "runs" / f"{stamp}-{record.target}-{unique}"
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps(record.as_dict(), indent=1))
    (folder / "locust.html").write_text(locust_html)
    lines = [f"  {one.state.value:<13}{one.slo.name}: {_said(one)}" for one in ending.objectives]
    label = f"  ({PRACTICE})" if record.practice else ""
    lines.append(f"{ending.verdict.headline}{label}  {folder}")
    return "\n".join(lines), ending.verdict.exit_status


def _said(objective: Objective) -> str:
    """The finding that decided, or what the counts say."""
    sentence: str = objective.facts["objective"]["sentence"]
    telling = (one for one in objective.findings if one.severity is not Severity.INFO)
    worst = next((one for one in telling if state_of([one]) is objective.state), None)
    return sentence if worst is None or worst.observed == sentence else f"{worst.observed}; expected {worst.expected}"
