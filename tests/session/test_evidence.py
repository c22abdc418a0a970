"""One record, many tellings: every file of a run tells the same totals, at every number of workers."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from tests.session.suite import WORKERS

STATES = ["pass", "warn", "fail", "inconclusive", "error", "waived", "not_run"]

EVERY_STATE = """
import pytest
from prodverify.record.findings import fail, inconclusive, warn

def test_it_passes():
    pass

def test_it_warns(promise):
    promise.holds([warn("wording", "a better word", "this word")])

def test_it_fails(promise):
    promise.holds([fail("wording", "a word", "<none> & nothing")])

def test_it_is_waived(promise):
    promise.holds([fail("wording", "a word", "none")])

def test_it_is_inconclusive(promise):
    promise.holds([inconclusive("wording", "a word", "none heard")])

def test_it_breaks():
    raise LookupError("broken")

@pytest.fixture
def breaking():
    yield
    raise LookupError("broken afterwards")

def test_it_fails_and_breaks_afterwards(breaking):
    assert not "what it says"

def test_it_passes_and_breaks_afterwards(breaking):
    pass

@pytest.mark.needs("database")
def test_it_does_not_run():
    pass

@pytest.mark.skip(reason="not on a Sunday")
def test_it_is_skipped():
    pass

@pytest.mark.xfail(reason="as known")
def test_it_is_expected_to_fail():
    assert not "known"
"""
EXPECTED = {
    "passes": "pass",
    "warns": "warn",
    "fails": "fail",
    "is_waived": "waived",
    "is_inconclusive": "inconclusive",
    "breaks": "error",
    "fails_and_breaks_afterwards": "fail",
    "passes_and_breaks_afterwards": "error",
    "does_not_run": "not_run",
    "is_skipped": "not_run",
    "is_expected_to_fail": "fail",
}
WAIVER = """
[[waivers]]
check = "test_states.py::test_it_is_waived"
reason = "the gateway is being replaced"
ticket = "OPS-1"
owner = "ops"
until = "2999-12-31"
"""


@WORKERS
def test_every_file_tells_the_same_totals(verify, target, checks, workers):
    ours = checks(states=EVERY_STATE)

    run = verify("checks/", ours, "--target", target(WAIVER), "-n", workers)

    assert EXPECTED == {case: run.states[f"test_states.py::test_it_{case}"] for case in EXPECTED}
    assert 1 == run.status
    counts = run.record["counts"]
    assert STATES == list(counts)
    assert len(run.record["checks"]) == sum(counts.values())
    tellings = {path.name: path.read_text("utf-8") for path in run.folder.iterdir()}
    assert counts == {
        state: int(float(number))
        for state, number in re.findall(
            r'^prodverify_cases\{.*state="(\w+)".*\} (\S+)$', tellings["metrics.prom"], re.M
        )
    }
    suite = ElementTree.fromstring(tellings["junit.xml"])
    assert {
        "tests": sum(counts.values()),
        "failures": counts["fail"],
        "errors": counts["inconclusive"] + counts["error"],
        "skipped": counts["waived"] + counts["not_run"],
    } == {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    worst_first = [counts[state] for state in ("fail", "inconclusive", "error", "warn", "waived", "pass", "not_run")]
    assert "| " + " | ".join(map(str, worst_first)) + " |" in tellings["summary.md"]
    assert (
        "States of this run: " + ", ".join(f"{counts[state]} {state}" for state in STATES) in tellings["details.html"]
    )
    words = ["failed", "inconclusive", "error", "warned", "waived", "passed", "not run"]
    page = re.sub(r"<[^>]+>", "", tellings["report.html"])
    for number, word in zip(worst_first, words, strict=True):
        assert re.search(rf"\b{number}\s+{word}\b", page), word
        assert f"{number} {word}" in run.output


def test_the_record_has_its_members_and_the_header_its_lines(verify, target, small):
    file = target()

    run = verify("checks/", "--target", file, "-n", 2)

    assert (0, "GO") == (run.status, run.record["verdict"])
    assert {"verdict", "counts", "requests", "target", "mode", "versions", "checks"} <= run.record.keys()
    for case in run.record["checks"]:
        assert {"id", "state", "claim", "clause", "findings", "duration_ms"} <= case.keys()
    assert {"small"} == {run.record["target"]}
    assert len(small.asked) == run.record["requests"]
    assert f"target: small at {small.url}, file {file}\n" in run.output
    assert f"mode: gate, permits: none, run: {run.record['run_id']}\n" in run.output
    assert "version seen: 7.1, PostgreSQL: not ours\n" in run.output
    assert {case["worker"] for case in run.cases.values()} == {"gw0", "gw1"}
    assert {run.record["run_id"]} == {asked.headers["x-prodverify-run"] for asked in small.asked}


PRINTS = """
def test_it_prints(service):
    print("said on the way")
    assert service.ask("GET", "/health").status == 418, "the service is a teapot"
"""


@pytest.mark.parametrize(
    "arguments",
    [pytest.param("-n 0", marks=pytest.mark.proof), "-n auto --maxprocesses 2", "-p no:cacheprovider -s"],
)
def test_what_a_check_printed_is_in_the_details(verify, target, checks, arguments):
    run = verify("checks/test_readiness.py", checks(prints=PRINTS), "--target", target(), *arguments.split())

    assert 1 == run.status
    assert "said on the way" in run.output
    details = (run.folder / "details.html").read_text("utf-8")
    assert ("said on the way" in details) == ("-s" not in arguments)
    assert "the service is a teapot" in details
    finding = run.cases["test_prints.py::test_it_prints"]["findings"][0]
    assert "the service is a teapot" == finding["expected"]
    assert json.dumps(finding["observed"]) in json.dumps(run.record)


def test_without_evidence_nothing_is_a_go(verify, target, tmp_path):
    (tmp_path / "taken").write_text("a file where a folder belongs", encoding="utf-8")

    run = verify("checks/", "--target", target(), PRODVERIFY_REPORTS=str(tmp_path / "taken"))

    assert 10 == run.status
    assert "make room or permit writing there" in run.output
    assert run.last_line.startswith("INCONCLUSIVE  the evidence could not be written")
