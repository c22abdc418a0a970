"""Every promise has a runbook, and what a runbook names exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from fixtures.relay.faults import CATALOGUE
from tests.docs.checklist import runbook_of
from tests.docs.documents import ROOT

CHECKS = sorted((ROOT / "checks").glob("test_*.py"))
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
EACH = pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
RULE = re.compile(r"^[a-z]+(?:-[a-z]+)+$")
FAMILIES = ("schema-", "error-leaks-", "unanswered-", "answered-by-")
"""Rules whose last part is made of what was seen."""
JUDGES = re.compile(r"(?m)^from prodverify\.judges import (\([^)]*\)|[\w, ]+$)")
BREAKS = re.compile(
    r'(?:\bfail\(|\bSeverity\.FAIL,|\bseverity,|\.finding\(|\brule(?:: str)? ?=)\s*"([a-z]+(?:-[a-z]+)+)"(?!:)'
)
"""The name of a rule where a finding that may break a case is made."""
UNREACHED: frozenset[str] = frozenset()
"""They come from judgements that no check asks for yet."""


@cache
def words() -> frozenset[str]:
    """Every text in the code that could be the name of a rule."""
    rooms = ("prodverify", "fixtures")
    code = "".join(path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    return frozenset(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', code)) | {
        f"{aim}-{word}" for aim in ("objective", "agreement") for word in ("broken", "undecided")
    }


def rules_of(runbook: Path) -> str:
    return runbook.read_text(encoding="utf-8").partition("## Rules")[2].partition("##")[0]


def breaking() -> set[str]:
    """Rules by which the code may break a case; of the judges, those that something imports as a judge."""
    code = [path for room in ("checks", "fixtures", "prodverify") for path in (ROOT / room).rglob("*.py")]
    texts = {path: path.read_text(encoding="utf-8") for path in code}
    used = {
        name.split()[0]
        for text in texts.values()
        for names in JUDGES.findall(text)
        for name in names.strip("()").split(",")
        if name.strip()
    }
    return {
        rule
        for path, text in texts.items()
        if path.parent.name != "judges" or path.stem in used
        for rule in BREAKS.findall(text)
    }


def test_every_rule_that_breaks_a_case_is_explained() -> None:
    explained = {name for path in RUNBOOKS for name in re.findall(r"`([^`]+)`", rules_of(path))}
    found = breaking()

    assert {"hsts-missing", "csp-script-broad", "backup-stale"} <= found
    assert [] == sorted(rule for rule in found - explained - UNREACHED if not rule.startswith(FAMILIES))


def test_every_file_of_checks_has_its_runbook_and_every_runbook_its_checks() -> None:
    assert {ROOT / runbook_of(path) for path in CHECKS} == set(RUNBOOKS)


@EACH
def test_a_runbook_is_short_and_has_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert 20 <= len(text.splitlines()) <= 45
    for part in ("**Promise.**", "**What a failure means.**", "## Look first", "## Rules", "**INCONCLUSIVE here**"):
        assert part in text
    assert "pytest " in text


@EACH
def test_every_rule_that_a_runbook_explains_exists(path: Path) -> None:
    named = [
        name
        for line in rules_of(path).splitlines()
        if line.startswith("- ")
        for name in re.findall(r"`([^`]+)`", line.split(":")[0])
    ]

    assert named
    assert [] == [name for name in named if not name.startswith(FAMILIES) and name not in words()]
    assert all(RULE.match(name) or name.endswith("...") for name in named)


@EACH
def test_every_case_and_fault_that_a_runbook_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    faults = {fault.name for fault in CATALOGUE}

    assert set() == set(re.findall(r"--fault ([a-z0-9-]+)", text)) - faults
    for file, check in re.findall(r"(checks/test_\w+\.py)(?:::(test_\w+))?", text):
        assert (ROOT / file).exists()
        assert not check or f"def {check}(" in (ROOT / file).read_text(encoding="utf-8")
