"""What holds for every file of the tree: links lead somewhere, nothing of a machine and no secret is in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, links, markdown, tree

# Written in two parts, or this file would hold what it looks for.
FORBIDDEN = re.compile(
    r"py"
    r"pi\.org|python"
    r"hosted|\bfa"
    r"rms?\b|\bsub-?"
    r"agents?\b|(?<![\w.])/(?:wo"
    r"rk|ro"
    r"ot|Us"
    r"ers)/|/ho"
    r"me/\w",
    re.IGNORECASE,
)
BASELINE = ROOT / ".secrets.baseline"


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", markdown(), ids=relative)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert [] == [link for link in links(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()]


def test_nothing_names_an_index_or_a_machine() -> None:
    found = []
    for path in tree():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{relative(path)}: {match[0]}" for match in FORBIDDEN.finditer(text)]

    assert [] == found


def test_the_specification_explains_every_id_that_is_cited() -> None:
    table = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"(?m)^\| ([A-Z]\d+) \|", table))
    code = [path.read_text(encoding="utf-8") for path in tree() if path.suffix in (".py", ".toml")]
    cited = {
        one
        for text in code
        for several in re.findall(r"SPEC ([A-Z]\d+(?:, [A-Z]\d+)*)", text)
        for one in several.split(", ")
    }

    assert set() == cited - explained


def test_the_documents_are_found_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    waiting = list(reached)
    while waiting:
        path = waiting.pop()
        beside = {(path.parent / link).resolve() for link in links(path.read_text(encoding="utf-8"))}
        new = {found for found in beside if found.suffix == ".md"} - reached
        reached |= new
        waiting += new

    assert [] == [relative(path) for path in sorted((ROOT / "docs").rglob("*.md")) if path not in reached]


def scan(*names: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The secret scanner as `make lint` runs it."""
    hook = Path(sys.executable).with_name("detect-secrets-hook")
    command = [str(hook), "--no-verify", "--baseline", BASELINE.name, *names]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_make_lint_and_the_commit_hook_scan_in_the_same_way() -> None:
    said = "detect-secrets-hook --no-verify --baseline .secrets.baseline"

    assert said in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert said in (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "line",
    [
        "api_key = '" + "Zq8vTn3L" + "kR7wXy2PdJ5sB'",
        "url = 'postgresql://relay:" + "Xk29vLq0" + "@db.internal/relay'",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "token = '" + "gh" + "p_" + "a1B2" * 9 + "'",
        "token = '" + "glp" + "at-" + "a1B2" * 6 + "'",
    ],
)
def test_a_planted_secret_is_found(tmp_path: Path, line: str) -> None:
    shutil.copy(BASELINE, tmp_path / BASELINE.name)
    (tmp_path / "settings.py").write_text(f"{line}\n", encoding="utf-8")

    done = scan("settings.py", cwd=tmp_path)

    assert 1 == done.returncode
    assert "settings.py:1" in done.stdout
