"""A baseline is what a run measured, and its thresholds say something where there were no errors, too."""

import json
import tomllib

import pytest

from prodverify.cli import door
from prodverify.objectives import baselines

HEAD = {
    "format": 1,
    "target": "local",
    "run_id": "20261121T100000Z-aa",
    "mode": "load",
    "ended_at": "2026-11-21T10:01:00+00:00",
    "verdict": "GO",
    "target_sha256": "ab",
    "practice": True,
}


def load_record(**tally):
    times = {"p50_ms": 40.0, "p95_ms": 100.0, "p99_ms": 180.0}
    return {
        **HEAD,
        "load": {"counts": {"list": {"asked": 10_000, "limited": 0, "errors": {}, "from_due": times, **tally}}},
    }


def gate_record():
    case = "checks/test_objectives.py::test_objective_is_met"
    latency = {"slo": "light", "kind": "latency", "total": 342, "bad": 3, "p50_ms": 4.0, "p95_ms": 9.0, "p99_ms": None}
    errors = {"slo": "light-errors", "kind": "success", "total": 300, "bad": 0}
    checks = [
        {"id": f"{case}[light-list]", "facts": latency},
        {"id": f"{case}[light-errors-list]", "facts": errors},
        {"id": f"{case}[other-preview]", "facts": {}},
        {"id": "checks/test_health.py::test_it[x]", "facts": {"total": 3}},
    ]
    return {**HEAD, "mode": "gate", "load": None, "checks": checks}


def proposed(record):
    (endpoint,) = tomllib.loads(baselines.text(record, baselines.measured(record)))["endpoints"]
    return endpoint, endpoint["proposed"]


def test_thresholds_are_multiples_of_what_is_usual():
    endpoint, thresholds = proposed(load_record(errors={"status 500": 9, "status 502": 1}))
    assert (endpoint["name"], endpoint["answers"], endpoint["errors"], endpoint["error_percent"]) == (
        "list",
        10_000,
        10,
        0.1,
    )
    assert thresholds == {
        "error_warning_percent": 0.5,
        "error_critical_percent": 2.5,
        "p95_warning_ms": 150.0,
        "p95_critical_ms": 300.0,
    }


@pytest.mark.parametrize(("errors", "usual"), [(0, 0.029953), (9, 0.157), (10, 0.1)])
def test_few_errors_stand_for_as_many_as_may_be_behind_them(errors, usual):
    (seen,) = baselines.measured(load_record(errors={"status 500": errors}))
    assert pytest.approx(usual, abs=1e-4) == seen.usual_error_percent


def test_no_threshold_is_beyond_everything():
    _, thresholds = proposed(load_record(errors={"status 500": 4_000}))
    assert (thresholds["error_warning_percent"], thresholds["error_critical_percent"]) == (100, 100)


def test_what_a_limiter_answered_is_no_answer():
    assert [10] == [each.answers for each in baselines.measured(load_record(limited=9_990))]
    assert () == baselines.measured(load_record(limited=10_000))


def test_what_others_answered_in_its_place_is_none_of_the_service():
    (seen,) = baselines.measured(load_record(intercepted={"status 502 of a proxy": 4_000}))
    assert 6_000 == seen.answers


def test_a_gate_measures_by_its_samples():
    (seen,) = baselines.measured(gate_record())
    assert (seen.name, seen.answers, seen.errors, seen.percentiles_ms) == (
        "list",
        300,
        0,
        {"p50_ms": 4.0, "p95_ms": 9.0},
    )
    assert baselines.FROM_SENT in baselines.text(gate_record(), (seen,))


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """Puts records where runs leave them, in the order given."""
    monkeypatch.setenv("PRODVERIFY_REPORTS", str(tmp_path))

    def put(*records):
        for number, record in enumerate(records):
            folder = tmp_path / "runs" / f"2026112{number}T100000Z"
            folder.mkdir(parents=True)
            (folder / "record.json").write_text(record if isinstance(record, str) else json.dumps(record))
        return tmp_path

    return put


def test_the_newest_run_that_measured_is_taken(reports, capsys):
    older, newer = load_record(), {**gate_record(), "verdict": "NO-GO"}
    reports(older, newer, {**HEAD, "load": None, "checks": []}, "{", "[]", {**load_record(), "target": "another"})

    assert door.main(["baseline", "--target", "local"]) == 0
    told = capsys.readouterr()
    assert tomllib.loads(told.out)["mode"] == "gate"
    assert "the run was NO-GO" in told.err


def test_a_record_may_be_named_and_a_file_written(reports, capsys):
    folder = reports(load_record(), gate_record())
    record, out = folder / "runs/20261120T100000Z/record.json", folder / "baseline.toml"

    assert door.main(["baseline", "--target", "local", "--record", str(record), "--out", str(out)]) == 0
    assert tomllib.loads(out.read_text())["endpoints"][0]["p99_ms"] == 180.0
    assert capsys.readouterr().out == f"{out}\n"


def without(record, key):
    return {name: value for name, value in record.items() if name != key}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("", "is no record.json, or was cut off: Expecting value"),
        (json.dumps(gate_record())[:300], "is no record.json, or was cut off: "),
        ("[" * 100_000, "is no record.json, or was cut off: "),
        ([], "as runs write it: it is no object"),
        ({**load_record(), "format": 2}, "as runs write it: it is of format 2, not 1"),
        (without(load_record(), "run_id"), "as runs write it: run_id is missing"),
        (without(gate_record(), "checks"), "as runs write it: checks is missing"),
        ({**load_record(), "mode": 'gate"\nx = 1'}, "as runs write it: mode is not a line of plain text"),
        (load_record(asked="1000"), "as runs write it: load.counts.list.asked is no count"),
        (
            load_record(asked=5, errors={"status 500": 6}),
            "as runs write it: load.counts.list has 6 errors of 5 answers",
        ),
        (load_record(from_due={"p95_ms": float("nan")}), "load.counts.list.from_due.p95_ms is no time in milliseconds"),
        ({**load_record(), "target": "another"}, "is of a run of target another, not of local"),
        ({**gate_record(), "checks": []}, "measured nothing: make a load run"),
    ],
)
def test_a_record_that_was_named_and_is_none_is_told_in_one_sentence(tmp_path, capsys, record, said):
    (path := tmp_path / "record.json").write_text(record if isinstance(record, str) else json.dumps(record))

    assert door.main(["baseline", "--target", "local", "--record", str(path)]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert str(path) in told.err
    assert said in told.err


def test_a_record_that_is_not_there_is_told_so(tmp_path, capsys):
    assert door.main(["baseline", "--target", "local", "--record", str(tmp_path)]) == 1
    assert f"{tmp_path} cannot be read: Is a directory" in capsys.readouterr().err


def test_without_a_run_that_measured_it_says_what_to_do(reports, capsys):
    reports()
    assert door.main(["baseline", "--target", "local"]) == 1
    assert "no run of target local in" in (said := capsys.readouterr().err)
    assert "make load" in said
    reports(load_record())
    assert door.main(["baseline", "--target", "local", "--out", "/nonexistent/x.toml"]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
