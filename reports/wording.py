"""The words, marks and measures that every telling of a record shares."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from prodverify.record.verdict import Word

PRACTICE = "practice service: nothing of yours was verified"

WORDS = {
    State.FAIL: "failed",
    State.INCONCLUSIVE: "inconclusive",
    State.ERROR: "error",
    State.WARN: "warned",
    State.WAIVED: "waived",
    State.PASS: "passed",
    State.NOT_RUN: "not run",
}
"""Worst first: the order in which a person reads them."""

MARKS = {
    State.FAIL: "✕",
    State.INCONCLUSIVE: "?",
    State.ERROR: "!",
    State.WARN: "▲",
    State.WAIVED: "◇",
    State.PASS: "✓",
    State.NOT_RUN: "–",
}
"""A shape for each state, as colour alone tells nothing to many readers."""

_UNITS = {"seconds": "s", "ms": "ms", "percent": "%", "bytes": "bytes", "days": "days", "per_second": "/s"}
_ACRONYMS = {
    "rto": "RTO",
    "rpo": "RPO",
    "n": "requests",
    "id": "id",
    "slo": "SLO",
    "sha256": "SHA-256",
    "reachable": "this generator can reach",
}


def title(record: RunRecord) -> str:
    """The verdict as a person says it: a narrowed run's GO is ``PARTIAL GO 12 of 148``."""
    if record.verdict != Word.PARTIAL:
        return record.verdict
    return f"PARTIAL GO {record.collected} of {max(record.collected, record.expected)}"


def promise_of(case: CaseRecord) -> str:
    """The promise that a case belongs to: the file of its check in words, or the folder of a file of another kind."""
    path = PurePosixPath(case.check.partition("::")[0])
    name = path.stem.removeprefix("test_") if path.stem.startswith("test_") else path.parent.name or path.stem
    return name.replace("_", " ") or case.check


def label_of(case: CaseRecord) -> str:
    """What tells a case from the others of its check: its parameters, or the check in words where it has none."""
    _, bracket, parameters = case.id.partition("::")[2].partition("[")
    if bracket:
        return parameters.removesuffix("]")
    return case.check.rpartition("::")[2].removeprefix("test_").replace("_", " ")


def repeat(record: RunRecord, case: CaseRecord) -> str:
    """
    The command that runs this case again; under load there is only the whole run.

    A target of this project is named, any other is given as its path.
    """
    if record.mode == "load":
        return record.command
    own = record.target_path.endswith(f"targets/{record.target}.toml")
    target = record.target if own or not record.target_path else record.target_path
    against = ["--against", str(case.facts["against_file"])] if "against_file" in case.facts else []
    return shlex.join(["pytest", case.id, "--target", target, *against])


def took(milliseconds: float) -> str:
    """A duration for a person."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def moment(iso: str) -> str:
    """``2026-11-21T02:23:57.123456+00:00`` as ``2026-11-21 02:23:57 UTC``; anything else as it is."""
    day, separator, rest = iso.partition("T")
    zoned = rest.endswith(("Z", "+00:00"))
    return f"{day} {rest[:8]} UTC" if separator and zoned else iso


def fact(name: str, value: Any) -> tuple[str, str]:
    """A measured number's label and text: ``rto_seconds`` 4.21 is ``RTO`` ``4.21 s``."""
    unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")
    stem = name.removesuffix(f"_{unit}") if unit else name
    label = " ".join(_ACRONYMS.get(word, word) for word in stem.split("_"))
    return label, amount(value, _UNITS.get(unit, ""))


def amount(value: Any, unit: str = "") -> str:
    """A value for a person, each number with its unit. Four digits of a fraction are as many as anybody reads."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        told = {key: amount(inner, unit) for key, inner in value.items() if inner is not None}
        return ", ".join(f"{str(key).replace('_', ' ')} {text}" for key, text in told.items() if text)
    if isinstance(value, list | tuple):
        return ", ".join(amount(inner, unit) for inner in value) or "none"
    if isinstance(value, int | float):
        shown = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        return f"{shown} {unit}".rstrip()
    return moment(value) if isinstance(value, str) else str(value)
