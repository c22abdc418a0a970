"""Markdown for a CI job's summary: verdict, totals, and what needs a decision."""

from __future__ import annotations

import re

from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from reports import notices, objectives
from reports.visible import cut, line, visible
from reports.wording import MARKS, PRACTICE, WORDS, moment, repeat, title, took

MAX_BYTES = 900 * 1024
"""A CI server that accepts 1,024 KiB drops the whole of a larger summary."""
_MAX_VALUE = 500
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$&@])")


def render(record: RunRecord) -> str:
    """At most MAX_BYTES of UTF-8; what does not fit is counted in the last line."""
    blocks = [_head(record), _totals(record)]
    blocks += [_note(text) for text in (*notices.blocking(record), *notices.notes(record))]
    opened = record.with_state(State.FAIL, State.INCONCLUSIVE, State.ERROR)
    cases = sorted(opened, key=lambda case: list(WORDS).index(case.state))
    blocks += [_case(record, case) for case in cases]
    for state in (State.WAIVED, State.WARN):
        blocks += [_listed(case) for case in record.with_state(state)]
    if rows := list(objectives.rows(record)):
        blocks.append(_objectives(rows))
        blocks += [f"{_safe(one)}\n" for one in objectives.assumptions(record)]
    return _fitting(blocks)


def _fitting(blocks: list[str]) -> str:
    told, size = [], 200
    for block in blocks:
        size += len(block.encode()) + 1
        if size > MAX_BYTES:
            break
        told.append(block)
    if left := len(blocks) - len(told):
        told.append(f"\n_{left:,} further entries are left out here; record.json and report.html have them._\n")
    return "\n".join(told)


def _head(record: RunRecord) -> str:
    label = f"\n\n> {PRACTICE}" if record.practice else ""
    rows = {
        "Target": f"{record.target} {record.environment}".strip(),
        "Address": record.base_url,
        "Mode": record.mode,
        "Versions seen": ", ".join(record.versions.get("service", ())) or "none",
        "Run": record.run_id,
        "When": f"{moment(record.started_at)}, {took(record.duration_ms)}",
        "Requests": f"{record.requests:,} of {record.budget:,}" if record.budget else f"{record.requests:,}",
    }
    table = "\n".join(f"| {name} | {_safe(value)} |" for name, value in rows.items())
    return f"# {title(record)}\n\n{_safe(record.rule)}{label}\n\n| | |\n|---|---|\n{table}\n"


def _totals(record: RunRecord) -> str:
    counts = record.counts
    head = " | ".join(f"{MARKS[state]} {word}" for state, word in WORDS.items())
    row = " | ".join(str(counts[state.value]) for state in WORDS)
    return f"| {head} |\n|{'---|' * len(WORDS)}\n| {row} |\n"


def _note(text: str) -> str:
    return f"- {_safe(text)}"


def _case(record: RunRecord, case: CaseRecord) -> str:
    lines = [f"\n### {MARKS[case.state]} {WORDS[case.state]}: {_safe(case.claim)}\n", f"`{_code(case.id)}`\n"]
    for finding in case.findings:
        lines.append(f"- expected {_safe(finding.expected)}")
        lines.append(f"- observed {_safe(finding.observed)}")
        lines += [f"- next: {_safe(finding.next_step)}"] if finding.next_step else []
    lines += [f"- {_safe(case.reason)}"] if case.reason else []
    lines += [f"- required by {_safe(case.clause)}"] if case.clause else []
    lines += [f"- runbook {_safe(case.runbook)}"] if case.runbook else []
    lines.append(f"- run again: `{_code(repeat(record, case))}`\n")
    return "\n".join(lines)


def _listed(case: CaseRecord) -> str:
    said = case.reason or "; ".join(f"{one.expected}; observed {one.observed}" for one in case.findings)
    return f"- {MARKS[case.state]} {WORDS[case.state]} `{_code(case.id)}`: {_safe(said)}"


def _objectives(rows: list[objectives.Row]) -> str:
    lines = ["\n## Objectives\n", "| objective | promised | observed | n | bad | bounds | verdict |", "|" + "---|" * 7]
    for one in rows:
        verdict = f"{MARKS[State(one.state)]} {WORDS[State(one.state)]}"
        cells = (one.name, one.limit, one.observed, f"{one.n:,}", f"{one.bad:,}", one.bounds, verdict)
        lines.append("| " + " | ".join(_safe(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    """One line of text that Markdown renders as it is written."""
    return _SPECIAL.sub(r"\\\1", line(cut(text, _MAX_VALUE))).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _code(text: str) -> str:
    """What stands between backticks."""
    return visible(cut(text, _MAX_VALUE)).replace("\n", " ").replace("`", "'")
