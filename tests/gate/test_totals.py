"""Whole gates on the embedded default: the record, the pages and the terminal of each tell the same."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.proof.test_healthy import judge, shuffled

ROOT = Path(__file__).resolve().parents[2]
STATES = {"pass", "warn", "fail", "inconclusive", "error", "waived", "not_run"}


@contextmanager
def gate(place: Path, workers: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A gate whose evidence lies in ``place``."""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "checks/", "--target", "local", "-n", workers, *more],
        cwd=ROOT,
        env=shuffled(place, 0),
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
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Evidence of two gates that ran at the same time, by their number of workers; the second one out of order."""
    one, other = (tmp_path_factory.mktemp(name) for name in ("one", "other"))
    with gate(one, "0") as first, gate(other, "4", "-p", "shuffled") as second:
        return {"0": evidence(first, one), "4": evidence(second, other)}


@pytest.fixture(scope="module", params=["0", "4"])
def folder(request: pytest.FixtureRequest, side_by_side: dict[str, Path]) -> Path:
    return side_by_side[request.param]


@pytest.fixture
def record(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return read


def test_two_gates_side_by_side_are_both_green_and_ask_services_of_their_own(side_by_side: dict[str, Path]) -> None:
    records = [json.loads((folder / "record.json").read_text(encoding="utf-8")) for folder in side_by_side.values()]

    assert ["GO", "GO"] == [record["verdict"] for record in records]
    assert 2 == len({record["base_url"] for record in records})
    # Each began before the other had ended.
    assert max(record["started_at"] for record in records) < min(record["ended_at"] for record in records)


def test_on_four_workers_and_out_of_order_the_states_are_the_same(side_by_side: dict[str, Path]) -> None:
    judge(json.loads((side_by_side["4"] / "record.json").read_text(encoding="utf-8")), "4")


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


def test_the_page_asks_nobody_and_runs_no_script(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="https?://(?!127\.0\.0\.1)', page.split("Needs a decision")[0])


def test_no_secret_is_in_any_file(folder: Path) -> None:
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"relay_(?!backup_)[A-Za-z0-9_-]{20,}", text), path.name
