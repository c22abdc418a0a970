"""The README says what is so: commands, options, samples, numbers, the list of checks."""

from __future__ import annotations

import re
import struct
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from prodverify.cli.door import VERBS
from tests.docs import checklist, sample
from tests.docs.documents import ROOT, blocks, markdown
from tests.docs.stage import suite

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = pytest.mark.parametrize("path", markdown(), ids=lambda path: str(path.relative_to(ROOT)))
MAKE = re.compile(r"(?<![\w.-])make (?:-C \w+ )?([a-z]+)(?=[\s`:)]| ARGS|$)")


def said(path: Path) -> str:
    """Only what is code in a document: prose may make a decision without a Makefile."""
    text = path.read_text(encoding="utf-8")
    return "\n".join([*re.findall(r"`([^`\n]+)`", text), *re.findall(r"(?ms)^ *```\w*\n(.*?)^ *```$", text)])


@DOCUMENTS
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))

    assert set() == set(MAKE.findall(said(path))) - targets


@cache
def options() -> frozenset[str]:
    """The long options of the suite and of a load run."""
    help_ = suite("--help", reports=ROOT).stdout
    locust = (ROOT / "load" / "locustfile.py").read_text(encoding="utf-8")
    return frozenset(re.findall(r"--[a-z][a-z-]+", help_)) | frozenset(re.findall(r'"(--[a-z-]+)"', locust))


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md"])
def test_every_option_of_the_suite_that_is_named_exists(name: str) -> None:
    lines = [line for line in said(ROOT / name).splitlines() if re.search(r"pytest (?!-html)|locust -f|^--", line)]
    used = {option for line in lines for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)}
    theirs = {"--lf", "--processes", "--all", "--headful", "--host"}

    assert set() == used - options() - theirs
    assert {"--target", "--mode", "--read-only", "--expect-version"} <= options()


def test_the_guide_names_every_verb_of_the_command_line() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    table = guide.partition("## `python -m prodverify`")[2].partition("\n## ")[0]

    assert set(VERBS) == set(re.findall(r"(?m)^\| `(\w+)` \|", table))


def test_what_a_failing_check_says_is_what_it_says_today(tmp_path: Path) -> None:
    shown = sample.FAILURE.search(README)
    assert shown is not None

    assert sample.normalised(shown["text"]) == sample.normalised(sample.failure(*sample.named(shown), tmp_path))


def test_the_check_that_is_shown_is_the_check() -> None:
    shown = sample.CHECK.search(README)
    assert shown is not None

    assert sample.source(shown["what"]) == shown["text"]


def test_the_list_of_checks_is_current() -> None:
    assert checklist.written_into(README) == README, "write it anew: python tests/docs/checklist.py"


def test_the_gate_that_is_shown_has_the_cases_of_the_roster() -> None:
    roster = (ROOT / "targets" / "local.roster").read_text(encoding="utf-8")
    expected = len(re.findall(r"(?m)^\w+/.*::", roster.partition("[gate]")[2].partition("\n[")[0]))
    shown = README.partition("<!-- gate -->")[2].partition("\n```\n\n")[0]

    passed, others = re.findall(r"(\d+) passed, (\d+) not run", shown)[0]

    assert {str(expected)} == set(re.findall(r"(\d+) (?:items|cases)", shown))
    assert expected == int(passed) + int(others)
    assert f"GO  {passed} of {expected} cases" in shown


def test_the_picture_is_small_enough_to_load_and_wide_enough_to_read() -> None:
    picture = (ROOT / "docs" / "images" / "no-go.png").read_bytes()
    width, height = struct.unpack(">II", picture[16:24])

    assert b"\x89PNG" == picture[:4]
    assert len(picture) < 250_000
    assert 900 <= width <= 1400
    assert 500 <= height <= 1200


@pytest.mark.parametrize("text", blocks(README, "yaml"), ids=["gate", "canary", "load"])
def test_a_workflow_of_the_readme_runs_the_suite_and_keeps_the_evidence(text: str) -> None:
    workflow = yaml.safe_load(text)
    (job,) = workflow.get("jobs", workflow).values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    kept = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]

    assert len(text.splitlines()) <= 13
    assert any("--target ../verify/" in run for run in runs)
    assert "${{" not in "".join(runs), "an expression inside a script is an injection waiting to happen"
    assert ["always()"] == [step["if"] for step in kept]


def test_the_canary_reads_only() -> None:
    canary = blocks(README, "yaml")[1]

    assert "--mode canary --read-only" in canary


def test_the_first_words_say_what_it_is_and_the_two_commands() -> None:
    head = README[:700]

    assert "make gate" in head
    assert "make test" in head
    assert "targets/example.toml" in README


def test_licences_that_are_not_so_permissive_are_named() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    licence = README.partition("## Licence")[2]

    for name in ("psycopg", "psycopg-pool", "certifi", "hypothesis", "pytest-html", "pytest-metadata", "bidict"):
        assert f"\n{name}==" in lock
        assert name in licence.lower()


def test_the_changelog_begins_with_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert version in re.findall(r"(?m)^## \[(\S+)\] - \d{4}-\d{2}-\d{2}$", changelog)
