"""The last lines of the terminal: the verdict, and where the page is."""

from __future__ import annotations

from pathlib import Path

from prodverify.record.run import RunRecord
from reports.visible import line
from reports.wording import PRACTICE, WORDS, title

_PLAIN = str.maketrans({"·": "-", "–": "-", "→": "->", "≤": "<=", "≥": ">="})


def verdict_line(record: RunRecord, page: Path | None, *, encoding: str = "utf-8") -> str:
    """One line: verdict and rule, target, page. What ``encoding`` cannot say is told in ASCII."""
    label = f" ({PRACTICE})" if record.practice else ""
    told = f"{title(record)}  {record.rule}  ·  target {record.target}{label}"
    if page is not None:
        told += f"  ·  {page}"
    return _sayable(line_of(told), encoding)


def counts_line(record: RunRecord, *, encoding: str = "utf-8") -> str:
    """The totals in words, worst first; a state that no case is in is left out."""
    counts = record.counts
    told = [f"{counts[state.value]} {word}" for state, word in WORDS.items() if counts[state.value]]
    asked = f"{record.requests} of {record.budget} requests" if record.budget else f"{record.requests} requests"
    return _sayable(f"{', '.join(told) or 'no case'}  ·  {asked}", encoding)


def line_of(told: str) -> str:
    """On one line, whatever a target file or a version says; double spaces between the parts stay."""
    return "  ".join(line(part) for part in told.split("  "))


def _sayable(told: str, encoding: str) -> str:
    try:
        told.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return told.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
    return told
