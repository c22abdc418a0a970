"""Whole gates on the embedded default: the record, the pages and the terminal of each tell the same."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATES = {"pass", "warn", "fail", "inconclusive", "error", "waived", "not_run"}
TOGETHER = ("test_rate_limit.py", "[limited]", "test_backups.py", "test_drill.py", "test_webhooks.py")


@contextmanager
def gate(place: Path, workers: str) -> Iterator[subprocess.Popen[str]]:
    """A gate whose evidence lies in ``place``."""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "checks/", "--target", "local", "-n", workers],
        cwd=ROOT,
        env={**os.environ, "PRODVERIFY_REPORTS": str(place / "reports")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def evidence(process: subprocess.Popen[str], place: Path) -> Path:
    """What a gate leaves at its end; what it said is beside it."""
    said, _ = process.communicate(timeout=120)
    (place / "said").write_text(said, encoding="utf-8")
    assert process.returncode == 0, said
    return (place / "reports" / "latest").resolve()


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Evidence of two gates at ``-n 0`` that ran at the same time."""
    one, other = (tmp_path_factory.mktemp(name) for name in ("one", "other"))
    with gate(one, "0") as first, gate(other, "0") as second:
        return [evidence(first, one), evidence(second, other)]


@pytest.fixture(scope="module", params=["0", "4"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of a gate at ``-n 0``, the first of those side by side, and of one at ``-n 4``."""
    if request.param == "0":
        first: Path = request.getfixturevalue("side_by_side")[0]
        return first
    place = tmp_path_factory.mktemp("whole")
    with gate(place, request.param) as process:
        return evidence(process, place)


@pytest.fixture
def record(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return read


def test_two_gates_side_by_side_are_both_green_and_ask_services_of_their_own(side_by_side: list[Path]) -> None:
    records = [json.loads((folder / "record.json").read_text(encoding="utf-8")) for folder in side_by_side]

    assert ["GO", "GO"] == [record["verdict"] for record in records]
    assert 2 == len({record["base_url"] for record in records})
    # Each began before the other had ended.
    assert max(record["started_at"] for record in records) < min(record["ended_at"] for record in records)


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


def test_work_was_shared_by_the_workers(request: pytest.FixtureRequest, record: dict[str, Any]) -> None:
    workers = {check["worker"] for check in record["checks"]}

    assert len(workers) == max(1, int(request.node.callspec.params["folder"]))


def test_the_page_asks_nobody_and_runs_no_script(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="https?://(?!127\.0\.0\.1)', page.split("Needs a decision")[0])


def test_no_secret_is_in_any_file(folder: Path) -> None:
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"relay_(?!backup_)[A-Za-z0-9_-]{20,}", text), path.name
