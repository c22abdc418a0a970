"""The record of a load run is written whatever becomes of the pages beside it."""

import json
from types import SimpleNamespace

from load.evidence import Ending
from load.publishing import publish
from prodverify.record.findings import inconclusive
from prodverify.record.states import State
from tests.record.sample import case, run


def published(tmp_path, locust_page):
    record = run([case("load/locustfile.py::objective[fast]", State.PASS)])
    runs = tmp_path / "runs"
    ending = Ending(record, None, ())
    told, status = publish(ending, SimpleNamespace(secrets={}), locust_page, staged=tmp_path, runs=runs)
    (written,) = runs.glob("*/record.json")
    return told, status, json.loads(written.read_text()), {path.name for path in written.parent.iterdir()}


def breaks(*_, **__):
    raise LookupError("no such table")


def test_a_page_of_locust_that_breaks_costs_nothing_but_itself(tmp_path):
    told, status, record, files = published(tmp_path, breaks)
    assert (status, record["exit_status"]) == (0, 0)
    assert "Locust's own page is missing: LookupError" in told
    assert "report.html" in files
    assert "locust.html" not in files


def test_what_kept_a_run_from_beginning_says_what_to_do(tmp_path):
    found = inconclusive("log-in-failed", "a log-in", "status 429", next_step="Let more time pass.")
    unready = case("load/locustfile.py::readiness", State.INCONCLUSIVE, findings=(found,))
    ending = Ending(run([unready]), None, (), (unready,))
    told, _ = publish(ending, SimpleNamespace(secrets={}), str, staged=tmp_path, runs=tmp_path / "runs")
    assert "readiness: status 429; expected a log-in. Let more time pass." in told


def test_a_page_of_ours_that_breaks_makes_the_run_inconclusive_and_keeps_its_record(tmp_path, monkeypatch):
    monkeypatch.setattr("reports.page.render", breaks)
    told, status, record, files = published(tmp_path, lambda: "<p>tables</p>")
    assert (status, record["verdict"]) == (10, "INCONCLUSIVE")
    assert "no page could be rendered (LookupError); the record of the run is " in told
    assert told.splitlines()[-1].startswith("INCONCLUSIVE")
    assert {"record.json", "unrendered.txt", "locust.html"} <= files
