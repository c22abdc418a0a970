"""A run was paid for: whatever breaks while it is judged, its counts and what went wrong stand in a record."""

import json
from time import time
from types import SimpleNamespace

import pytest

from load import evidence
from load.outcome import Circumstances
from load.preparation import prepare
from load.publishing import publish
from load.target import choose
from prodverify.record.findings import fail
from tests.loading.conftest import KEYS, TARGET


def breaks(*_, **__):
    raise LookupError("no such second")


@pytest.fixture
def ended(tmp_path, capfd):
    """What is published of a run of which 100 arrivals were answered: terminal, exit status, record."""

    def end(**circumstances):
        file = tmp_path / "loaded.toml"
        values = {"loads": "true", "writes": "true", "threshold": 300.0, "rate": 100.0, "duration": 1.5, "more": ""}
        file.write_text(
            TARGET.format(port=1, burst=0.0, stop_early="false", shares="{ list = 1.0 }", **values), encoding="utf-8"
        )
        keys = {f"LOAD_KEY_{name.upper()}": value for name, value in KEYS.items()}
        target = choose(str(file), read_only=False, environ=keys)
        prepared = prepare(target, run_id="run-1", seed=1)
        book = prepared.book()
        for arrival in prepared.plan.arrivals():
            book.took_up(0.1, block=int(arrival.due_seconds))
            book.tally(arrival.name).good(5.0, 5.0, block=int(arrival.due_seconds))
        run = SimpleNamespace(run_id="run-1", started_at=time(), folder=tmp_path)
        ending = evidence.ending(
            target=target,
            run=run,
            prepared=prepared,
            book=book,
            circumstances=Circumstances(**circumstances),
            ready=None,
        )
        told, status = publish(ending, target, lambda: "<p>tables</p>", staged=tmp_path, runs=tmp_path / "runs")
        (written,) = (tmp_path / "runs").glob("*/record.json")
        assert "report.html" in {path.name for path in written.parent.iterdir()}
        return told, status, json.loads(written.read_text())

    return end


def test_counts_that_cannot_be_judged_leave_a_record_with_all_of_them(ended, monkeypatch):
    monkeypatch.setattr(evidence, "judge", breaks)
    told, status, record = ended()
    assert (status, record["verdict"], record["rule"]) == (10, "INCONCLUSIVE", "the suite itself broke in 1 of 1 case")
    (case,) = record["checks"]
    assert (case["state"], case["reason"]) == ("error", "LookupError: no such second")
    assert "LookupError: no such second; all that was counted stands in the record" in told
    assert "Traceback" not in told
    assert record["load"]["book"]["sent"] == 150
    assert [block for block, *_ in record["load"]["book"]["names"]["list"]["series"]] == [0, 1]
    assert "test_evidence.py" in record["load"]["broke"]


def test_what_broke_after_the_verdict_leaves_the_verdict_but_no_go(ended, monkeypatch):
    monkeypatch.setattr(evidence, "chart", breaks)
    _, status, record = ended()
    assert status == 10
    assert [case["state"] for case in record["checks"]] == ["pass", "error"]


def test_harm_that_was_seen_stays_harm(ended, monkeypatch):
    monkeypatch.setattr(evidence, "judge", breaks)
    _, status, record = ended(findings=(fail("service-harmed", "fewer errors", "all of them"),))
    assert (status, record["verdict"]) == (1, "NO-GO")
