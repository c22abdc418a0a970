"""One whole gate on the embedded default: its record, its pages and its terminal tell the same."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATES = {"pass", "warn", "fail", "inconclusive", "error", "waived", "not_run"}
TOGETHER = ("test_rate_limit.py", "[limited]", "test_backups.py", "test_webhooks.py")


@pytest.fixture(scope="module", params=["0", "4"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of a gate at ``-n 0`` and ``-n 4``; what it said is beside it."""
    place = tmp_path_factory.mktemp("whole")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "checks/", "--target", "local", "-n", request.param],
        cwd=ROOT,
        env={**os.environ, "PRODVERIFY_REPORTS": str(place / "reports")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    evidence = (place / "reports" / "latest").resolve()
    (place / "said").write_text(done.stdout, encoding="utf-8")
    assert done.returncode == 0, done.stdout
    return evidence


@pytest.fixture
def record(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return read


def test_the_record_has_what_was_promised_at_its_top(record: dict[str, Any]) -> None:
    assert record.keys() >= {"verdict", "counts", "requests", "target", "mode", "versions", "checks"}
    assert set(record["counts"]) == STATES
    assert sum(record["counts"].values()) == len(record["checks"]) >= 100
    for check in record["checks"]:
        assert check.keys() >= {"id", "state", "claim", "clause", "findings", "duration_ms"}
        assert check["claim"]
        assert check["clause"]


def test_all_files_are_there_and_their_sums_are_right(folder: Path) -> None:
    listed = dict(reversed(line.split("  ")) for line in (folder / "sha256sums").read_text().splitlines())

    assert set(listed) == {path.name for path in folder.iterdir()} - {"sha256sums"}
    assert set(listed) >= {"record.json", "report.html", "details.html", "junit.xml", "summary.md", "metrics.prom"}
    for name, digest in listed.items():
        assert digest == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_all_tell_the_same_totals(folder: Path, record: dict[str, Any]) -> None:
    counts = record["counts"]
    junit = ElementTree.fromstring((folder / "junit.xml").read_text(encoding="utf-8"))
    suite = junit if junit.tag == "testsuite" else junit[0]
    metrics = (folder / "metrics.prom").read_text(encoding="utf-8")
    cases = re.compile(r'^prodverify_\w*c\w+s?\{[^}]*state="(\w+)"[^}]*\} ([0-9.]+)', re.MULTILINE)
    told = {state: float(value) for state, value in cases.findall(metrics)}
    page = re.sub(r"</?b>", "", (folder / "report.html").read_text(encoding="utf-8"))

    assert int(suite.attrib["tests"]) == sum(counts.values())
    assert int(suite.attrib["failures"]) == counts["fail"]
    assert int(suite.attrib["errors"]) == counts["inconclusive"] + counts["error"]
    assert int(suite.attrib["skipped"]) == counts["waived"] + counts["not_run"]
    assert told == counts
    assert re.search(rf"{counts['pass']}\D{{0,40}}passed", page)
    assert f"{counts['pass']} pass" in (folder / "details.html").read_text(encoding="utf-8")


def test_the_practice_service_is_labelled_everywhere(folder: Path, record: dict[str, Any]) -> None:
    said = (folder.parents[2] / "said").read_text(encoding="utf-8")
    label = "practice service: nothing of yours was verified"

    assert record["practice"] is True
    assert label in said.splitlines()[-1]
    assert "practice service" in next(line for line in said.splitlines() if line.startswith("target:"))
    assert label in (folder / "report.html").read_text(encoding="utf-8")
    assert label in (folder / "summary.md").read_text(encoding="utf-8")


def test_the_verdict_is_the_last_line_with_the_path_of_the_page(folder: Path) -> None:
    last = (folder.parents[2] / "said").read_text(encoding="utf-8").splitlines()[-1]

    assert last.startswith("GO  ")
    assert (ROOT / last.rsplit("  ", 1)[-1]).resolve() == folder / "report.html"


def test_cases_that_share_an_identity_ran_on_one_worker(record: dict[str, Any]) -> None:
    for shared in TOGETHER:
        workers = {check["worker"] for check in record["checks"] if shared in check["id"]}
        assert len(workers) == 1, shared


def test_work_was_shared_by_the_workers(folder: Path, record: dict[str, Any]) -> None:
    workers = {check["worker"] for check in record["checks"]}

    assert len(workers) in (1, 4)


def test_the_page_asks_nobody_and_runs_no_script(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="https?://(?!127\.0\.0\.1)', page.split("Needs a decision")[0])


def test_no_secret_is_in_any_file(folder: Path) -> None:
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"relay_(?!backup_)[A-Za-z0-9_-]{20,}", text), path.name
