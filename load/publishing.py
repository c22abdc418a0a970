"""Writes the evidence of a load run, Locust's page with it, and says the verdict in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from load.evidence import Ending
from load.outcome import Objective
from prodverify.record.findings import Finding, Severity
from prodverify.record.states import state_of
from prodverify.target.load import Target
from prodverify.wire.redaction import Redactor
from reports.previous import with_previous
from reports.terminal import verdict_line
from reports.write import EvidenceError, secret_sentence, unwritten, write

LOCUST_PAGE = "locust.html"


def publish(
    ending: Ending, target: Target, locust_page: Callable[[], str], *, staged: Path, runs: Path
) -> tuple[str, int]:
    """
    The last lines for the terminal, and the exit status. ``staged`` is the run's private folder, ``runs`` that of
    the evidence of all runs.

    What could not be written makes a run inconclusive, and a secret in the outputs has its own status.
    """
    page = staged / LOCUST_PAGE
    lines = [f"  {one.state.value:<13}{one.slo.name}: {_said(one)}" for one in ending.objectives]
    lines += [f"  {case.state.value:<13}{case.id}: {_asked(case.findings[0])}" for case in ending.others]
    try:
        page.write_text(locust_page(), encoding="utf-8")
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the record is worth more than that page
        lines.append(f"Locust's own page is missing: {type(trouble).__name__}")
    encoding = sys.stdout.encoding or "utf-8"
    try:
        record = with_previous(ending.record, runs)
        written = write(record, runs, redactor=Redactor(target.secrets, staged), extra_files={LOCUST_PAGE: page})
    except EvidenceError as trouble:
        record = unwritten(ending.record)
        return "\n".join([*lines, str(trouble), verdict_line(record, None, encoding=encoding)]), record.exit_status
    if written.secrets:
        return secret_sentence(written.secrets), written.exit_status
    lines.append(verdict_line(ending.record, written.page, encoding=encoding))
    return "\n".join(lines), written.exit_status


def _asked(finding: Finding) -> str:
    """What kept the run from beginning, and what to do about it."""
    return f"{finding.observed}; expected {finding.expected}. {finding.next_step}".rstrip(" .") + "."


def _said(objective: Objective) -> str:
    """The finding that decided, or what the counts say."""
    sentence: str = objective.facts["objective"]["sentence"]
    telling = (one for one in objective.findings if one.severity is not Severity.INFO)
    worst = next((one for one in telling if state_of([one]) is objective.state), None)
    return sentence if worst is None or worst.observed == sentence else f"{worst.observed}; expected {worst.expected}"
